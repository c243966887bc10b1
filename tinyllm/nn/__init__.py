"""Layers: parameters and the forward that uses them."""

from tinyllm.nn.attention import CrossAttention, SelfAttention
from tinyllm.nn.blocks import CrossBlock, TransformerBlock
from tinyllm.nn.cache import KeyValueCache, KeyValueCaches
from tinyllm.nn.dropout import Dropout
from tinyllm.nn.embedding import Embedding
from tinyllm.nn.linear import Linear
from tinyllm.nn.mlp import MLP, GatedMLP
from tinyllm.nn.module import Module, Parameter
from tinyllm.nn.norm import LayerNorm, RMSNorm
from tinyllm.nn.one_token import OneToken
from tinyllm.nn.positions import Alibi, Rotary, Sinusoidal
from tinyllm.nn.residual import PostNorm, PreNorm
from tinyllm.nn.rnn import GRU, LSTM, RNN
from tinyllm.nn.state_cache import StateCache

__all__ = [
    "GRU",
    "LSTM",
    "MLP",
    "RNN",
    "Alibi",
    "CrossAttention",
    "CrossBlock",
    "Dropout",
    "Embedding",
    "GatedMLP",
    "KeyValueCache",
    "KeyValueCaches",
    "LayerNorm",
    "Linear",
    "Module",
    "OneToken",
    "Parameter",
    "PostNorm",
    "PreNorm",
    "RMSNorm",
    "Rotary",
    "SelfAttention",
    "Sinusoidal",
    "StateCache",
    "TransformerBlock",
]
