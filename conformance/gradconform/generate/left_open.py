"""Generators for what PyTorch leaves open: the order of equal elements, the last of several writes, the sign of a zero.

Three elements are handed to the operator in an order that stands in the program, and results are told by their places
before that. So PyTorch itself shows what an engine might do instead, if the order is another.
"""

from __future__ import annotations

from inspect import cleandoc
from itertools import permutations, product

from gradconform.catalogue.behaviour import Generator, Recipe, Variant
from gradconform.generate.spoken import spoken
from gradoracle.parse import parse_program
from gradoracle.program import Program
from gradoracle.source import source


def _instead(given: str, other: str) -> Variant:
    def vary(program: Program) -> Program:
        return parse_program(source(program).replace(given, other))

    return vary


GIVEN = "[0, 1, 2]"
"""The order in the programs; it stands nowhere else in them."""

IN_ANY_ORDER = tuple(_instead(GIVEN, str(list(order))) for order in permutations(range(3)) if str(list(order)) != GIVEN)
"""The same program with each of the other orders."""

FIRST = "[True, True, True]"
"""Where the first operand of two stands first; it stands nowhere else in the programs."""

IN_EITHER_PLACE = tuple(_instead(FIRST, str(list(each))) for each in product((True, False), repeat=3) if not all(each))
"""The same program with the two operands exchanged at some places or all."""

ORDERED = cleandoc(f"""
    def found(x):
        values, indices = x[{GIVEN}].$function
        return values, torch.tensor({GIVEN})[indices]
    x = torch.tensor($values, requires_grad=True)
    values, indices = found(x)
    (values * $weight).sum().backward()
    observe(x, values, indices)
""")
"""Of functions that give values and their indices."""

WRITTEN = cleandoc(f"""
    def write(y, w):
        places = torch.tensor($places)[{GIVEN}]
        return y.$function
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=$leaf)
    w = torch.tensor([4.0, 5.0, 6.0], requires_grad=True)
    y = x * 2
    z = write(y, w[{GIVEN}])
    (z * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    observe(x, w, y, z)
""")
"""Of functions that write the elements of `w` into `y` at `places`."""


def ordered(*functions: str) -> Generator:
    """Programs about functions that give values of `x` and their indices."""
    return _once(
        spoken(
            ORDERED,
            values=("[2.0, 2.0, 1.0]", "[1.0, 1.0, 1.0]", "[0.0, 3.0, 3.0]", "[-1.0, 2.0, -1.0]", "[3.0, 1.0, 2.0]"),
            function=functions,
            weight=("torch.tensor([1.0, 10.0, 100.0])[:values.numel()]", "1", "2"),
        )
    )


def written(*functions: str) -> Generator:
    """Programs about functions that write the elements of `w` into `y` at `places`."""
    return _once(
        spoken(
            WRITTEN,
            places=("[0, 0, 1]", "[1, 1, 1]", "[2, 0, 2]", "[2, 1, 0]"),
            leaf=("True", "True", "False"),
            function=functions,
        )
    )


def of_zeros(*functions: str) -> Generator:
    """Programs about functions that take one of two zeros."""
    return _once(
        spoken(
            cleandoc(f"""
                def taken(a, b):
                    first = torch.tensor({FIRST})
                    return torch.$function(torch.where(first, a, b), torch.where(first, b, a))
                a = torch.tensor($values, requires_grad=True)
                b = torch.tensor($others, requires_grad=True)
                y = taken(a, b)
                print(y.signbit())
                (y * 2).sum().backward()
                observe(a, b, y)
            """),
            function=functions,
            values=("[0.0, -0.0, 0.0]", "[-0.0, -0.0, 1.0]", "[0.0, 2.0, -0.0]"),
            others=("[-0.0, 0.0, 0.0]", "[0.0, 0.0, 0.0]", "[-0.0, -0.0, 0.0]"),
        )
    )


def _once(generator: Generator) -> Generator:
    """One text a program: an engine that may choose may choose otherwise at each."""

    def generate(recipe: Recipe) -> Program:
        return generator(recipe[:1])

    return generate
