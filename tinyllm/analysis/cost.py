"""What a decoder-only model costs: its parameters, and the arithmetic of its training.

Leaves out: memory and time (tinyllm bench measures these). Who calls it: the course, experiments.

The model is GPT-2's form, which is also the default of TransformerConfig: learned positions, layer
norms, an MLP with F = 4 C, biases.
"""

from __future__ import annotations

from tinyllm.errors import OptionError
from tinyllm.models.config import TransformerConfig

PLAIN = {
    "norm": "pre",
    "normalisation": "layer",
    "positions": "learned",
    "biases": True,
}


def count_parameters(
    vocabulary: int, context: int, layers: int, width: int, tied: bool = True
) -> int:
    """Count the parameters of a decoder-only model: all that training changes.

    Forward:   V C + T C + L (12 C^2 + 13 C) + 2 C, and V C more if not tied. A block has four
               products C x C and two of C x 4 C, a bias for each, and two norms of 2 C
    tied:      whether the table that reads tokens also scores them
    Shapes:    V tokens, T positions, L blocks, C numbers a position; heads do not matter

    GPT-2's smallest model:

    >>> count_parameters(vocabulary=50257, context=1024, layers=12, width=768)
    124439808
    """
    V, T, L, C = vocabulary, context, layers, width
    F = 4 * C
    attention = 4 * (C * C + C)  # queries, keys, values, output
    mlp = (C * F + F) + (F * C + C)
    norm = 2 * C  # a factor and a bias for each number
    tables = V * C + T * C
    scores = 0 if tied else V * C
    return tables + L * (attention + mlp + 2 * norm) + norm + scores


def parameters_of(config: TransformerConfig) -> int:
    """Count the parameters of the DecoderOnly that a config describes, without building it.

    Raises:    OptionError for choices that are not GPT-2's form

    >>> parameters_of(TransformerConfig(vocabulary=65, context=64))
    809856
    """
    for name, value in PLAIN.items():
        if getattr(config, name) != value:
            got = getattr(config, name)
            raise OptionError(
                f"parameters_of: {name} must be {value!r}; got {got!r}. "
                "Hint: build the model, and sum the sizes of its parameters."
            )
    if config.activation == "swiglu" or config.kv_heads not in (None, config.heads):
        raise OptionError(
            "parameters_of: the MLP must have no gate, and each head keys of its own; got "
            f"activation={config.activation!r}, kv_heads={config.kv_heads}. "
            "Hint: build the model, and sum the sizes of its parameters."
        )
    return count_parameters(
        config.vocabulary, config.context, config.layers, config.width, config.tied
    )


def training_flops(tokens: int, vocabulary: int, context: int, layers: int, width: int) -> int:
    """Count the FLOPs of training on so many tokens: forward, and backward twice as much.

    A product with a weight is one multiplication and one addition a token. Backward has two
    products for each of forward: for the gradient of the input, and of the weight. Norms,
    activations, softmax and biases are left out: they grow with C only, products with C^2. The
    whole T x T attention is counted, though a causal kernel may skip half.

    Forward:   3 tokens (L (2 * 12 C^2 + 2 * 2 T C) + 2 C V)
    tokens:    how many are read, over all steps, in windows of T = context
    Units:     FLOPs: multiplications and additions
    Source:    Kaplan et al. 2020, table 1; Hoffmann et al. 2022, appendix F

    GPT-2's smallest model, one token:

    >>> training_flops(1, vocabulary=50257, context=1024, layers=12, width=768)
    854438400
    """
    V, T, L, C = vocabulary, context, layers, width
    products = 2 * 12 * C * C  # with the weights of a block
    attention = 2 * T * C + 2 * T * C  # queries with T keys; weights with T values
    scores = 2 * C * V
    forward = tokens * (L * (products + attention) + scores)
    return 3 * forward


def forward_flops(tokens: int, vocabulary: int, context: int, layers: int, width: int) -> int:
    """Count the FLOPs of reading so many tokens: a third of `training_flops`.

    Units:     FLOPs

    >>> forward_flops(1, vocabulary=4, context=1, layers=1, width=2)
    120
    """
    return training_flops(tokens, vocabulary, context, layers, width) // 3


def approximate_training_flops(parameters: float, tokens: float) -> float:
    """Return 6 N D: two for the product, three for forward and backward.

    Attention's own arithmetic is left out, and tables are taken for products. Good to some per cent
    for large models with short contexts.

    Units:     FLOPs
    Source:    Kaplan et al. 2020, section 2.1

    >>> approximate_training_flops(70e9, 1.4e12)
    5.88e+23
    """
    return 6.0 * parameters * tokens
