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


@intrinsic
def fill(typing, x, i):
    register = Register(x.dtype)

    def generate(context, builder, signature, arguments):
        nothing = ir.Constant(context.get_value_type(register), ir.Undefined)
        number = builder.load(place(context, builder, x, *arguments))
        first = builder.insert_element(nothing, number, ir.Constant(ir.IntType(32), 0))
        places = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(first, nothing, places)

    return register(x, types.intp), generate


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
def lane(typing, register, i):
    def generate(context, builder, signature, arguments):
        return builder.extract_element(*arguments)

    return register.number(register, types.intp), generate
