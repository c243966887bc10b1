"""The instructions of simd.py in LLVM's words, for Numba. Imports Numba: comes with the first loop.

Source: LLVM Language Reference Manual, "Vector Type"; Numba's manual, "Implementing intrinsics".
x is always a contiguous vector of floats.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

from tinyllm.kernels.simd import LANES


class Register(types.Type):
    """The type in Numba's inference."""

    def __init__(self, number: Any) -> None:
        self.number = number
        super().__init__(name=f"{number}x{LANES}")


@register_model(Register)
class RegisterModel(models.PrimitiveModel):
    """And in LLVM."""

    def __init__(self, manager: Any, register: Register) -> None:
        number = manager[register.number].get_value_type()
        super().__init__(manager, register, ir.VectorType(number, LANES))


def place(context: Any, builder: Any, kind: Any, x: Any, i: Any) -> Any:
    """Return the address of x[i]."""
    data = cgutils.create_struct_proxy(kind)(context, builder, x).data
    return builder.gep(data, [i])


@intrinsic
def load(typing, x, i):
    register = Register(x.dtype)

    def generate(context, builder, signature, arguments):
        form, size = context.get_value_type(register), x.dtype.bitwidth // 8
        address = place(context, builder, x, *arguments)
        return builder.load(builder.bitcast(address, form.as_pointer()), align=size)

    return register(x, types.intp), generate


@intrinsic
def store(typing, x, i, register):
    def generate(context, builder, signature, arguments):
        form, size = context.get_value_type(register), x.dtype.bitwidth // 8
        address = place(context, builder, x, *arguments[:2])
        builder.store(arguments[2], builder.bitcast(address, form.as_pointer()), align=size)
        return context.get_dummy_value()

    return types.void(x, types.intp, register), generate


def index(i: int) -> Any:
    """Return the constant i, as LLVM wants the number of a lane."""
    return ir.Constant(ir.IntType(32), i)


def spread(builder: Any, number: Any) -> Any:
    """Put a number into all lanes."""
    nothing = ir.Constant(ir.VectorType(number.type, LANES), ir.Undefined)
    first = builder.insert_element(nothing, number, index(0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, nothing, places)


@intrinsic
def fill(typing, x, i):
    register = Register(x.dtype)

    def generate(context, builder, signature, arguments):
        number = builder.load(place(context, builder, x, *arguments))
        return spread(builder, number)

    return register(x, types.intp), generate


@intrinsic
def every(typing, number):
    register = Register(number)

    def generate(context, builder, signature, arguments):
        return spread(builder, arguments[0])

    return register(number), generate


@intrinsic
def add(typing, a, b):
    def generate(context, builder, signature, arguments):
        return builder.fadd(*arguments, flags=("contract",))

    return a(a, b), generate


@intrinsic
def multiply(typing, a, b):
    def generate(context, builder, signature, arguments):
        return builder.fmul(*arguments, flags=("contract",))

    return a(a, b), generate


@intrinsic
def multiply_add(typing, a, b, c):
    def generate(context, builder, signature, arguments):
        a, b, c = arguments
        flags = ("contract",)  # the two become one instruction
        return builder.fadd(builder.fmul(a, b, flags=flags), c, flags=flags)

    return a(a, b, c), generate


@intrinsic
def larger(typing, a, b):
    def generate(context, builder, signature, arguments):
        a, b = arguments
        return builder.select(builder.fcmp_ordered(">", a, b), a, b)

    return a(a, b), generate


@intrinsic
def first(typing, a, count, b):
    def generate(context, builder, signature, arguments):
        a, count, b = arguments
        lanes = ir.Constant(ir.VectorType(count.type, LANES), list(range(LANES)))
        inside = builder.icmp_signed("<", lanes, spread(builder, count))
        return builder.select(inside, a, b)

    return a(a, types.intp, b), generate


@intrinsic
def total(typing, register):
    return register.number(register), folded(lambda b, x, y: b.fadd(x, y, flags=("contract",)))


@intrinsic
def top(typing, register):
    return register.number(register), folded(
        lambda b, x, y: b.select(b.fcmp_ordered(">", x, y), x, y)
    )


def folded(combine: Any) -> Any:
    """Combine the upper half of a register with the lower one, until one number is left."""

    def generate(context, builder, signature, arguments):
        (x,), lanes, integer = arguments, LANES, ir.IntType(32)
        while lanes > 1:
            lanes //= 2
            low, high = (
                ir.Constant(ir.VectorType(integer, lanes), [start + i for i in range(lanes)])
                for start in (0, lanes)
            )
            nothing = ir.Constant(x.type, ir.Undefined)
            parts = [builder.shuffle_vector(x, nothing, half) for half in (low, high)]
            x = combine(builder, *parts)
        return builder.extract_element(x, index(0))

    return generate
