"""What holds whichever options are chosen: leaks, caches, finite gradients, files."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.models.options import (
    ARCHITECTURES,
    CHOICES,
    CONTEXT,
    EACH,
    SIZES,
    V,
    build,
    choices,
    draw_ids,
    filled_up,
    name_of,
)
from tinyllm import ops
from tinyllm.decoding import generate
from tinyllm.errors import OptionError
from tinyllm.kernels.backend import BACKENDS
from tinyllm.models import MODELS, DecoderOnly, EncoderOnly, TransformerConfig
from tinyllm.text import CharTokenizer
from tinyllm.train import load_checkpoint, save_checkpoint

every_backend = pytest.mark.parametrize("backend", BACKENDS)
every_architecture = pytest.mark.parametrize("name", ARCHITECTURES)
each_option = pytest.mark.parametrize("options", EACH, ids=name_of)
seeds = st.integers(0, 1000)


def logits(name, model, ids):
    """What a model says; an encoder-decoder reads the ids and writes them again."""
    return model(ids, ids) if name == "encoder-decoder" else model(ids)


# -------------------------------------------------------------------- all of them
@every_backend
@every_architecture
@given(choices, seeds)
def test_loss_and_all_gradients_are_finite(name, backend, options, seed):
    model, ids = build(ARCHITECTURES[name], seed, **options), draw_ids(seed, 2, 5)
    with tinyllm.backend(backend):
        loss = ops.cross_entropy(logits(name, model, ids), ids)
        loss.backward()
    assert math.isfinite(loss.item())
    for parameter, p in model.named_parameters():
        assert p.grad is not None, parameter
        assert np.isfinite(p.grad).all(), parameter


@every_architecture
@given(choices, seeds)
def test_the_two_backends_agree(name, options, seed):
    model, ids = build(ARCHITECTURES[name], seed, **options), draw_ids(seed, 2, 5)
    found = []
    for backend in BACKENDS:
        with tinyllm.backend(backend):
            found.append(logits(name, model, ids).data)
    np.testing.assert_allclose(*found, rtol=0, atol=1e-4 * np.abs(found[0]).max())


@every_architecture
@each_option
def test_every_option_is_seen_in_the_result(name, options):
    """Not one is taken and then forgotten: another value gives another model."""
    ((option, value),) = options.items()
    other = next(v for v in CHOICES[option] if v != value and {v, value} != {None, 4})
    ids = draw_ids(0, 2, 5)
    one, two = (build(ARCHITECTURES[name], **{option: v}) for v in (value, other))
    assert (logits(name, one, ids).data != logits(name, two, ids).data).any()


@every_architecture
@each_option
def test_a_checkpoint_gives_the_model_back(name, options, tmp_path):
    model, ids = build(ARCHITECTURES[name], **options), draw_ids(0, 2, 5)
    save_checkpoint(tmp_path, model, CharTokenizer(list("abcdefghijk")))
    again, _ = load_checkpoint(tmp_path)
    assert type(again) is MODELS[name]
    assert again.config == model.config
    np.testing.assert_array_equal(logits(name, again, ids).data, logits(name, model, ids).data)


# -------------------------------------------------------------------- decoder-only
@every_backend
@given(choices, seeds, st.integers(1, CONTEXT), st.data())
def test_a_later_token_never_changes_an_earlier_logit(backend, options, seed, length, data):
    model, ids = build(DecoderOnly, seed, **options), draw_ids(seed, 2, length)
    place = data.draw(st.integers(0, length - 1))
    changed = ids.copy()
    changed[0, place] = (ids[0, place] + data.draw(st.integers(1, V - 1))) % V
    with tinyllm.backend(backend):
        before, after = model(ids).data, model(changed).data
    np.testing.assert_array_equal(before[0, :place], after[0, :place])  # to the last bit
    np.testing.assert_array_equal(before[1], after[1])
    assert (before[0, place] != after[0, place]).any()


@given(choices, seeds, st.integers(1, CONTEXT))
def test_padding_on_the_right_changes_nothing(options, seed, length):
    model, ids = build(DecoderOnly, seed, **options), draw_ids(seed, 2, length)
    padded = model(filled_up(ids, CONTEXT)).data[:, :length]
    alone = model(ids).data
    np.testing.assert_allclose(padded, alone, rtol=0, atol=1e-5 * np.abs(alone).max())


@every_backend
@given(choices, seeds, st.integers(1, 3), st.lists(st.integers(1, 3), min_size=1, max_size=4))
def test_a_cache_changes_nothing(backend, options, seed, batch, sizes):
    sizes = [size for i, size in enumerate(sizes) if sum(sizes[: i + 1]) <= CONTEXT]
    model, ids = build(DecoderOnly, seed, **options), draw_ids(seed, batch, sum(sizes))
    caches, parts = model.new_caches(batch), np.split(ids, np.cumsum(sizes)[:-1], axis=1)
    with tinyllm.backend(backend), tinyllm.no_grad():
        pieces = [model(part, caches).data for part in parts]
        whole = model(ids).data
    found = np.concatenate(pieces, axis=1)
    np.testing.assert_allclose(found, whole, rtol=0, atol=1e-5 * np.abs(whole).max())


def test_shared_keys_make_the_cache_smaller():
    rooms = [build(DecoderOnly, kv_heads=n).new_caches().room.nbytes for n in (None, 4, 2, 1)]
    assert rooms[0] == rooms[1] == 2 * rooms[2] == 4 * rooms[3]


# -------------------------------------------------------------------- the fast way for one token
PLAIN = {"norm": ["pre", "post"], "positions": ["learned"], "kv_heads": [None, 4]}
PLAIN |= {"normalisation": ["layer"], "activation": ["gelu"], "tied": [True], "biases": [True]}


@each_option
def test_the_fast_way_is_for_what_its_kernel_knows(options):
    ((option, value),) = options.items()
    assert build(DecoderOnly, **options).is_plain() == (value in PLAIN[option])


@given(choices, seeds)
def test_generation_writes_what_the_model_says_by_either_way(options, seed):
    model, prompt = build(DecoderOnly, seed, **options), draw_ids(seed, 1, 2)
    found = generate(model, prompt, CONTEXT - 2, temperature=0)
    for t in range(2, CONTEXT):
        scores = model(found[:, :t]).data[0, -1]
        written = found[0, t]
        assert scores[written] >= scores.max() - 1e-3


def test_an_activation_of_ones_own_is_seen_at_work():
    model = build(DecoderOnly)
    assert model.is_plain()
    model.blocks[1].mlp.branch.activation = ops.relu
    assert not model.is_plain()


# -------------------------------------------------------------------- sizes
@given(choices)
def test_the_number_of_parameters_follows_the_formula(options):
    model = build(DecoderOnly, **options)
    C, H, L = SIZES["width"], SIZES["heads"], SIZES["layers"]
    F, columns = 4 * C, C + 2 * (options["kv_heads"] or H) * (C // H)
    mlp, mlp_biases = 2 * C * F, F + C
    if options["activation"] == "swiglu":
        F = 2 * F // 3
        mlp, mlp_biases = 3 * C * F, 2 * F + C
    layer = columns * C + C * C + mlp + 2 * C  # products, and the norms' weights
    layer += (columns + C + mlp_biases) * options["biases"]
    norms = 2 * L + (options["norm"] == "pre")
    shifts = norms * C * (options["normalisation"] == "layer") * options["biases"]
    tables = V * C * (1 + (not options["tied"])) + CONTEXT * C * (options["positions"] == "learned")
    last = C * (options["norm"] == "pre")
    assert model.count_parameters() == tables + L * layer + shifts + last


# -------------------------------------------------------------------- refusals
REFUSALS = [
    ({"normalisation": "batch"}, "normalisation must be one of 'layer', 'rms'; got 'batch'."),
    (
        {"positions": "absolute"},
        "positions must be one of 'learned', 'sinusoidal', 'rotary', 'alibi'; got 'absolute'.",
    ),
    ({"activation": ["gelu"]}, "activation must be one of 'gelu', 'relu', 'swiglu'; got ['gelu']."),
    ({"tied": 1}, "tied must be True or False; got 1."),
    ({"biases": None}, "biases must be True or False; got None."),
    ({"kv_heads": 3}, "heads must be divisible by kv_heads; got heads=4, kv_heads=3."),
    ({"kv_heads": 0}, "kv_heads must be a whole number >= 1; got 0."),
    ({"positions": "rotary", "heads": 16}, "so width / heads must be even; got width=16, heads=16"),
    ({"padding": 11}, "padding must be an id, 0 to 10; got 11."),
    ({"padding": -1}, "padding must be a whole number >= 0; got -1."),
    ({"segments": -1}, "segments must be a whole number >= 0; got -1."),
    ({"pooling": "max"}, "pooling must be one of 'first', 'mean'; got 'max'."),
    ({"source_vocabulary": 0}, "source_vocabulary must be a whole number >= 1; got 0."),
]


@pytest.mark.parametrize(("options", "message"), REFUSALS)
def test_nonsense_is_refused_in_one_line(options, message):
    with pytest.raises(OptionError) as caught:
        TransformerConfig(**(SIZES | options))
    assert f"config: {message}" in str(caught.value).replace(
        "config: positions='rotary' turns pairs, ", "config: "
    )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("decoder-only", "segments", 2),
        ("decoder-only", "classes", 2),
        ("decoder-only", "pooling", "mean"),
        ("decoder-only", "source_vocabulary", 5),
        ("encoder-only", "source_vocabulary", 5),
        ("encoder-decoder", "segments", 2),
        ("encoder-decoder", "classes", 2),
    ],
)
def test_an_option_of_another_architecture_is_refused(name, option, value):
    kind = ARCHITECTURES[name]
    with pytest.raises(OptionError) as caught:
        kind(TransformerConfig(**SIZES, **{option: value}), 0)
    assert str(caught.value) == f"config: {kind.__name__} has no {option}; got {value!r}."


def test_the_hints_are_true():
    TransformerConfig(**(SIZES | {"positions": "rotary", "heads": 16, "width": 32}))
    assert EncoderOnly(TransformerConfig(**SIZES, segments=2), 0).segments is not None
