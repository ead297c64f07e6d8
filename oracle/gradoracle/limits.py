"""What a program may not exceed, and where its parts may stand: the same rules for text, JSON and generated trees."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gradoracle.program import (
    Assert,
    Assign,
    Attr,
    Augment,
    Call,
    Class,
    Define,
    Delete,
    Each,
    Evaluate,
    Expr,
    For,
    Format,
    FormatPart,
    Global,
    If,
    Item,
    Lambda,
    Lit,
    Observe,
    Op,
    Parameter,
    Path,
    Program,
    ProgramError,
    Raise,
    Ref,
    Return,
    Seq,
    Slice,
    Statement,
    Table,
    Try,
    With,
    Yield,
    children,
)
from gradoracle.trace import FACETS
from gradoracle.vocabulary import FUNCTION_BASES, check_augmented, check_expression, check_name

MAX_STATEMENTS = 1_000
MAX_EXPRESSION_DEPTH = 20
MAX_BLOCK_DEPTH = 10
MAX_TEXT = 100_000
MAX_ELEMENTS = 1_000_000
MAX_RANGE = 100_000
MAX_BITS = 4_096
"""Integers that constants of a program give (`10**10**10`) have at most so many bits."""


def check_program(program: Program) -> None:
    """Raise `ProgramError` for a program that breaks a rule: names, limits, or something where it cannot stand."""
    for _, message in problems(program):
        raise ProgramError(message)


def problems(program: Program) -> Iterator[tuple[Path, str]]:
    """The rules that a program breaks, at most one for each statement, with the path of the statement."""
    for count, (path, statement, in_function) in enumerate(_walk(program), 1):
        if count > MAX_STATEMENTS:
            yield path, f"a program has at most {MAX_STATEMENTS} statements"
            return
        try:
            if len(path) > MAX_BLOCK_DEPTH:
                raise ProgramError(f"blocks are nested at most {MAX_BLOCK_DEPTH} deep")
            _check_statement(statement, in_function)
        except ProgramError as error:
            yield path, str(error)


def _walk(program: Program) -> Iterator[tuple[Path, Statement, bool]]:
    stack: list[tuple[Path, Statement, bool]] = []
    stack.extend(((index,), statement, False) for index, statement in enumerate(program.statements))
    stack.reverse()
    while stack:
        path, statement, in_function = stack.pop()
        yield path, statement, in_function
        if len(path) <= MAX_BLOCK_DEPTH:
            inside = in_function or isinstance(statement, Define)
            nested = [((*path, index), child, inside) for index, child in enumerate(children(statement))]
            stack.extend(reversed(nested))


# Statements


def _check_statement(statement: Statement, in_function: bool) -> None:
    match statement:
        case Assign():
            _some(statement.targets, "an assignment", "target")
            for target in statement.targets:
                _check_target(target)
            _check(statement.value)
        case Augment():
            check_augmented(statement.symbol)
            if isinstance(statement.target, Seq):
                raise ProgramError("an augmented assignment has one target")
            _check_target(statement.target)
            _check(statement.value)
        case Evaluate(Lit(str())):
            raise ProgramError("a string alone is a comment, and programs keep no comments")
        case Evaluate() | Raise():
            _check(statement.value)
        case Assert():
            _check(statement.test)
        case Observe():
            _check_observe(statement)
        case Return() | Yield():
            if not in_function:
                raise ProgramError(f"`{type(statement).__name__.lower()}` stands in a function only")
            if statement.value is not None:
                _check(statement.value)
        case Delete():
            _some(statement.targets, "`del`", "target")
            for target in statement.targets:
                if isinstance(target, Seq):
                    raise ProgramError("`del` takes its targets one by one")
                _check_target(target)
        case _:
            _check_compound(statement)


def _check_compound(statement: Statement) -> None:
    match statement:
        case With():
            _some(statement.managers, "`with`", "context manager")
            for manager, name in statement.managers:
                if isinstance(manager, Seq) and manager.kind == "tuple":
                    raise ProgramError("`with` takes its context managers one by one")
                _check(manager)
                if name:
                    check_name(name)
            _some(statement.body, "`with`", "statement")
        case For():
            _check_names_only(statement.target)
            _check(statement.iterable)
            _some(statement.body, "`for`", "statement")
        case If():
            _check(statement.test)
            _some(statement.body, "`if`", "statement")
        case Try():
            _check_try(statement)
        case Define():
            check_name(statement.name)
            _check_parameters(statement.parameters)
            _some(statement.body, "`def`", "statement")
            for decorator in statement.decorators:
                _check(decorator)
        case Class():
            check_name(statement.name)
            if not (isinstance(statement.base, Global) and statement.base.path in FUNCTION_BASES):
                raise ProgramError("a class derives from torch.autograd.Function, and from nothing else")
        case _:
            pass


def _check_observe(statement: Observe) -> None:
    _some(statement.names, "`observe`", "name")
    for name in statement.names:
        check_name(name)
    for facet in statement.facets:
        if facet not in FACETS:
            raise ProgramError(f"there is no facet {facet!r}; there are {', '.join(FACETS)}")
    if len(set(statement.facets)) < len(statement.facets):
        raise ProgramError("`observe` names each facet once")


def _check_try(statement: Try) -> None:
    _some(statement.body, "`try`", "statement")
    if not statement.handlers and not statement.final:
        raise ProgramError("`try` has an `except` or a `finally`")
    for index, handler in enumerate(statement.handlers, 1):
        _some(handler.body, "`except`", "statement")
        if handler.error is not None:
            _check(handler.error)
        elif handler.name or index < len(statement.handlers):
            raise ProgramError("an `except` without a class binds no name and comes last")
        if handler.name:
            check_name(handler.name)


def _some(items: tuple[object, ...], where: str, what: str) -> None:
    if not items:
        raise ProgramError(f"{where} has at least one {what}")


def _check_parameters(parameters: tuple[Parameter, ...], depth: int = 1) -> None:
    # The order of Python: plain, with a default, *args, keyword only, **kwargs.
    rank = 0
    seen: set[str] = set()
    for parameter in parameters:
        check_name(parameter.name)
        if parameter.name in seen:
            raise ProgramError(f"parameter `{parameter.name}` is there twice")
        seen.add(parameter.name)
        here = _rank(parameter, rank)
        if here < rank or (here == rank and parameter.star):
            raise ProgramError(f"parameter `{parameter.name}` is out of order")
        rank = here
        if parameter.default is not None:
            _check(parameter.default, depth)


def _rank(parameter: Parameter, rank: int) -> int:
    if parameter.star not in ("", "*", "**"):
        raise ProgramError(f"a parameter is starred with * or **, not {parameter.star!r}")
    if parameter.star:
        if parameter.default is not None:
            raise ProgramError(f"parameter `{parameter.name}` takes no default")
        return {"*": 2, "**": 4}[parameter.star]
    if rank >= 2:
        return 3
    return 0 if parameter.default is None else 1


# Targets


def _check_target(target: Expr) -> None:
    match target:
        case Seq():
            check_expression(target)
            for item in target.items:
                _check_target(item)
        case Ref():
            check_name(target.name)
        case Attr() | Item():
            root: Expr = target
            while isinstance(root, Attr | Item):
                root = root.of
            if isinstance(root, Global):
                raise ProgramError(f"`{root.path}` belongs to everyone; nothing in it is set or deleted")
            _check(target)
        case _:
            raise ProgramError("a target is a name, an attribute, an item, or a tuple of these")


def _check_names_only(target: Expr) -> None:
    match target:
        case Seq():
            check_expression(target)
            for item in target.items:
                _check_names_only(item)
        case Ref():
            check_name(target.name)
        case _:
            raise ProgramError("a loop binds a name or a tuple of names")


# Expressions


def _check(expr: Expr, depth: int = 1) -> None:
    """Check an expression that stands for a value, and everything in it."""
    if depth > MAX_EXPRESSION_DEPTH:
        raise ProgramError(f"expressions are nested at most {MAX_EXPRESSION_DEPTH} deep; use a variable in between")
    check_expression(expr)
    deeper = depth + 1
    match expr:
        case Attr():
            _check(expr.of, deeper)
        case Call():
            _check_call(expr, deeper)
        case Item():
            _check(expr.of, deeper)
            _check_index(expr.index, deeper)
        case Seq():
            for item in expr.items:
                _check(item, deeper)
        case Table():
            for key, value in expr.items:
                _check(key, deeper)
                _check(value, deeper)
        case Op():
            for operand in expr.operands:
                _check(operand, deeper)
            _check_repetition(expr)
            fold(expr)
        case Lambda():
            _check_parameters(expr.parameters, deeper)
            _check(expr.body, deeper)
        case Each():
            _check_names_only(expr.target)
            _check(expr.iterable, deeper)
            _check(expr.element, deeper)
        case Format():
            for part in expr.parts:
                if isinstance(part, FormatPart):
                    _check(part.value, deeper)
                    _check_plain(part.value)
        case Slice():
            raise ProgramError("a slice stands in an index only")
        case _:
            pass


def _check_call(call: Call, depth: int) -> None:
    _check(call.function, depth)
    for argument in call.args:
        _check(argument, depth)
    for _, argument in call.kwargs:
        _check(argument, depth)
    check_size(call)


def _check_index(index: Expr, depth: int) -> None:
    if isinstance(index, Slice):
        if depth > MAX_EXPRESSION_DEPTH:
            raise ProgramError(f"expressions are nested at most {MAX_EXPRESSION_DEPTH} deep")
        for bound in (index.start, index.stop, index.step):
            if bound is not None:
                _check(bound, depth + 1)
    elif isinstance(index, Seq) and index.kind == "tuple":
        for item in index.items:
            if isinstance(item, Slice):
                _check_index(item, depth + 1)
            else:
                _check(item, depth + 1)
    else:
        _check(index, depth)


def _check_plain(expr: Expr) -> None:
    """Refuse what Python 3.11 cannot read back inside an f-string."""
    stack: list[object] = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, Format):
            raise ProgramError("an f-string in an f-string is not admitted; use a variable")
        if isinstance(node, Lit) and isinstance(node.value, str) and repr(node.value) != f"'{node.value}'":
            raise ProgramError("a string inside an f-string has no quotes and no backslashes; use a variable")
        if isinstance(node, tuple):
            stack.extend(node)
        elif hasattr(node, "__dataclass_fields__"):
            stack.extend(getattr(node, name) for name in node.__dataclass_fields__)


# Sizes


def fold(expr: Expr | None) -> int | float | None:
    """The number that an expression of literals gives, or None when it gives none.

    Raises `ProgramError` for an integer of more than `MAX_BITS` bits.
    """
    match expr:
        case Lit(bool()):
            return None
        case Lit(int() | float() as value):
            return value
        case Op("-", (operand,)):
            folded = fold(operand)
            return None if folded is None else -folded
        case Op(symbol, (left, right)):
            first, second = fold(left), fold(right)
            return None if first is None or second is None else _fold(symbol, first, second)
        case _:
            return None


def _fold(symbol: str, left: int | float, right: int | float) -> int | float | None:
    if isinstance(left, int) and isinstance(right, int) and _bits(symbol, left, right) > MAX_BITS:
        raise ProgramError(f"the number `{left} {symbol} {right}` is too large")
    try:
        match symbol:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right
            case "//":
                return left // right
            case "**":
                power = left**right
                return power if isinstance(power, int | float) else None
            case "<<":
                return left << right if isinstance(left, int) and isinstance(right, int) else None
            case _:
                return None
    except (ArithmeticError, ValueError):
        return None


def _bits(symbol: str, left: int, right: int) -> int:
    if symbol == "**":
        return left.bit_length() * max(right, 0)
    if symbol == "<<":
        return left.bit_length() + max(right, 0)
    return max(left.bit_length(), right.bit_length())


def _check_repetition(op: Op) -> None:
    """Refuse `[0] * 10**9` and the like."""
    if op.symbol != "*" or len(op.operands) != 2:
        return
    for many, count in (op.operands, op.operands[::-1]):
        length = 0
        if isinstance(many, Seq):
            length = len(many.items)
        elif isinstance(many, Lit) and isinstance(many.value, str):
            length = len(many.value)
        times = fold(count)
        if times is not None and length * times > MAX_RANGE:
            raise ProgramError(f"a repeated sequence has at most {MAX_RANGE:,} items")


# Functions whose positional integers, or one tuple of them, or `size`, are a shape; the number says how many
# arguments come before it.
_SHAPE_AT = {
    "zeros": 0, "ones": 0, "empty": 0, "rand": 0, "randn": 0, "full": 0, "empty_strided": 0, "empty_permuted": 0,
    "new_zeros": 0, "new_ones": 0, "new_empty": 0, "new_full": 0, "new_empty_strided": 0, "eye": 0, "tril_indices": 0,
    "triu_indices": 0, "sparse_coo_tensor": 2,
}  # fmt: skip
# Methods that grow a tensor; as functions of torch they take the tensor first.
_GROWING = frozenset({
    "expand", "repeat", "tile", "resize_", "broadcast_to", "as_strided", "as_strided_", "expand_copy",
    "repeat_interleave",
})  # fmt: skip
# A single tuple after which other integers follow that belong to no shape.
_TUPLE_ONLY = frozenset({
    "full", "empty_strided", "empty_permuted", "new_full", "new_empty_strided", "broadcast_to", "as_strided",
    "as_strided_", "sparse_coo_tensor", "tile", "tril_indices", "triu_indices",
})  # fmt: skip
# Functions of which no integer argument may exceed the limit.
_COUNTS = frozenset({
    "randperm", "hann_window", "hamming_window", "kaiser_window", "bartlett_window", "blackman_window", "one_hot",
    "pad", "constant_pad_nd", "interpolate", "vander", "histc", "nonzero_static", "tril_indices", "triu_indices",
    "Tensor", "FloatTensor", "DoubleTensor", "IntTensor", "LongTensor", "BoolTensor", "HalfTensor", "ShortTensor",
    "ByteTensor", "CharTensor", "BFloat16Tensor", "repeat_interleave",
})  # fmt: skip
_STEPPED = frozenset({"arange", "range"})
_SPACED = frozenset({"linspace", "logspace"})
_LEGACY = frozenset(name for name in _COUNTS if name.endswith("Tensor"))
_SIZE_KEYWORDS = frozenset({"size", "sizes", "shape", "repeats", "dims", "output_size"})


def check_size(call: Call) -> None:
    """Raise `ProgramError` for a call whose literal arguments ask for more than `MAX_ELEMENTS` elements.

    What is not literal counts as 1; ranges of the language hold at most `MAX_RANGE` numbers.
    """
    match call.function:
        case Global("range"):
            if (_stepped(call) or 0) > MAX_RANGE:
                raise ProgramError(f"a range holds at most {MAX_RANGE:,} numbers")
            return
        case Global(path) if path.startswith("torch."):
            name, free = path.rpartition(".")[2], True
        case Attr(_, method):
            name, free = method, False
        case _:
            return
    if _elements(name, call, free) > MAX_ELEMENTS:
        raise ProgramError(f"`{name}` here makes more than {MAX_ELEMENTS:,} elements, which is the limit")


def _elements(name: str, call: Call, free: bool) -> float:
    most = 0.0
    if name in _COUNTS:
        most = max(map(_largest, (*call.args, *(value for _, value in call.kwargs))), default=0.0)
    if name in _STEPPED and free:
        most = max(most, _stepped(call) or 0)
    elif name in _SPACED and free:
        most = max(most, _number(call.args[2] if len(call.args) > 2 else dict(call.kwargs).get("steps")))
    elif name == "randint" and free:
        most = max(most, *map(_product, (item for item in call.args if isinstance(item, Seq))), 0.0)
    elif name in _SHAPE_AT:
        most = max(most, _shape(name, call.args[_SHAPE_AT[name] :]))
    elif name in _GROWING:
        most = max(most, _shape(name, call.args[1:] if free else call.args))
    elif name in _LEGACY:
        most = max(most, _product(Seq("tuple", tuple(item for item in call.args if not isinstance(item, Seq)))))
    else:
        return most
    sizes = (value for key, value in call.kwargs if key in _SIZE_KEYWORDS)
    return max(most, *map(_product, sizes), 0.0)


def _shape(name: str, args: tuple[Expr, ...]) -> float:
    if args and isinstance(args[0], Seq):
        return _product(args[0])
    if name in _TUPLE_ONLY and name not in ("tile", "tril_indices", "triu_indices"):
        return _product(args[0]) if args else 0.0
    if name == "eye":
        # One size makes a square.
        return _product(Seq("tuple", (args * 2)[:2]))
    return _product(Seq("tuple", args[:2] if name in ("tril_indices", "triu_indices") else args))


def _number(expr: Expr | None) -> float:
    value = fold(expr)
    return 1.0 if value is None else float(min(value, 2**64))


def _product(expr: Expr) -> float:
    items = expr.items if isinstance(expr, Seq) else (expr,)
    # Sizes of -1 and 0 and unknown ones say nothing about the others.
    return math.prod(max(_number(item), 1.0) for item in items)


def _largest(expr: Expr) -> float:
    if isinstance(expr, Seq):
        return max((_largest(item) for item in expr.items), default=0.0) if not _is_data(expr) else 0.0
    value = fold(expr)
    return float(min(value, 2**64)) if isinstance(value, int) else 0.0


def _is_data(expr: Seq) -> bool:
    return expr.kind == "list" or any(isinstance(item, Seq) for item in expr.items)


def _stepped(call: Call) -> float | None:
    """How many numbers `range(start, end, step)` gives, where that can be told."""
    keywords = dict(call.kwargs)
    args = [*call.args[:3]]
    start, end, step = [None, *args, None] if len(args) == 1 else (args + [None] * 3)[:3]
    first = 0 if start is None and "start" not in keywords else fold(start or keywords.get("start"))
    last = fold(end if end is not None else keywords.get("end"))
    stride = 1 if step is None and "step" not in keywords else fold(step or keywords.get("step"))
    if first is None or last is None or not stride:
        return None
    return max(min((last - first) / stride, 2.0**64), 0.0)
