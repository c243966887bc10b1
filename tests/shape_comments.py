"""Comments on shapes that cannot lie: run a function so that it holds them to what happens.

    x = self.attention(x)  # (B, T, C)         what is assigned, returned or yielded
    def _forward(x, p):  # (R, N), (R, N)      the arguments; `# (N) each` for all of them
    '''x (B, T, C) -> logits (B, T, V).'''     a docstring's first line: arguments and result

`checked` rewrites the function's syntax tree, so that each value somebody makes a claim about goes
through a check. A claim that belongs to no such place is an error; so is one that is not reached.
Leaves out: "Shapes:" in docstrings.
"""

import ast
import inspect
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from types import CodeType
from typing import Any

SIZE = r"(?:\.\.\.|[A-Z\d]\w*'?(?: [+*] [A-Z\d]\w*'?)*)"
SHAPE = rf"\((?:{SIZE}(?:, {SIZE})*,?)?\)"
COMMENT = re.compile(rf"#\s*({SHAPE}(?:, {SHAPE})*)(?: each)?(?=$|[ :;,.])")
ARROW = re.compile(rf"^([^.]*?{SHAPE}) -> (?:\w+ )?({SHAPE})")
NAMED = re.compile(rf"(\w*) ?({SHAPE})")


class FalseClaimError(AssertionError):
    """A claim about a shape is false, or cannot be checked, or was not reached."""


@dataclass(frozen=True)
class Claim:
    """What somebody wrote: in which line, about what, and the shape of each of its values."""

    line: int
    about: str
    shapes: list[str]

    def __str__(self) -> str:
        return f"line {self.line}: {self.about} says {', '.join(self.shapes)}"


# -------------------------------------------------------------------- is a claim true?
def fits(shape: tuple[int, ...], claim: str, sizes: dict[str, int]) -> bool:
    """Whether a shape is what the claim says, where each letter stands for its size."""
    parts = [part.strip() for part in claim.strip("()").split(",") if part.strip()]
    if "..." in parts:
        place = parts.index("...")
        left_out = len(shape) - (len(parts) - 1)
        if left_out < 0:
            return False
        shape = shape[:place] + shape[place + left_out :]
        parts.remove("...")
    return list(shape) == [size_of(part, sizes) for part in parts]


def size_of(part: str, sizes: dict[str, int]) -> int:
    """The number behind 7, T, S + T or 3 * C."""
    unknown = set(re.findall(r"[A-Z]\w*'?", part)) - sizes.keys()
    if unknown:
        raise FalseClaimError(f"{part}: no size is given for {', '.join(sorted(unknown))}")
    numbers = re.sub(r"[A-Z]\w*'?", lambda letter: str(sizes[letter[0]]), part)
    total = 0
    for term in numbers.split(" + "):
        product = 1
        for factor in term.split(" * "):
            product *= int(factor)
        total += product
    return total


# -------------------------------------------------------------------- where are claims?
class Statements(ast.NodeTransformer):
    """Wraps the value of each statement that has a comment, and of each result, in a check."""

    def __init__(self, comments: dict[int, list[str]], check: str) -> None:
        self.comments, self.check = comments, check
        self.claims: list[Claim] = []
        self.result: list[str] | None = None  # what the docstring says of all that is returned

    def hold(self, value: ast.expr, about: str, shapes: list[str], line: int) -> ast.expr:
        """Build `check(number of the claim, value)`, which returns the value."""
        self.claims.append(Claim(line, about, shapes))
        number = ast.Constant(len(self.claims) - 1)
        call = ast.Call(ast.Name(self.check, ast.Load()), [number, value], [])
        return ast.fix_missing_locations(ast.copy_location(call, value))

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        value = getattr(node, "value", None)
        if isinstance(node, ast.Return) and value and self.result:
            value = node.value = self.hold(value, "the result", self.result, node.lineno)
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr) and value:
            shapes = self.comments.pop(node.end_lineno, None)
            if shapes and isinstance(value, ast.Yield):
                value.value = self.hold(value.value, "yield", shapes, node.lineno)
            elif shapes:
                targets = getattr(node, "targets", [getattr(node, "target", None)])
                about = ast.unparse(targets[0]) if targets[0] else "the result"
                node.value = self.hold(value, about, shapes, node.lineno)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        before, self.result = self.result, None  # an inner function returns something else
        node = self.generic_visit(node)
        self.result = before
        return node


def rewritten(function: Any) -> tuple[CodeType, list[Claim]]:
    """Return a function's code with a check for each claim, and the claims."""
    lines, start = inspect.getsourcelines(function)
    source = textwrap.dedent("".join(lines))
    comments = {
        token.start[0]: re.findall(SHAPE, match[1])
        for token in tokenize.generate_tokens(StringIO(source).readline)
        if token.type == tokenize.COMMENT and (match := COMMENT.match(token.string))
    }
    tree = ast.parse(source)
    (definition,) = tree.body
    statements = Statements(comments, name_of_check(function))
    of_arguments = claims_of_arguments(definition, comments)
    arrow = ARROW.match((ast.get_docstring(definition) or "").partition("\n")[0])
    if arrow:
        statements.result = re.findall(SHAPE, arrow[2])
        of_arguments += named_arguments(arrow[1], definition)
    for i, statement in enumerate(definition.body):
        definition.body[i] = statements.visit(statement)
    checks = []
    for name, shape in of_arguments:
        value = ast.copy_location(ast.Name(name, ast.Load()), definition.body[0])
        check = ast.Expr(statements.hold(value, name, [shape], definition.lineno))
        checks.append(ast.copy_location(check, value))
    definition.body[:0] = checks
    if comments:
        where = ", ".join(str(start - 1 + line) for line in comments)
        raise FalseClaimError(f"{function.__qualname__}: no value that line {where} could be about")
    definition.decorator_list = []
    ast.increment_lineno(tree, start - 1)
    module = compile(tree, inspect.getsourcefile(function) or "", "exec", dont_inherit=True)
    codes = {c.co_name: c for c in module.co_consts if isinstance(c, CodeType)}
    claims = [Claim(c.line + start - 1, c.about, c.shapes) for c in statements.claims]
    return codes[definition.name], claims


def name_of_check(function: Any) -> str:
    return f"_check_{function.__qualname__.replace('.', '_')}"


def arguments(definition: ast.FunctionDef) -> list[str]:
    listed = definition.args
    names = [a.arg for a in (*listed.posonlyargs, *listed.args, *listed.kwonlyargs)]
    return [name for name in names if name != "self"]


def claims_of_arguments(
    definition: ast.FunctionDef, comments: dict[int, list[str]]
) -> list[tuple[str, str]]:
    """Take the comments between `def` and the body: one shape for each argument, or for all."""
    names, found = arguments(definition), []
    for line in range(definition.lineno, definition.body[0].lineno):
        shapes = comments.pop(line, [])
        shapes = shapes * len(names) if len(shapes) == 1 else shapes
        if shapes and len(shapes) != len(names):
            raise FalseClaimError(f"{definition.name}: {len(shapes)} shapes for {', '.join(names)}")
        found += zip(names, shapes, strict=False)
    return found


def named_arguments(text: str, definition: ast.FunctionDef) -> list[tuple[str, str]]:
    """Find which arguments the words before an arrow mean: "Scores (B, V)" is `scores`."""
    names, found = arguments(definition), NAMED.findall(text)
    lower = {name.lower(): name for name in names}
    if len(found) == 1:
        return [(lower.get(found[0][0].lower(), names[0]), found[0][1])]
    unknown = [name for name, _ in found if name.lower() not in lower]
    if unknown:
        raise FalseClaimError(f"{definition.name}: no argument is called {', '.join(unknown)}")
    return [(lower[name.lower()], shape) for name, shape in found]


def claims_of(function: Callable[..., Any]) -> list[Claim]:
    """List what a function's comments and the first line of its docstring say about shapes."""
    return rewritten(function)[1]


# -------------------------------------------------------------------- running it
@contextmanager
def checked(function: Any, sizes: dict[str, int]) -> Iterator[None]:
    """Inside this block, whoever calls `function` has its claims checked.

    Raises:  FalseClaimError, in the block if a claim is false, at its end if one was not reached
    """
    code, claims = rewritten(function)
    reached = set()

    def hold(number: int, value: Any) -> Any:
        claim = claims[number]
        values = list(value) if isinstance(value, tuple | list) else [value]
        shapes = claim.shapes * len(values) if len(claim.shapes) == 1 else claim.shapes
        for one, shape in zip(values, shapes, strict=True):  # one shape: that of each value
            if not fits(one.shape, shape, sizes):
                found = f"it is {one.shape}, with {sizes}"
                raise FalseClaimError(f"{function.__qualname__}, {claim}; {found}")
        reached.add(number)
        return value

    own = function.__code__
    function.__globals__[name_of_check(function)] = hold
    function.__code__ = code
    try:
        yield
    finally:
        function.__code__ = own
        del function.__globals__[name_of_check(function)]
    missed = [str(claim) for number, claim in enumerate(claims) if number not in reached]
    if missed:
        raise FalseClaimError(f"{function.__qualname__}: never reached: {'; '.join(missed)}")
