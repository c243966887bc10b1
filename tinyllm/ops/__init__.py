"""Operations on tensors, under NumPy's names wherever NumPy has the operation."""

from tinyllm.ops.activations import gelu, relu, silu
from tinyllm.ops.arithmetic import (
    abs,
    add,
    clip,
    divide,
    masked_fill,
    maximum,
    minimum,
    multiply,
    negative,
    power,
    subtract,
    where,
)
from tinyllm.ops.attention import scaled_dot_product_attention
from tinyllm.ops.cross_entropy import cross_entropy
from tinyllm.ops.dropout import dropout
from tinyllm.ops.elementwise import exp, log, sigmoid, sqrt, tanh
from tinyllm.ops.embedding import embedding
from tinyllm.ops.gru import gru
from tinyllm.ops.heads import merge_heads, split_heads
from tinyllm.ops.layer_norm import layer_norm
from tinyllm.ops.lstm import lstm
from tinyllm.ops.matmul import einsum, linear, matmul
from tinyllm.ops.reductions import (
    cumsum,
    logsumexp,
    max,
    mean,
    min,
    sum,
    var,
)
from tinyllm.ops.rms_norm import rms_norm
from tinyllm.ops.rnn import rnn
from tinyllm.ops.rotary import rotary
from tinyllm.ops.shaping import (
    broadcast_to,
    concatenate,
    expand_dims,
    reshape,
    split,
    squeeze,
    stack,
    swapaxes,
    take_along_axis,
    transpose,
    unstack,
)
from tinyllm.ops.softmax import log_softmax, softmax

__all__ = [
    "abs",
    "add",
    "broadcast_to",
    "clip",
    "concatenate",
    "cross_entropy",
    "cumsum",
    "divide",
    "dropout",
    "einsum",
    "embedding",
    "exp",
    "expand_dims",
    "gelu",
    "gru",
    "layer_norm",
    "linear",
    "log",
    "log_softmax",
    "logsumexp",
    "lstm",
    "masked_fill",
    "matmul",
    "max",
    "maximum",
    "mean",
    "merge_heads",
    "min",
    "minimum",
    "multiply",
    "negative",
    "power",
    "relu",
    "reshape",
    "rms_norm",
    "rnn",
    "rotary",
    "scaled_dot_product_attention",
    "sigmoid",
    "silu",
    "softmax",
    "split",
    "split_heads",
    "sqrt",
    "squeeze",
    "stack",
    "subtract",
    "sum",
    "swapaxes",
    "take_along_axis",
    "tanh",
    "transpose",
    "unstack",
    "var",
    "where",
]
