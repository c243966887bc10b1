"""PyTorch, eager: tinyllm's DecoderOnly and RNNLM, a training step, generation, operations.

Measure it in a process without tinyllm's loops: those change how OpenMP's threads wait, for all.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

F = nn.functional
NAMES = {"attention.norm.": "norm1.", "attention.branch.": "attention."}  # tinyllm's: ours
NAMES |= {"mlp.norm.": "norm2.", "mlp.branch.": "mlp."}
Step = Callable[[], float]


class Attention(nn.Module):
    def __init__(self, config: Any, bias: bool) -> None:
        super().__init__()
        C, self.heads = config.width, config.heads
        self.qkv, self.output = nn.Linear(C, 3 * C, bias=bias), nn.Linear(C, C, bias=bias)

    def forward(self, x: Tensor, cache: Any, start: int) -> Tensor:
        """`cache`: None, or the keys and the values of what came before, (B, H, context, D)."""
        B, T, C = x.shape
        parts = self.qkv(x).split(C, dim=-1)
        q, k, v = (part.view(B, T, self.heads, -1).transpose(1, 2) for part in parts)
        if cache is not None:
            for kept, new in zip(cache, (k, v), strict=True):
                kept.narrow(2, start, T).copy_(new)  # quicker than an assignment to a slice
            k, v = (kept.narrow(2, 0, start + T) for kept in cache)
        # with a cache, either start is 0, or T is 1 and this position may see all that there is
        y = F.scaled_dot_product_attention(q, k, v, is_causal=T > 1)
        return self.output(y.transpose(1, 2).reshape(B, T, C))


class Block(nn.Module):
    def __init__(self, config: Any, bias: bool, gelu: str) -> None:
        super().__init__()
        C, linear = config.width, partial(nn.Linear, bias=bias)
        self.norm1, self.norm2 = nn.LayerNorm(C, bias=bias), nn.LayerNorm(C, bias=bias)
        self.attention = Attention(config, bias)
        mlp: Any = OrderedDict(up=linear(C, 4 * C), gelu=nn.GELU(gelu), down=linear(4 * C, C))
        self.mlp = nn.Sequential(mlp)

    def forward(self, x: Tensor, cache: Any, start: int) -> Tensor:
        x = x + self.attention(self.norm1(x), cache, start)
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """ids (B, T) -> logits (B, T, V); `config` has vocabulary, context, layers, heads, width."""

    def __init__(self, config: Any, *, bias: bool = True, gelu: str = "tanh") -> None:
        super().__init__()
        self.tokens = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.context, config.width)
        self.blocks = nn.ModuleList(Block(config, bias, gelu) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width, bias=bias)
        for name, p in self.named_parameters():  # GPT-2's initial values
            last = name.endswith(("output.weight", "down.weight"))
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02 / (2 * config.layers) ** 0.5 if last else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, ids: Tensor, caches: Any = None, start: int = 0, last=False) -> Tensor:
        """Caches hold what came before `start`; `last`: logits of the last position only."""
        x = self.tokens(ids) + self.positions.weight[start : start + ids.shape[1]]
        for i, block in enumerate(self.blocks):
            x = block(x, caches[i] if caches else None, start)
        x = self.norm(x[:, -1:] if last else x)
        return F.linear(x, self.tokens.weight)  # tied: the same table reads and scores

    def load_tinyllm(self, model: Any) -> "GPT":
        """Copy the weights of a tinyllm DecoderOnly, or of its state_dict()."""
        state = {}
        for name, array in (model if isinstance(model, Mapping) else model.state_dict()).items():
            for theirs, ours in NAMES.items():
                name = name.replace(theirs, ours)
            linear = array.ndim == 2 and name.startswith("blocks.")
            state[name] = torch.tensor(array.T if linear else array)  # (in, out) -> (out, in)
        self.load_state_dict(state)
        return self


class Recurrent(nn.Module):
    """ids (B, T) -> logits (B, T, V), by nn.RNN, GRU or LSTM; the table reads and scores."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        kind, C = getattr(nn, config.cell.upper()), config.width
        self.tokens = nn.Embedding(config.vocabulary, C)
        nn.init.normal_(self.tokens.weight, std=0.1)
        self.cells = kind(C, C, config.layers, batch_first=True)
        self.bias = nn.Parameter(torch.zeros(config.vocabulary))

    def forward(self, ids: Tensor) -> Tensor:
        return F.linear(self.cells(self.tokens(ids))[0], self.tokens.weight, self.bias)


def make(config: Any, threads: int, weights: Any) -> Any:
    torch.set_num_threads(threads)
    torch.manual_seed(0)  # for the initial weights, and for sampling
    if hasattr(config, "cell"):
        return Recurrent(config)
    return GPT(config) if weights is None else GPT(config).load_tinyllm(weights)


def adamw(model: nn.Module) -> torch.optim.AdamW:
    """Decay for the weights of products alone, as in tinyllm. Fused: on CPUs from PyTorch 2.4."""
    linear = [m.weight for m in model.modules() if isinstance(m, nn.Linear)]
    linear += [p for name, p in model.named_parameters() if name.startswith("cells.weight")]
    others = [p for p in model.parameters() if all(p is not weight for weight in linear)]
    groups = [{"params": linear, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), fused=True)


def training_step(config: Any, batch: int, threads: int = 2, weights: Any = None) -> Step:
    """A function: one full step, always on the same batch; returns the loss before it."""
    model = make(config, threads, weights)
    ids = np.random.default_rng(0).integers(config.vocabulary, size=(batch, config.context + 1))
    inputs, targets = torch.tensor(ids[:, :-1]), torch.tensor(ids[:, 1:]).flatten()
    optimiser, parameters = adamw(model), list(model.parameters())

    def step() -> float:
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0, foreach=True)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        return loss.item()

    return step


def choose(logits: Tensor, temperature: float = 0.0, top_k: int | None = None) -> Tensor:
    """Logits (B, V) -> the next tokens (B, 1): the best where temperature is 0, else drawn."""
    if temperature == 0:
        return logits.argmax(dim=-1, keepdim=True)
    logits = logits / temperature
    if top_k is not None:
        worst = torch.topk(logits, min(top_k, logits.shape[-1])).values[:, -1:]
        logits = logits.masked_fill(logits < worst, float("-inf"))
    return torch.multinomial(logits.softmax(dim=-1), num_samples=1)


def generator(
    cached: bool, config: Any, threads: int = 2, weights: Any = None, prompt: int = 1, **how: Any
) -> Callable[[int], tuple[Tensor, float]]:
    """A function: how many tokens -> ids, tokens a second; `how` goes to `choose`."""
    model, context = make(config, threads, weights).eval(), config.context
    first = torch.tensor(np.random.default_rng(0).integers(config.vocabulary, size=(1, prompt)))
    shape = 1, config.heads, context, config.width // config.heads
    caches = [(torch.zeros(shape), torch.zeros(shape)) for _ in model.blocks] if cached else None

    @torch.inference_mode()
    def run(tokens: int) -> tuple[Tensor, float]:
        began = time.perf_counter()
        ids = torch.empty((1, prompt + tokens), dtype=torch.long)
        ids[:, :prompt] = first
        unread, start = first, 0  # what the model has not seen; positions in the caches
        for n in range(prompt, prompt + tokens):
            if not cached or start in (0, context):  # a full window slides, and is read anew
                unread, start = ids[:, max(0, n - context) : n], 0
            logits = model(unread, caches, start, last=True)[:, -1]
            start += unread.shape[1]
            unread = ids[:, n : n + 1] = choose(logits, **how)
        return ids, tokens / (time.perf_counter() - began)

    return run


generate_cached = partial(generator, True)
generate_uncached = partial(generator, False)  # nanoGPT's way: all of the window for each token


def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Tensor:
    return torch.tensor(rng.standard_normal(shape, np.float32))


def both_ways(function: Callable[..., Tensor], *arrays: Tensor) -> Callable[[], None]:
    """A function that goes forward, backward, and forgets the gradients."""
    leaves = [array.requires_grad_() for array in arrays]
    upstream = draw(np.random.default_rng(1), function(*leaves).shape)

    def run() -> None:
        function(*leaves).backward(upstream)
        for x in leaves:
            x.grad = None

    return run


def operations(T: int, B: int = 12, H: int = 4, D: int = 32, V: int = 65) -> dict[str, Callable]:
    """Forward and backward of each operation at the shapes of a model with context T."""
    N, C, rng = B * T, H * D, np.random.default_rng(0)
    ids, targets = (torch.tensor(rng.integers(V, size=N)) for _ in range(2))
    model = GPT(SimpleNamespace(vocabulary=V, context=T, layers=4, heads=H, width=C))
    for p in model.parameters():
        p.grad = draw(rng, p.shape)
    table: dict[str, Any] = {
        "softmax": (lambda x: F.softmax(x, -1), (N, T)),
        "layer_norm": (lambda x, w, b: F.layer_norm(x, (C,), w, b), (N, C), (C,), (C,)),
        "cross_entropy": (lambda x: F.cross_entropy(x, targets), (N, V)),
        "gelu": (lambda x: F.gelu(x, approximate="tanh"), (N, 4 * C)),
        "attention": (partial(F.scaled_dot_product_attention, is_causal=True), *[(B, H, T, D)] * 3),
        "embedding": (lambda w: F.embedding(ids, w), (V, C)),
    }
    runs = {n: both_ways(f, *(draw(rng, s) for s in shapes)) for n, (f, *shapes) in table.items()}
    return runs | {"adamw": adamw(model).step}
