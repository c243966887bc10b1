"""decode: tokens to a text, where a token may be half of a character."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from typing import Any

from tinyllm.course.exercise import Arguments, Exercise, Variant

PIECES = [b"a", b" b", b" ", b"\xc3", b"\xa9", b"\xe4\xb8", b"\xad"]  # é is C3 A9, 中 is E4 B8 AD


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    def of_tokens(tokens: list[bytes]) -> Any:
        return st.tuples(st.lists(st.integers(0, len(tokens) - 1), max_size=4), st.just(tokens))

    tokens = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3, unique=True)
    return tokens.flatmap(of_tokens)


def probes() -> list[Arguments]:
    return [
        ([0, 1, 2], [b"caf", b"\xc3", b"\xa9"]),
        ([0, 1], [b"caf", b"\xc3"]),
        ([1, 0, 1], [b"low", b" "]),
        ([3, 4, 0, 2], [b"a", b"\xe4", b"\xad", b"\xe4\xb8", b"\xad!"]),
        ([], [b"a"]),
    ]


# -------------------------------------------------------------------- wrong
def each_token_for_itself(places: Sequence[int], tokens: Sequence[bytes]) -> str:
    return "".join(tokens[place].decode("utf-8", "replace") for place in places)


def fails_on_half_a_character(places: Sequence[int], tokens: Sequence[bytes]) -> str:
    return b"".join(tokens[place] for place in places).decode("utf-8")


def drops_half_a_character(places: Sequence[int], tokens: Sequence[bytes]) -> str:
    return b"".join(tokens[place] for place in places).decode("utf-8", "ignore")


def a_character_for_each_byte(places: Sequence[int], tokens: Sequence[bytes]) -> str:
    return b"".join(tokens[place] for place in places).decode("latin-1")


def space_between_tokens(places: Sequence[int], tokens: Sequence[bytes]) -> str:
    return b" ".join(tokens[place] for place in places).decode("utf-8", "replace")


def outer_spaces_lost(places: Sequence[int], tokens: Sequence[bytes]) -> str:
    return b"".join(tokens[place] for place in places).decode("utf-8", "replace").strip()


def ids_as_characters(places: Sequence[int], tokens: Sequence[bytes]) -> str:
    return "".join(chr(place) for place in places)


def returns_bytes(places: Sequence[int], tokens: Sequence[bytes]) -> Any:
    return b"".join(tokens[place] for place in places)


# -------------------------------------------------------------------- right, in another way
def byte_after_byte(places: Sequence[int], tokens: Sequence[bytes]) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = ""
    for place in places:
        for byte in tokens[place]:
            text += decoder.decode(bytes([byte]))
    return text + decoder.decode(b"", final=True)


def with_a_bytearray(places: Sequence[int], tokens: Sequence[bytes]) -> str:
    content = bytearray()
    for place in places:
        content += tokens[place]
    return str(content, encoding="utf-8", errors="replace")


def with_sign(sign: str) -> Variant:
    """Another sign for what is no character."""

    def change(text_of: Callable[..., Any]) -> Callable[..., Any]:
        def signed(places: Sequence[int], tokens: Sequence[bytes]) -> Any:
            text = text_of(places, tokens)
            return text.replace("\ufffd", sign) if isinstance(text, str) else text

        return signed

    return Variant(
        text={
            "en": f'for bytes that are no character write "{sign}", not U+FFFD. In the example '
            f'above, [0, 1] is "caf{sign}".',
            "zh": f'不成字符的字节写成 "{sign}"，而不是 U+FFFD。'
            f'上面的例子里，[0, 1] 是 "caf{sign}"。',
        },
        change=change,
    )


DECODE = Exercise(
    name="decode",
    target="tinyllm.text.bpe:text_of",
    imports="from collections.abc import Sequence",
    cases=cases,
    probes=probes,
    mistakes=(
        each_token_for_itself,
        fails_on_half_a_character,
        drops_half_a_character,
        a_character_for_each_byte,
        space_between_tokens,
        outer_spaces_lost,
        ids_as_characters,
        returns_bytes,
    ),
    others=(byte_after_byte, with_a_bytearray),
    variants=tuple(with_sign(sign) for sign in "?_*"),
)
