"""The exercise topological-order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from tinyllm.autograd.small import Value
from tinyllm.course.exercise import Arguments, Exercise

Graph = dict[
    str, list[str]
]  # a name for each value, and the names of its sources; the root is last
CHAIN, LONG = "a chain of 3000 values", 3000


def use(users_first: Callable[[Value], list[Value]], graph: Graph | str) -> Any:
    """Walk a graph in the order that the function gives, as backward does.

    What comes back is the same for every right order: each is shown as the one from the root back
    through the names. A wrong one is shown as it is.
    """
    if isinstance(graph, str):
        graph = {str(i): [str(i - 1)] if i else [] for i in range(LONG)}
    values = values_of(graph)
    names = {id(value): name for name, value in values.items()}
    order = users_first(list(values.values())[-1])
    if not isinstance(order, list | tuple):
        kind = type(order).__name__
        raise TypeError(f"users_first must return a list of values; got {kind}")
    listed = [names.get(id(value), repr(value)) for value in order]
    gradients = walk(order, names)
    if len(values) == LONG:
        return {"values": len(listed), "gradient of the leaf": gradients.get("0")}
    early = too_early(listed, graph)
    is_right = sorted(listed) == sorted(graph) and not early
    return {
        "order": " ".join(reversed(graph) if is_right else listed),
        "too early": ", ".join(sorted(early)),
        "gradients": {name: gradients.get(name, 0.0) for name in graph},
    }


def values_of(graph: Graph) -> dict[str, Value]:
    """Build the values of a graph; each slope is 1."""
    values: dict[str, Value] = {}
    for name, sources in graph.items():
        slopes = (1.0,) * len(sources)
        values[name] = Value(1.0, tuple([values[source] for source in sources]), slopes)
    return values


def walk(order: Any, names: dict[int, str]) -> dict[str, float]:
    """Hand gradients on in the given order, from 1 at the root."""
    gradients = {list(names.values())[-1]: 1.0}
    for value in order:
        for source in getattr(value, "sources", ()):
            name = names[id(source)]
            gradients[name] = gradients.get(name, 0.0) + gradients.get(names[id(value)], 0.0)
    return gradients


def too_early(listed: list[str], graph: Graph) -> set[str]:
    """Name the values that come before one of their users."""
    first = {name: place for place, name in reversed(list(enumerate(listed)))}
    last = {name: place for place, name in enumerate(listed)}
    return {
        f"{source} before {user}"
        for user, sources in graph.items()
        for source in sources
        if user in last and source in first and first[source] < last[user]
    }


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    sources = st.lists(st.integers(0, 4), min_size=1, max_size=2)
    # from three values on, an order that is turned round gives wrong gradients
    return st.lists(sources, min_size=2, max_size=4).map(lambda drawn: (graph_of(drawn),))


def graph_of(drawn: list[list[int]]) -> Graph:
    """Name values a, b, c ...: a is a leaf, the others have earlier ones for sources.

    A number says how far back the source is: 0 is the value just before. So a chain is simplest.
    """
    names = "abcdefgh"[: len(drawn) + 1]
    graph: Graph = {"a": []}
    for i, numbers in enumerate(drawn):
        graph[names[i + 1]] = [names[i - number % (i + 1)] for number in numbers]
    return {name: graph[name] for name in names if name in behind(graph)}


def behind(graph: Graph) -> set[str]:
    """Name the last value and all that it was made of."""
    found, stack = set(), [list(graph)[-1]]
    while stack:
        name = stack.pop()
        found.add(name)
        stack += graph[name]
    return found


def probes() -> list[Arguments]:
    return [
        ({"a": []},),
        ({"a": [], "b": ["a"]},),
        ({"a": [], "b": ["a", "a"], "c": ["b", "b"]},),
        ({"a": [], "b": ["a"], "c": ["b", "a"], "d": ["c", "b"]},),
        ({"a": [], "b": ["a"], "c": ["b"], "d": ["c", "a"], "e": ["a", "d"]},),
        ({"a": [], "b": ["a"], "c": ["b"], "d": ["c"], "e": ["b", "d"], "f": ["e", "b"]},),
        (CHAIN,),
    ]


def as_they_are_met(root: Value) -> list[Value]:
    order: list[Value] = []

    def visit(value: Value) -> None:
        if value not in order:
            order.append(value)
            for source in value.sources:
                visit(source)

    visit(root)
    return order


def every_path_again(root: Value) -> list[Value]:
    order = [root]
    for source in root.sources:
        order += every_path_again(source)
    return order


def level_by_level(root: Value) -> list[Value]:
    order, waiting, seen = [], deque([root]), {root}
    while waiting:
        value = waiting.popleft()
        order.append(value)
        for source in value.sources:
            if source not in seen:
                seen.add(source)
                waiting.append(source)
    return order


def sources_first(root: Value) -> list[Value]:
    return users_first_by_recursion(root)[::-1]


def without_leaves(root: Value) -> list[Value]:
    return [value for value in by_counting(root) if value.sources]


def without_the_root(root: Value) -> list[Value]:
    return by_counting(root)[1:]


def compares_numbers(root: Value) -> list[Value]:
    order: list[Value] = []
    numbers = set()
    for value in by_counting(root):
        if value.data not in numbers:
            numbers.add(value.data)
            order.append(value)
    return order


def recursion_to_any_depth(root: Value) -> list[Value]:
    return users_first_by_recursion(root)


def users_first_by_recursion(root: Value) -> list[Value]:
    order: list[Value] = []
    seen = set()

    def visit(value: Value) -> None:
        if value not in seen:
            seen.add(value)
            for source in value.sources:
                visit(source)
            order.append(value)

    visit(root)
    return order[::-1]


def by_counting(root: Value) -> list[Value]:
    users, found = {root: 0}, [root]
    for value in found:  # it grows while we go
        for source in value.sources:
            if source not in users:
                users[source] = 0
                found.append(source)
            users[source] += 1
    order = [root]
    for value in order:
        for source in value.sources:
            users[source] -= 1
            if not users[source]:
                order.append(source)
    return order


def with_two_visits(root: Value) -> list[Value]:
    order, done, stack = [], set(), [(root, False)]
    while stack:
        value, after = stack.pop()
        if after:
            order.append(value)
        elif value not in done:
            done.add(value)
            stack.append((value, True))
            stack += [(source, False) for source in value.sources]
    return order[::-1]


def by_longest_way(root: Value) -> list[Value]:
    """Sort by the length of the longest way from the root."""
    length, changed = {root: 0}, [root]
    while changed:
        value = changed.pop()
        for source in value.sources:
            if length.get(source, -1) <= length[value]:
                length[source] = length[value] + 1
                changed.append(source)
    return sorted(length, key=lambda value: length[value])


TOPOLOGICAL_ORDER = Exercise(
    name="topological-order",
    target="tinyllm.autograd.small:users_first",
    use=use,
    imports="from tinyllm.autograd.small import Value",
    cases=cases,
    probes=probes,
    mistakes=(
        as_they_are_met,
        every_path_again,
        level_by_level,
        sources_first,
        without_leaves,
        without_the_root,
        compares_numbers,
        recursion_to_any_depth,
    ),
    others=(by_counting, with_two_visits, by_longest_way),
)
