"""The options and architectures against others' own: PyTorch's layers, Hugging Face's models.

Each gets our weights under its own names, and must say the same.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.options import CONTEXT, PADDING, V, build, draw_ids, filled_up
from tinyllm import Tensor, nn, ops
from tinyllm.models import DecoderOnly, EncoderDecoder, EncoderOnly
from tinyllm.nn.positions import Alibi, Rotary

torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # else its threads and ours fight for the cores

seeds = st.integers(0, 1000)
few = settings(max_examples=10)


def transformers(name):
    """A module of Hugging Face's package, which need not be installed."""
    return pytest.importorskip(f"transformers.models.{name}")


def copied(theirs, weights):
    """Give another's module our arrays; a matrix of a product is ours, transposed."""
    own = dict(theirs.named_parameters())
    assert own.keys() == weights.keys(), sorted(own.keys() ^ weights.keys())
    with torch.no_grad():
        for name, array in weights.items():
            own[name].copy_(torch.tensor(array))
    return theirs.eval()


def close(found, expected, tolerance=2e-5):
    expected = expected.detach().numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())


def linear(ours, name, weights):
    """The arrays of a Linear, under another's name."""
    weights[f"{name}.weight"] = ours.weight.data.T
    if ours.bias is not None:
        weights[f"{name}.bias"] = ours.bias.data


def norm(ours, name, weights):
    weights[f"{name}.weight"] = ours.weight.data
    if getattr(ours, "bias", None) is not None:
        weights[f"{name}.bias"] = ours.bias.data


# -------------------------------------------------------------------- PyTorch's own layers
def packed(attention, name, weights):
    """Arrays of SelfAttention, or of CrossAttention, for MultiheadAttention."""
    if isinstance(attention, nn.SelfAttention):
        parts = [attention.qkv]
    else:
        parts = [attention.query, attention.kv]
    weights[f"{name}.in_proj_weight"] = np.concatenate([p.weight.data for p in parts], axis=1).T
    weights[f"{name}.in_proj_bias"] = np.concatenate([p.bias.data for p in parts])
    linear(attention.output, f"{name}.out_proj", weights)


@few
@given(seeds, st.sampled_from(["pre", "post"]), st.integers(1, CONTEXT), st.integers(1, CONTEXT))
def test_an_encoder_and_a_decoder_are_those_of_pytorch(seed, where, S, T):
    """TransformerEncoderLayer and TransformerDecoderLayer, with padding in source and target."""
    options = {"norm": where, "activation": "relu", "padding": PADDING}
    model = build(EncoderDecoder, seed, **options)
    C, H = model.config.width, model.config.heads
    layer = {"d_model": C, "nhead": H, "dim_feedforward": 4 * C, "dropout": 0.0}
    layer |= {"batch_first": True, "norm_first": where == "pre", "activation": "relu"}
    source, target = draw_ids(seed, 2, S), draw_ids(seed + 1, 2, T)
    source, target = filled_up(source, CONTEXT), filled_up(target, CONTEXT)

    def theirs(kind, block):
        weights = {}
        packed(block.attention.branch, "self_attn", weights)
        steps = [block.attention, block.mlp]
        if isinstance(block, nn.CrossBlock):
            packed(block.cross.branch, "multihead_attn", weights)
            steps.insert(1, block.cross)
        linear(block.mlp.branch.up, "linear1", weights)
        linear(block.mlp.branch.down, "linear2", weights)
        for i, step in enumerate(steps, 1):
            norm(step.norm, f"norm{i}", weights)
        return copied(kind(**layer), weights)

    def last(stack, x):
        if stack.norm is None:
            return x
        scale, shift = (torch.tensor(p.data) for p in stack.norm.parameters())
        return torch.nn.functional.layer_norm(x, (C,), scale, shift)

    hidden = torch.tensor(source == PADDING)
    x = torch.tensor(model.encoder.vectors(source).data)
    for block in model.encoder.blocks:
        x = theirs(torch.nn.TransformerEncoderLayer, block).train()(x, src_key_padding_mask=hidden)
    states = last(model.encoder, x)
    close(model.encode(source).data[:, :S], states[:, :S])
    x = torch.tensor(model.decoder.vectors(target).data)
    future = torch.ones(CONTEXT, CONTEXT).triu(1).bool()
    for block in model.decoder.blocks:
        x = theirs(torch.nn.TransformerDecoderLayer, block)(
            x,
            states,
            tgt_mask=future,
            tgt_key_padding_mask=torch.tensor(target == PADDING),
            memory_key_padding_mask=hidden,
        )
    logits = last(model.decoder, x) @ torch.tensor(model.decoder.tokens.weight.data).T
    close(model(source, target).data[:, :T], logits[:, :T])


@few
@given(seeds, st.sampled_from([(4, 2), (4, 1), (6, 3)]), st.booleans())
def test_shared_keys_are_those_of_pytorch(seed, pair, causal):
    heads, groups = pair
    rng = np.random.default_rng(seed)
    q = rng.standard_normal((2, heads, 5, 4))
    k, v = rng.standard_normal((2, 2, groups, 5, 4))
    many = (nn.attention.shared(Tensor(x), heads) for x in (k, v))
    found = ops.scaled_dot_product_attention(q, *many, causal=causal).data
    expected = torch.nn.functional.scaled_dot_product_attention(
        *map(torch.tensor, (q, k, v)), is_causal=causal, enable_gqa=True
    )
    close(found, expected, 1e-12)


# -------------------------------------------------------------------- Llama
def llama_of(model):
    """Hugging Face's Llama with our weights: RMSNorm, rotary, SwiGLU, shared keys, no biases."""
    llama, c = transformers("llama"), model.config
    config = llama.LlamaConfig(
        vocab_size=V,
        hidden_size=c.width,
        intermediate_size=2 * 4 * c.width // 3,
        num_hidden_layers=c.layers,
        num_attention_heads=c.heads,
        num_key_value_heads=c.kv_heads or c.heads,
        max_position_embeddings=c.context,
        rms_norm_eps=1e-6,
        tie_word_embeddings=False,
        attn_implementation="eager",
    )
    weights = {"model.embed_tokens.weight": model.tokens.weight.data}
    for i, block in enumerate(model.blocks):
        own, attention, mlp = f"model.layers.{i}", block.attention.branch, block.mlp.branch
        G, D = attention.kv_heads, c.head_width
        cuts = np.cumsum([c.heads * D, G * D])
        for name, part in zip(
            "qkv", np.split(attention.qkv.weight.data, cuts, axis=1), strict=True
        ):
            weights[f"{own}.self_attn.{name}_proj.weight"] = part.T
        linear(attention.output, f"{own}.self_attn.o_proj", weights)
        for name in ("gate", "up", "down"):
            linear(getattr(mlp, name), f"{own}.mlp.{name}_proj", weights)
        norm(block.attention.norm, f"{own}.input_layernorm", weights)
        norm(block.mlp.norm, f"{own}.post_attention_layernorm", weights)
    norm(model.norm, "model.norm", weights)
    linear(model.output, "lm_head", weights)
    return copied(llama.LlamaForCausalLM(config), weights)


@few
@given(seeds, st.integers(1, CONTEXT), st.sampled_from([None, 2, 1]))
def test_with_the_options_of_llama_it_is_llama(seed, length, kv_heads):
    options = {"normalisation": "rms", "positions": "rotary", "activation": "swiglu"}
    options |= {"kv_heads": kv_heads, "tied": False, "biases": False}
    model, ids = build(DecoderOnly, seed, **options), draw_ids(seed, 2, length)
    close(model(ids).data, llama_of(model)(torch.tensor(ids)).logits)


@few
@given(seeds, st.integers(1, 20), st.integers(0, 100), st.sampled_from([2, 8, 64]))
def test_rotary_turns_as_llama_does(seed, length, start, D):
    modelling = transformers("llama.modeling_llama")
    x = np.random.default_rng(seed).standard_normal((2, 3, length, D))
    places = np.arange(start, start + length)[:, None]
    angles = torch.tensor(places * Rotary(3, D).frequencies)
    both = torch.cat([angles, angles], dim=-1)[None]
    expected, _ = modelling.apply_rotary_pos_emb(
        torch.tensor(x), torch.tensor(x), both.cos(), both.sin()
    )
    close(Rotary(3, D).place(Tensor(x), start).data, expected, 1e-12)


# -------------------------------------------------------------------- BLOOM
@pytest.mark.parametrize("heads", [1, 2, 4, 8, 16])
def test_alibi_is_that_of_bloom(heads):
    """There the bias is the place times the slope: the same in each row, up to a constant."""
    modelling = transformers("bloom.modeling_bloom")
    theirs = modelling.build_alibi_tensor(torch.ones(1, 6), heads, torch.float64)[:, 0]
    ours = Alibi(heads, 4).bias(1, 6)[:, 0]  # of the last query
    close(ours - ours[:, :1], theirs, 1e-7)


# -------------------------------------------------------------------- BERT
def bert_of(model):
    """Hugging Face's BERT with our weights."""
    bert, c = transformers("bert"), model.config
    config = bert.BertConfig(
        vocab_size=V,
        hidden_size=c.width,
        num_hidden_layers=c.layers,
        num_attention_heads=c.heads,
        intermediate_size=4 * c.width,
        hidden_act="gelu_new",
        max_position_embeddings=c.context,
        type_vocab_size=c.segments,
        layer_norm_eps=1e-5,
        attn_implementation="eager",
    )
    weights = {
        "bert.embeddings.word_embeddings.weight": model.tokens.weight.data,
        "bert.embeddings.position_embeddings.weight": model.positions.weight.data,
        "bert.embeddings.token_type_embeddings.weight": model.segments.weight.data,
        "cls.predictions.bias": model.masked.bias.data,
    }
    norm(model.first_norm, "bert.embeddings.LayerNorm", weights)
    for i, block in enumerate(model.blocks):
        own, attention, mlp = f"bert.encoder.layer.{i}", block.attention.branch, block.mlp.branch
        matrices = np.split(attention.qkv.weight.data, 3, axis=1)
        biases = np.split(attention.qkv.bias.data, 3)
        for name, matrix, bias in zip(("query", "key", "value"), matrices, biases, strict=True):
            weights[f"{own}.attention.self.{name}.weight"] = matrix.T
            weights[f"{own}.attention.self.{name}.bias"] = bias
        linear(attention.output, f"{own}.attention.output.dense", weights)
        norm(block.attention.norm, f"{own}.attention.output.LayerNorm", weights)
        linear(mlp.up, f"{own}.intermediate.dense", weights)
        linear(mlp.down, f"{own}.output.dense", weights)
        norm(block.mlp.norm, f"{own}.output.LayerNorm", weights)
    linear(model.masked.dense, "cls.predictions.transform.dense", weights)
    norm(model.masked.norm, "cls.predictions.transform.LayerNorm", weights)
    return copied(bert.BertForMaskedLM(config), weights)


@few
@given(seeds, st.integers(1, CONTEXT))
def test_with_the_options_of_bert_it_is_bert(seed, length):
    model = build(EncoderOnly, seed, norm="post", segments=2, padding=PADDING)
    ids = filled_up(draw_ids(seed, 2, length), CONTEXT)
    segments = np.random.default_rng(seed).integers(0, 2, ids.shape)
    expected = bert_of(model)(
        torch.tensor(ids),
        attention_mask=torch.tensor(ids != PADDING).long(),
        token_type_ids=torch.tensor(segments),
    ).logits
    close(model(ids, segments=segments).data[:, :length], expected[:, :length])
