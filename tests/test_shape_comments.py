import inspect
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tinyllm
from tests.discovery import modules
from tests.shape_comments import FalseClaimError, checked, claims_of
from tests.train.objectives.data import make_run
from tinyllm import Tensor, nn
from tinyllm.analysis import mean_cosine
from tinyllm.bench import by_hand
from tinyllm.cli import reading
from tinyllm.course.chapters.architectures import holes
from tinyllm.decoding import stream, translate
from tinyllm.decoding.beam import log_softmax
from tinyllm.decoding.sampling import Sampling, choose, sample
from tinyllm.kernels import attention, decode, embedding, gelu, gru, lstm, matmul, rnn, softmax
from tinyllm.kernels.jit import Loop
from tinyllm.models import (
    RNNLM,
    DecoderOnly,
    EncoderDecoder,
    EncoderOnly,
    NGramLM,
    RNNConfig,
    TransformerConfig,
    encoder_decoder,
    full_rows,
    heads,
)
from tinyllm.models.transformer import Transformer
from tinyllm.nn.mlp import GatedMLP
from tinyllm.nn.positions import Alibi, Sinusoidal
from tinyllm.ops import recurrent
from tinyllm.ops.cross_entropy import cross_entropy
from tinyllm.text import CharTokenizer, RandomWindows, Streams, answer_targets, pad
from tinyllm.train.objectives import Labels, NextToken, translations

# No two letters have the same size: one in the place of another is found out.
B, T, S, H, D, C, V = SHARED = 2, 5, 7, 3, 4, 12, 11
F, I, O, R, N, M, K = OTHERS = 48, 8, 9, 6, 10, 13, 14  # noqa: E741
SIZES = dict(zip("BTSHDCV" + "FIORNMK", SHARED + OTHERS, strict=True)) | {"G": 1}

rng = np.random.default_rng(0)
ids = rng.integers(0, V, (B, T))


def numbers(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def block(norm):
    options = {"causal": True, "layers": 1, "dropout": 0.1, "rng": rng}
    return nn.TransformerBlock(C, H, norm=norm, **options)(Tensor(numbers(B, T, C)))


def cached_token():
    """The last of S positions goes through with a cache: T = 1."""
    layer = nn.SelfAttention(C, H, causal=True, rng=rng)
    cache = nn.KeyValueCache(B, H, S, D)
    layer(Tensor(numbers(B, S - 1, C)), cache=cache)
    with checked(nn.SelfAttention.forward, SIZES | {"T": 1}):
        layer(Tensor(numbers(B, 1, C)), cache=cache)


def config(**options):
    sizes = {"layers": 2, "heads": H, "width": C, "dropout": 0.1}
    return TransformerConfig(vocabulary=V, context=8, **sizes, **options)


def model(**options):
    return DecoderOnly(config(**options), rng=0)


def encoder():
    """All that an EncoderOnly can do."""
    for tied in (True, False):
        options = {"padding": 0, "segments": 2, "classes": K, "norm": "post", "pooling": "mean"}
        bert = EncoderOnly(config(tied=tied, **options), rng=0)
        bert(ids), bert.classify(ids), bert.embed(ids), bert.embed(ids, pooling="first")
    EncoderOnly(config(), rng=0).embed(ids)  # where nothing is padding


def translator():
    """All that an EncoderDecoder can do."""
    source, target = rng.integers(1, V, (B, S)), rng.integers(1, V, (B, T))
    for tied in (True, False):
        whole = EncoderDecoder(config(padding=0, tied=tied, kv_heads=1), rng=0)
        whole(source, target), whole.loss(source, target, begin=1)


def bound():
    """One source for all rows."""
    whole = EncoderDecoder(config(padding=0, kv_heads=1), rng=0)
    whole.bind(rng.integers(1, V, (1, S)))(rng.integers(1, V, (B, T)))


def token_after_another():
    """A token goes through with a cache that has one: in one call of all blocks, by definition."""
    gpt = model()
    caches = gpt.new_caches()
    gpt(np.array([[3]]), caches)
    with tinyllm.backend("numpy"):
        gpt.token_scores(5, caches)


def attend(definition):
    q, k, v, grad = (numbers(B, H, n, D) for n in (T, S, S, T))
    if definition is attention.forward_numpy:
        return definition(q, k, v, None, True)
    return definition(q, k, v, None, True, grad)


def rows(loop, *shape):
    """Run a compiled loop as the Python that it is, on arrays of one shape."""
    count = len(inspect.signature(loop.function).parameters)
    return lambda: loop.function(*(numbers(*shape) for _ in range(count)))


def ngram():
    return NGramLM(S + 1, V, "kneser-ney").fit(rng.integers(0, V, 99))


def rnn_model():
    config = RNNConfig(vocabulary=V, context=8, layers=2, width=C)
    return RNNLM(config, rng=0)(ids)


def through_time(cell, gates, carried):
    """The definitions of a recurrent layer, there and back."""
    x, weight, bias = numbers(B, T, gates * C), numbers(C, gates * C), numbers(gates * C)
    state = [numbers(B, C) for _ in range(carried)]
    saved = cell.forward_numpy(x, weight, bias, *state)
    saved = saved if isinstance(saved, tuple) else (saved,)
    kept = saved[1:] if cell is lstm else saved
    cell.backward_numpy(weight, *kept, numbers(B, T, C), *state)


LETTERS = CharTokenizer.train("abcdefgh", ["<pad>", "<s>", "</s>"])  # V tokens
HOLES = CharTokenizer.train("abcdefghi", ["<pad>", "<mask>"])  # V tokens


def classifier():
    return EncoderOnly(config(padding=0, classes=K), rng=0)


def translated():
    """B texts of S tokens, </s> included."""
    translate(EncoderDecoder(config(padding=8), rng=0), LETTERS, ["abcdef"] * B)


def batch_of_pairs():
    rows = [np.arange(S)] * B, [np.arange(T)] * B
    translations.batch_of(rows, np.arange(B), LETTERS)


def batch_of_labels():
    with TemporaryDirectory() as folder:
        run = make_run(Path(folder), "labels")
        long = [i for i, row in enumerate(run.objective.rows) if len(row) == T]
        run.objective.batch(np.array(long[:B]), rng)


RUNS = {
    mean_cosine: lambda: mean_cosine(numbers(B, T, C)),
    holes.direction_logits: lambda: holes.direction_logits(
        EncoderOnly(config(classes=2, padding=0), rng=0), ids
    ),
    nn.Linear.forward: lambda: nn.Linear(I, O, rng=0)(Tensor(numbers(B, T, I))),
    nn.Embedding.forward: lambda: nn.Embedding(V, C, rng=0)(ids),
    nn.Dropout.forward: lambda: nn.Dropout(0.5, rng)(Tensor(numbers(B, T))),
    nn.LayerNorm.forward: lambda: nn.LayerNorm(C)(Tensor(numbers(T, C))),
    nn.RMSNorm.forward: lambda: nn.RMSNorm(C)(Tensor(numbers(T, C))),
    nn.MLP.forward: lambda: nn.MLP(C, F, rng=rng)(Tensor(numbers(B, T, C))),
    nn.PreNorm.forward: lambda: block("pre"),
    nn.PostNorm.forward: lambda: block("post"),
    nn.SelfAttention.forward: lambda: block("pre"),
    nn.TransformerBlock.forward: lambda: block("post"),
    DecoderOnly.forward: lambda: [model(tied=tied)(ids) for tied in (True, False)],
    Transformer.states: lambda: model()(ids),
    Transformer.through_blocks: lambda: model()(ids),
    Transformer.vectors: lambda: model()(ids),
    EncoderOnly.forward: encoder,
    EncoderOnly.encode: encoder,
    EncoderOnly.embed: encoder,
    EncoderOnly.classify: encoder,
    heads.ClassHead.forward: encoder,
    heads.MaskedHead.forward: encoder,
    heads.first_token: encoder,
    heads.mean_of_tokens: encoder,
    EncoderDecoder.forward: translator,
    EncoderDecoder.encode: translator,
    EncoderDecoder.decode: translator,
    EncoderDecoder.loss: translator,
    encoder_decoder.BoundDecoder.__call__: bound,
    encoder_decoder.repeated: bound,
    nn.CrossAttention.forward: translator,
    nn.CrossAttention.read: translator,
    nn.CrossBlock.forward: translator,
    GatedMLP.forward: lambda: GatedMLP(C, F, rng=rng)(Tensor(numbers(B, T, C))),
    Alibi.__init__: lambda: Alibi(H, D),
    Alibi.bias: lambda: Alibi(H, D).bias(T, S),
    Sinusoidal.__call__: lambda: Sinusoidal(8, C)(np.arange(T)),
    RNNLM.forward: rnn_model,
    RNNLM.read: rnn_model,
    recurrent.outputs: lambda: recurrent.outputs(numbers(B, T + 1, C)),
    rnn.forward_numpy: lambda: through_time(rnn, 1, 1),
    rnn.backward_numpy: lambda: through_time(rnn, 1, 1),
    gru.forward_numpy: lambda: through_time(gru, 3, 1),
    gru.backward_numpy: lambda: through_time(gru, 3, 1),
    lstm.forward_numpy: lambda: through_time(lstm, 4, 2),
    lstm.backward_numpy: lambda: through_time(lstm, 4, 2),
    Streams.__next__: lambda: next(Streams(np.arange(99), T, B)),
    NGramLM.probabilities: lambda: ngram().probabilities(ids[0]),
    NGramLM.next_scores: lambda: ngram().next_scores(ids),
    NGramLM.log_prob: lambda: ngram().log_prob(ids[0], rng.integers(0, V, S)),
    stream: lambda: list(stream(model(), [ids[0], ids[1, 1:]], 4, stop=0)),
    choose: lambda: [choose(numbers(B, V), ids, Sampling(temperature=t), rng) for t in (0, 1)],
    log_softmax: lambda: log_softmax(numbers(B, V)),
    sample: lambda: sample(numbers(B, V), rng),
    RandomWindows.__next__: lambda: next(RandomWindows(np.arange(99), T, B, rng=0)),
    pad: lambda: pad([range(T), range(1)], padding=0),
    answer_targets: lambda: answer_targets(
        np.zeros((B, T), np.int64), np.ones(B, np.int64), np.ones((B, T), bool)
    ),
    CharTokenizer.__init__: lambda: CharTokenizer.train("abcdefghijk"),
    CharTokenizer.train.__func__: lambda: CharTokenizer.train("abcdefghijk"),
    CharTokenizer.encode: lambda: CharTokenizer.train("abcdefghijk").encode("abcab"),
    reading.label_of: lambda: reading.label_of(classifier(), HOLES, "abc", ["x"] * K),
    reading.hidden_words: lambda: reading.hidden_words(classifier(), HOLES, "ab<mask>cd"),
    translate: translated,
    translations.batch_of: batch_of_pairs,
    Labels.batch: batch_of_labels,
    Labels.logits: lambda: Labels.logits(None, classifier(), ids),
    NextToken.logits: lambda: NextToken.logits(SimpleNamespace(carried=()), model(), ids),
    cross_entropy: lambda: cross_entropy(Tensor(numbers(R, V)), np.zeros(R, int)),
    attention.forward_numpy: lambda: attend(attention.forward_numpy),
    attention.backward_numpy: lambda: attend(attention.backward_numpy),
    embedding.backward_numpy: lambda: embedding.backward_numpy(
        rng.integers(0, V, R), numbers(R, C), V
    ),
    softmax._forward.function: rows(softmax._forward, R, N),
    softmax._backward.function: rows(softmax._backward, R, N),
    softmax.online_step: lambda: softmax.online_step(numbers(R), numbers(R), numbers(R, N)),
    softmax._log_forward.function: rows(softmax._log_forward, R, N),
    softmax._log_backward.function: rows(softmax._log_backward, R, N),
    gelu._tanh_forward.function: rows(gelu._tanh_forward, N),
    gelu._tanh_backward.function: rows(gelu._tanh_backward, N),
    gelu._exact_forward.function: rows(gelu._exact_forward, N),
    gelu._exact_backward.function: rows(gelu._exact_backward, N),
    decode.token_numpy: token_after_another,
    decode.norm_numpy: token_after_another,
    decode.block_numpy: token_after_another,
    nn.OneToken.__call__: token_after_another,
    DecoderOnly.token_scores: token_after_another,
    attention._by_position: lambda: attention._by_position(numbers(B, H, T, D)),
    matmul._loops.function: lambda: matmul._loops.function(
        numbers(M, K), numbers(K, N), numbers(M, N)
    ),
    by_hand.block: lambda: by_hand.block(
        model().state_dict(), "blocks.0.", numbers(B * T, C), (B, T, H)
    ),
    full_rows.add_k: lambda: full_rows.add_k(rng.integers(0, 5, (N, V)), 0.5),
    full_rows.interpolation: lambda: full_rows.interpolation(
        rng.integers(0, 5, (3, N, V)), np.full(4, 0.25)
    ),
    full_rows.kneser_ney: lambda: full_rows.kneser_ney(
        rng.integers(0, 5, (N, V)), np.full((N, V), 1 / V)
    ),
    embedding._backward.function: lambda: embedding._backward.function(
        rng.integers(0, V, R), numbers(R, C), np.zeros((V, C), np.float32)
    ),
}


def functions_of_the_package() -> Iterator[Any]:
    for module in modules():
        for value in list(vars(module).values()):
            for inner in vars(value).values() if inspect.isclass(value) else [value]:
                function = inner.function if isinstance(inner, Loop) else inner
                function = getattr(function, "__func__", function)  # of a class method
                if inspect.isfunction(function):
                    function = inspect.unwrap(function)
                    if function.__code__.co_filename == module.__file__:
                        yield function


def test_every_function_that_makes_a_claim_is_run():
    claiming = {function for function in functions_of_the_package() if claims_of(function)}
    missing = sorted(f"{f.__module__}.{f.__qualname__}" for f in claiming - RUNS.keys())
    assert not missing, f"add how to run {missing} to RUNS in tests/test_shape_comments.py"


@pytest.mark.parametrize("function", RUNS, ids=lambda f: f"{f.__module__}.{f.__qualname__}")
def test_its_claims_are_true(function):
    code = function.__code__
    with checked(function, SIZES):
        RUNS[function]()
    assert function.__code__ is code


def test_with_a_cache_they_are_true_too():
    cached_token()


# -------------------------------------------------------------------- lies are found out
def assigns(x):
    y = x.T  # (T, B)
    z = y * 2  # (B, T)
    return z


def returns(x):
    return x.sum(axis=0)  # (B,)


def yields(x):
    yield x  # (B, T)
    yield x.T  # (B, T)


def takes(x, y):  # (B, T), (T, B)
    return x + y


def takes_alike(x, y):  # (B, T) each
    return x, y


def describes(x, weight):
    """X (B, T), weight (T, C) -> (B, V): a docstring."""
    return x @ weight


def describes_one(x):
    """(B, T) -> (B,)."""
    return x.sum()


def wide_enough(x):
    return x.reshape(-1)  # (..., B, T)


def counts(x):
    return np.append(x, x, axis=1)  # (B, T + T + 1)


def unpacks(x):
    y, z = x[:, :1], x[:, 1:]  # (B, 1), (B, T)
    return y + z


def exhaust(result):
    return list(result) if inspect.isgenerator(result) else result


x = np.zeros((B, T))


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (assigns, [x], r"z says \(B, T\); it is \(5, 2\)"),
        (returns, [x], r"the result says \(B,\); it is \(5,\)"),
        (yields, [x], r"yield says \(B, T\); it is \(5, 2\)"),
        (takes, [x, x], r"y says \(T, B\); it is \(2, 5\)"),
        (takes_alike, [x, x.T], r"y says \(B, T\); it is \(5, 2\)"),
        (describes, [x, np.zeros((T, C))], r"the result says \(B, V\); it is \(2, 12\)"),
        (describes, [x.T, np.zeros((T, C))], r"x says \(B, T\); it is \(5, 2\)"),
        (describes_one, [x], r"the result says \(B,\); it is \(\)"),
        (wide_enough, [x], r"result says \(\.\.\., B, T\); it is \(10,\)"),
        (counts, [x], r"result says \(B, T \+ T \+ 1\); it is \(2, 10\)"),
        (unpacks, [x], r"y, z\) says \(B, 1\), \(B, T\); it is \(2, 4\)"),
    ],
)
def test_a_planted_lie_is_found_out(function, arguments, message):
    code = function.__code__
    with pytest.raises(FalseClaimError, match=message), checked(function, SIZES):
        exhaust(function(*arguments))
    assert function.__code__ is code


def half_run(x, again=False):
    y = x  # (B, T)
    if again:
        y = x.T  # (B, T)
    return y


def unknown_letter(x):
    y = x  # (B, Q)
    return y


def no_statement(x):
    x += 1  # (B, T)
    return x


def test_a_claim_that_is_not_reached_or_cannot_be_checked_is_found_out():
    with pytest.raises(FalseClaimError, match=r"half_run: never reached: line \d+: y says"):  # noqa: SIM117
        with checked(half_run, SIZES):
            half_run(x)
    with pytest.raises(FalseClaimError, match="no size is given for Q"):  # noqa: SIM117
        with checked(unknown_letter, SIZES):
            unknown_letter(x)
    with pytest.raises(FalseClaimError, match=r"no_statement: no value that line \d+ could be"):
        claims_of(no_statement)


def test_what_is_no_claim_is_left_alone():
    def prose(x):
        y = x  # (see the paper) and B, T
        return y  # a pair (B, T) at the end is no claim either

    assert not claims_of(prose)
