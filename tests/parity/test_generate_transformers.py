"""Greedy and beam search against Hugging Face's `generate`, on the same weights."""

import os

import numpy as np
import pytest

from tests.models.tiny import draw_ids, stirred
from tinyllm.decoding import beam_search, filters, generate

torch = pytest.importorskip("torch")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is fetched
transformers = pytest.importorskip("transformers")
logits_process = pytest.importorskip("transformers.generation.logits_process")

torch.set_num_threads(1)  # else its threads and ours fight for the cores
VOCABULARY, CONTEXT, LAYERS, HEADS, WIDTH, STOP = 11, 32, 2, 2, 16, 7

NAMES = {  # ours: GPT-2's; {i} is the block. Both keep matrices as (inputs, outputs)
    "tokens": "transformer.wte",
    "positions": "transformer.wpe",
    "blocks.{i}.attention.norm": "transformer.h.{i}.ln_1",
    "blocks.{i}.attention.branch.qkv": "transformer.h.{i}.attn.c_attn",
    "blocks.{i}.attention.branch.output": "transformer.h.{i}.attn.c_proj",
    "blocks.{i}.mlp.norm": "transformer.h.{i}.ln_2",
    "blocks.{i}.mlp.branch.up": "transformer.h.{i}.mlp.c_fc",
    "blocks.{i}.mlp.branch.down": "transformer.h.{i}.mlp.c_proj",
    "norm": "transformer.ln_f",
}


def twins(seed):
    """A model of ours, and a GPT-2 with its weights."""
    ours = stirred(
        seed, vocabulary=VOCABULARY, context=CONTEXT, layers=LAYERS, heads=HEADS, width=WIDTH
    )
    config = transformers.GPT2Config(
        vocab_size=VOCABULARY, n_positions=CONTEXT, n_layer=LAYERS, n_head=HEADS, n_embd=WIDTH,
        bos_token_id=None, eos_token_id=None, pad_token_id=0,
    )  # fmt: skip
    theirs = transformers.GPT2LMHeadModel(config).eval()
    table = {a.format(i=i): b.format(i=i) for i in range(LAYERS) for a, b in NAMES.items()}
    parameters = dict(theirs.named_parameters())
    with torch.no_grad():
        for name, p in ours.named_parameters():
            module, _, kind = name.rpartition(".")
            parameters.pop(f"{table[module]}.{kind}").copy_(torch.tensor(p.data))
    assert not parameters, "every weight has a value of ours"
    return ours, theirs


def their_texts(model, prompt, count, **options):
    """What Hugging Face finds: the new tokens up to the stop id, and the scores of beams."""
    ids = torch.tensor(np.atleast_2d(prompt))
    found = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=count, do_sample=False,
        return_dict_in_generate=True, output_scores=True, **options,
    )  # fmt: skip
    new = [row[ids.shape[1] :].tolist() for row in found.sequences]
    stop = options.get("eos_token_id")
    ends = [row.index(stop) + 1 if stop in row else len(row) for row in new]
    return [row[:end] for row, end in zip(new, ends, strict=True)], found


@pytest.mark.parametrize("seed", range(3))
def test_the_twins_have_the_same_logits(seed):
    ours, theirs = twins(seed)
    ids = draw_ids(seed, 2, CONTEXT)
    with torch.no_grad():
        expected = theirs(torch.tensor(ids)).logits.numpy()
    np.testing.assert_allclose(ours(ids).data, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("stop", [None, STOP])
@pytest.mark.parametrize("penalty", [None, 1.3])
def test_greedy(seed, stop, penalty):
    ours, theirs = twins(seed)
    prompt, count = draw_ids(seed, 1 + seed), 20
    options = {} if penalty is None else {"repetition_penalty": penalty}
    (expected,), _ = their_texts(theirs, prompt, count, eos_token_id=stop, **options)
    found = generate(ours, prompt, count, temperature=0, stop=stop, **options)
    assert found[len(prompt) :].tolist() == expected


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("stop", [None, STOP])
@pytest.mark.parametrize("length_penalty", [-1.0, 0.0, 0.6, 1.0, 2.0])
@pytest.mark.parametrize(("beams", "count"), [(2, 12), (3, 1), (4, 20), (7, 6)])
def test_beam_search(seed, stop, length_penalty, beams, count):
    """The n best texts, token by token, and their scores."""
    ours, theirs = twins(seed)
    prompt = draw_ids(seed, 1 + seed)
    expected, found = their_texts(
        theirs, prompt, count, num_beams=beams, num_return_sequences=beams, eos_token_id=stop,
        length_penalty=length_penalty, early_stopping="never",
    )  # fmt: skip
    options = {"beams": beams, "length_penalty": length_penalty, "stop": stop}
    best = beam_search(ours, prompt, count, n_best=beams, **options)
    assert [text.ids[len(prompt) :].tolist() for text in best] == expected
    scores = [text.score for text in best]
    np.testing.assert_allclose(scores, found.sequences_scores.numpy(), rtol=1e-4, atol=1e-4)
    (only,) = beam_search(ours, prompt, count, **options)
    assert only.ids.tolist() == best[0].ids.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_filters(seed):
    """Where no two tokens tie for the last place, and none has just the probability asked for."""
    logits = 3 * np.random.default_rng(seed).standard_normal((4, 50)).astype(np.float32)
    seen = draw_ids(seed, 4, 9, vocabulary=50)
    warpers = {
        "TemperatureLogitsWarper": (0.7, filters.temperature),
        "TopKLogitsWarper": (5, filters.top_k),
        "TopPLogitsWarper": (0.9, filters.top_p),
        "MinPLogitsWarper": (0.1, filters.min_p),
        "RepetitionPenaltyLogitsProcessor": (
            1.2, lambda x, penalty: filters.repetition_penalty(x, seen, penalty)
        ),
    }  # fmt: skip
    for name, (value, ours) in warpers.items():
        theirs = getattr(logits_process, name)(value)
        expected = theirs(torch.tensor(seen), torch.tensor(logits)).numpy()
        np.testing.assert_allclose(ours(logits, value), expected, rtol=1e-6, err_msg=name)
