"""Modes and classes of tensors that are asked in the place of every operator, below autograd.

A mode is entered (`torch.utils._python_dispatch`), a class defines `__torch_dispatch__` and has instances that live.
When they are asked autograd has done its part, or will do it with what they return: nothing that they call is recorded,
no view is tracked and no version counted. The operators of backward are seen too. Where there is neither nothing of
this is reached: they switch the longer road on (`levels.active`).
Behaviour: https://docs.pytorch.org/docs/2.13/notes/extending.html, details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import creation, lazy
from refgrad import dispatch_texts as texts
from refgrad.backward import engine
from refgrad.device import STRIDED, Device
from refgrad.inplace import CopySlices
from refgrad.levels import is_asked, levels
from refgrad.memory import MemoryFormat
from refgrad.modes import is_grad_enabled, modes
from refgrad.operators.aten_arguments import given_to_row, told
from refgrad.operators.names import ROWS
from refgrad.tensor import Tensor

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator

SIZED = frozenset("empty ones rand randn zeros new_zeros new_ones new_empty".split())
"""Factories that take the size, as several numbers or as one sequence; those who are asked are told a list."""

FACTORY_OVERLOADS = {"empty": "memory_format", "normal": "float_float"}
"""Factories whose overload is always the same, but is not called `default`."""

COMPARED = frozenset("eq ne lt le gt ge bitwise_and bitwise_or bitwise_xor".split())
OTHER_NAMES = {
    ("transpose", ""): "transpose.int", ("_index_put_impl", ""): "index_put.default",
    ("view", "whole"): "alias.default",
    ("_to_copy", "whole"): "_to_copy.default", ("_to_copy", "format"): "_to_copy.default",
    ("_to_copy", "options"): "_to_copy.default",
}  # fmt: skip
"""Rows that PyTorch's Python functions reach under another name."""

IN_PLACE = {"floor_divide": "Tensor", "ldexp": "default"}
"""How PyTorch calls the overload in place, where it is another."""

SEVERAL = frozenset(
    "max_pool2d_with_indices max_pool3d_with_indices adaptive_max_pool2d adaptive_max_pool3d _unique2 unique_dim"
    " unique_consecutive native_batch_norm native_layer_norm multilabel_margin_loss_forward"
    " _scaled_dot_product_flash_attention_for_cpu_backward".split()
)
"""Rows with several results that have no names."""

WITHOUT_OPTIONS = frozenset(
    "GatherBackward0 MaxBackward0 MinBackward0 SortBackward0 TopkBackward0 KthvalueBackward0 MedianBackward1"
    " ModeBackward0 AsStridedBackward0 AsStridedBackward1 FftR2CBackward0".split()
)
"""Nodes that make new tensors without saying of which type."""
OF_SHAPE = frozenset(
    "SplitBackward0 SplitWithSizesBackward0 UnbindBackward0 TraceBackward0 ProdBackward0 ProdBackward1"
    " IndexPutBackward0 IndexPutImplBackward0 SliceScatterBackward0 SelectScatterBackward0 DiagonalScatterBackward0"
    " CummaxBackward0 CumminBackward0".split()
)
"""Nodes that make zeros and ones like none."""

OUT_OVERLOADS = {"sum": "IntList_out", "prod": "int_out", "where": "self_out"}
"""How PyTorch calls the `out=` form of overloads where it is not `out`."""

FACTORIES: dict[str, Callable[..., Any]] = {
    "zeros": creation.zeros, "ones": creation.ones, "zeros_like": creation.zeros_like,
}  # fmt: skip
"""What makes tensors where a formula is told to have called another factory than it did here."""

PASSING = (
    "refgrad.operators.dispatching", "refgrad.operators.factories", "refgrad.operators.out_forms",
    "refgrad.signatures.refusing", "refgrad.overrides", "refgrad.ops",
)  # fmt: skip
"""Modules that stand between a factory and who calls it."""


def overload_of(row: Operator, tensors: tuple[Any, ...], suffix: str = "") -> Any:
    name, overload = row.name, row.overload or "default"
    if name in COMPARED:
        overload = "Tensor" if isinstance(tensors[1], Tensor) and not tensors[1]._is_number() else "Scalar"
    elif name == "bernoulli" and suffix:
        overload = "float"
    elif (row.name, row.overload) in OTHER_NAMES:
        name, overload = OTHER_NAMES[row.name, row.overload].split(".")
    if suffix:
        overload = IN_PLACE.get(name, overload.removeprefix("Tensor_") if name == "pow" else overload)
    return named(name.removesuffix(suffix) + suffix, overload)


def named(name: str, overload: str = "default") -> Any:
    from refgrad import ops

    return ops.aten.packet(name).overload(overload)


# ---- who is asked -------------------------------------------------------------------------------------------------


def asked_for(values: Iterable[Any]) -> list[Any]:
    """One instance of every class to be asked: subclasses first, else from left to right."""
    found: list[Any] = []
    for each in flat(values):
        if is_asked(each) and all(type(each) is not type(known) for known in found):
            place = next((i for i, known in enumerate(found) if isinstance(each, type(known))), len(found))
            found.insert(place, each)
    return found


def flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if type(value) in (list, tuple):
            yield from value
        else:
            yield value


def is_anybody_asked(values: Iterable[Any]) -> bool:
    """Whether there is a mode, or a tensor with such a class among the values."""
    return bool(levels.dispatch) or (bool(levels.living) and any(is_asked(each) for each in flat(values)))


class Below:
    """A block below autograd: grad mode stays what it says, but nothing is recorded."""

    def __enter__(self) -> None:
        self.before = levels.dispatch, levels.forward, modes.grad, modes.grad_in_inference, modes.below
        enabled = is_grad_enabled()
        modes.below, modes.grad_in_inference = True, enabled
        levels.forward = modes.grad = False
        levels.active = True

    def __exit__(self, *_: object) -> None:
        levels.dispatch, levels.forward, modes.grad, modes.grad_in_inference, modes.below = self.before
        levels.update()


class Above:
    """A block inside of `__torch_dispatch__` in which operators are recorded again."""

    def __enter__(self) -> None:
        self.before = levels.forward, modes.grad, modes.below
        levels.forward = True
        if modes.below and not modes.inference:
            modes.grad = modes.grad_in_inference
        modes.below = False
        levels.update()

    def __exit__(self, *_: object) -> None:
        levels.forward, modes.grad, modes.below = self.before
        levels.update()


def ask(overload: Any, args: tuple[Any, ...], kwargs: dict[str, Any], run: Callable[..., Any]) -> Any:
    """What the innermost mode, or else a class, makes of an operator; `run` is the operator for those further out.

    Raises TypeError if all of them decline.
    """
    found = asked_for((*args, *kwargs.values()))
    types = tuple(type(each) for each in found)
    overload.running.append(run)
    result: Any = NotImplemented
    asked: list[Any] = []
    try:
        with Below():
            if levels.dispatch:
                mode = levels.dispatch[-1]
                asked = [mode]
                outside, levels.dispatch = levels.dispatch, levels.dispatch[:-1]
                result = mode.__torch_dispatch__(overload, types, args, kwargs)
                levels.dispatch = outside
            for each in found if result is NotImplemented else ():
                result = type(each).__torch_dispatch__(overload, types, args, kwargs)
                if result is not NotImplemented:
                    break
    finally:
        overload.running.pop()
    if result is NotImplemented:
        raise TypeError(texts.all_declined(f"torch._ops.{overload}", asked, types))
    return result


def pass_on(overload: Any, args: tuple[Any, ...], kwargs: dict[str, Any], last: Callable[..., Any]) -> Any:
    """Ask one after the other; `last` is what the operator does when all have let it pass."""
    if not is_anybody_asked((*args, *kwargs.values())):
        return last(*args, **kwargs)

    def run(*args: Any, **kwargs: Any) -> Any:
        return pass_on(overload, args, kwargs, last)

    return ask(overload, args, kwargs, run)


# ---- what they return ---------------------------------------------------------------------------------------------


def one_tensor(made: Any) -> Any:
    """Raises RuntimeError for anything but a tensor or None."""
    if made is not None and not isinstance(made, Tensor):
        raise RuntimeError(texts.no_tensor_returned(made))
    return made


def several_tensors(made: Any) -> list[Any]:
    """The results of an operator that has a certain number of them."""
    if not hasattr(type(made), "__getitem__") or isinstance(made, Tensor):
        raise RuntimeError(texts.no_sequence_returned(type(made).__name__))
    return [one_tensor(each) for each in made]


def list_of_tensors(made: Any) -> list[Any]:
    """The results of an operator that has as many as it likes."""
    if not isinstance(made, (list, tuple)) or not all(isinstance(each, Tensor) for each in made):
        raise RuntimeError(texts.no_list_returned(type(made)))
    return list(made)


def own(made: Any, tensors: Sequence[Any]) -> Any:
    """A result that nobody else's history hangs on."""
    if made is None or (made._node is None and all(made is not each for each in tensors)):
        return made
    return detached_below(made)


# ---- operators ----------------------------------------------------------------------------------------------------


def dispatched(row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...]) -> Any:
    """The bare result of an operator, as those who are asked give it; several in a list."""
    operands: tuple[Any, ...] = (list(tensors),) if row.list_input else tensors
    before = (*operands, *attributes)

    def run(*args: Any, **kwargs: Any) -> Any:
        return call(row, *given_to_row(row, args, kwargs, before))

    made = ask(overload_of(row, tensors), *told(row, tensors, attributes), run)
    if row.view is View.MULTI:
        return [own(each, tensors) for each in list_of_tensors(made)]
    if row.result_names or row.several_results or row.name in SEVERAL:
        return [own(each, tensors) for each in several_tensors(made)]
    return own(one_tensor(made), tensors)


def dispatched_in_place(
    row: Operator, tensors: tuple[Any, ...], attributes: tuple[Any, ...], write: Callable[..., Any]
) -> None:
    """The same for an operator that writes its first operand; `write(tensors, attributes)` does so."""
    before = (*tensors, *attributes)

    def last(*args: Any, **kwargs: Any) -> Any:
        given = given_to_row(row, args, kwargs, before)
        write(*given)
        return given[0][0]

    one_tensor(pass_on(overload_of(row, tensors, "_"), *told(row, tensors, attributes), last))


def written_by_asking(name: str, out: Any, args: Any, kwargs: dict[str, Any], write: Callable[..., Any]) -> Any:
    """`out`, with what those who are asked write into it; `write(*args, out=..., **kwargs)` does so."""
    number = len(args) > 1 and not isinstance(args[1], Tensor)
    by_kind = "Scalar_out" if number else "Tensor_out"
    overload = by_kind if name in COMPARED else f"Tensor_{by_kind}" if name == "pow" else OUT_OVERLOADS.get(name, "out")
    before = out._version if isinstance(out, Tensor) else -1
    pass_on(named(name, overload), tuple(args), {**kwargs, "out": out}, write)
    if isinstance(out, Tensor) and out._version == before and not modes.below:
        out.bump_version()
    return out


def turned_by_asking(
    row: Operator, tensor: Any, attributes: tuple[Any, ...], turn: Callable[[Any, tuple[Any, ...]], Any]
) -> None:
    """The same for one that gives its operand another shape over the same memory, which `turn` does."""

    def last(*args: Any, **kwargs: Any) -> Any:
        (given,), rest = given_to_row(row, args, kwargs, (tensor, *attributes))
        return turn(given, rest)

    one_tensor(pass_on(overload_of(row, (tensor,)), *told(row, (tensor,), attributes), last))


def made_by_asking(
    factory: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], by_user: bool | None = None
) -> Any:
    """A new tensor, as those who are asked give it; `by_user`: whether PyTorch calls it from Python."""
    name = factory.__name__
    source, args = (args[:1], args[1:]) if args and isinstance(args[0], Tensor) else ((), args)
    if name in SIZED:
        args = (list(args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args),)
    args = (*source, *(list(each) if isinstance(each, (tuple, list)) else each for each in args))
    wanted = bool(kwargs.pop("requires_grad", False))

    def last(*args: Any, pin_memory: bool = False, layout: Any = STRIDED, **kwargs: Any) -> Any:
        return factory(*args, **kwargs)

    overload = named(name, factory_overload(name, args))
    if source and not (by_user or called_from_python()):
        overload, args, kwargs = told_by_formula(overload, args, kwargs)
        factory = FACTORIES.get(overload.overloadpacket._name, factory)
    else:
        kwargs = options_told(source, kwargs)
    made = one_tensor(pass_on(overload, args, kwargs, last))
    return made.requires_grad_() if wanted else made


def made_for_formula(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A new tensor that one of PyTorch's formulas makes, as those who are asked give it."""
    factory = getattr(creation, name)

    def last(*args: Any, layout: Any = STRIDED, **kwargs: Any) -> Any:
        return factory(*args, **kwargs)

    return one_tensor(pass_on(named(name, factory_overload(name, args)), args, options, last))


def options_of(kind: Any) -> dict[str, Any]:
    """What a formula says that gives a factory the options of a tensor of type `kind`."""
    return {"dtype": kind, "layout": STRIDED, "device": Device("cpu")}


def factory_overload(name: str, args: tuple[Any, ...]) -> str:
    if name in FACTORY_OVERLOADS:
        return FACTORY_OVERLOADS[name]
    if name == "arange":
        return ("default", "default", "start", "start_step")[len(args)]
    return "low" if name == "randint" and len(args) == 3 else "default"


def told_by_formula(
    overload: Any, args: tuple[Any, ...], given: dict[str, Any]
) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """A factory as PyTorch's formulas call it, which some do in their own way."""
    name = overload.overloadpacket._name
    source = args[0]
    options = options_of(source.dtype)
    running = None if engine.task is None else engine.task.node
    node = type(getattr(running, "inner", running)).__name__
    if name == "new_empty_strided" and type(running) is CopySlices:
        return overload, args, given
    if name in ("new_zeros", "new_ones") and node in OF_SHAPE:
        return named(name.removeprefix("new_")), args[1:], options
    if name == "new_zeros" and node == "CopyBackwards":
        return named("zeros_like"), args[:1], {"memory_format": MemoryFormat("contiguous")}
    if name.endswith("_like") or node in WITHOUT_OPTIONS:
        return overload, args, given
    return overload, args, given if "layout" in given else {**options, **given}


def options_told(source: tuple[Any, ...], given: dict[str, Any]) -> dict[str, Any]:
    """The options of a factory as PyTorch's bindings fill them in."""
    given = {name: value for name, value in given.items() if value is not None}
    found = {"dtype": given.pop("dtype")} if "dtype" in given else {}
    if not source:
        found["device"] = Device("cpu")
    return found | {"pin_memory": False} | {name: given[name] for name in given if name not in found}


def called_from_python() -> bool:
    """Whether it is a user who calls a factory, and not one of the formulas."""
    frame: Any = sys._getframe(2)
    while frame.f_globals.get("__name__") in PASSING:
        frame = frame.f_back
    return not str(frame.f_globals.get("__name__")).startswith("refgrad.")


def lifted_fresh(make: Callable[..., Tensor], data: Any, dtype: Any, requires_grad: bool) -> Any:
    """A tensor of Python's numbers, of an array or of a tensor, as modes give it."""
    if isinstance(data, Tensor):
        made = copied_below(data.detach(), dtype)
    else:
        modes_entered, levels.dispatch = levels.dispatch, ()
        try:
            made = make(data, dtype=None if isinstance(data, np.ndarray) else dtype)
        finally:
            levels.dispatch = modes_entered
        made = lifted(made)
        if isinstance(data, np.ndarray) and (make is creation.tensor or dtype not in (None, made.dtype)):
            made = copied_below(made, dtype)
    return made.requires_grad_() if requires_grad else made


def copied_below(tensor: Any, kind: Any) -> Any:
    return ROWS["_to_copy", "options"](tensor, kind or tensor.dtype, None, Device("cpu"))


def lifted(made: Tensor) -> Any:
    """The same of one that is made already."""
    return one_tensor(pass_on(named("lift_fresh"), (made,), {}, lambda each: each))


# ---- reading ------------------------------------------------------------------------------------------------------


def number_in(tensor: Tensor) -> Any:
    """The only element of a tensor, as those who are asked tell it."""
    return pass_on(named("_local_scalar_dense"), (tensor,), {}, lambda each: each._array.item())


def truth_of(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], last: Callable[..., Any]) -> bool:
    """What those who are asked say of a question to tensors. Raises RuntimeError if it is no truth value."""
    made = pass_on(named(name), args, kwargs, last)
    if made is not None and not isinstance(made, (bool, int, float)):
        raise RuntimeError(texts.no_list_returned(type(made)))
    return bool(made)


# ---- aliases ------------------------------------------------------------------------------------------------------


def detached_by_asking(tensor: Tensor, shared: bool = True) -> Any:
    """`tensor` without its history, as those who are asked give it; `shared`: on the same version counter."""
    made = one_tensor(pass_on(named("detach"), (tensor,), {}, Tensor.detach))
    if made is None or modes.below:
        return made
    made = bare_alias(made) if made is tensor else made
    made._versions = tensor.shared_versions() if shared else None
    return made


def detached_below(tensor: Any) -> Any:
    """A tensor of the same class that has no history; autograd makes it for itself."""
    if not is_asked(tensor):
        return tensor.alias()
    with Below():
        levels.dispatch = ()
        return detached_by_asking(tensor)


def primal_by_asking(tensor: Tensor) -> Any:
    """`tensor` without its tangent, as those who are asked give it."""
    with Below():
        made = one_tensor(pass_on(named("alias"), (tensor,), {}, bare_alias))
    return bare_alias(tensor) if made is tensor or made is None else made


def is_laid_out_alike(tensor: Tensor, tangent: Tensor) -> bool:
    """What those who are asked say of a tensor and its tangent."""
    for name, last in (("is_same_size", same_shape), ("_has_same_storage_numel", same_size)):
        if not truth_of(name, (tensor, tangent), {}, last):
            return False
    return True


def same_shape(one: Tensor, other: Tensor) -> bool:
    return bool(one._array.shape == other._array.shape)


def same_size(one: Tensor, other: Tensor) -> bool:
    return bool(one._array.size == other._array.size)


def bare_alias(tensor: Tensor) -> Any:
    made = Tensor._of(tensor._array)
    if lazy.living:
        lazy.follow(made, tensor)
    return made


from refgrad.operators.call import call  # noqa: E402  # it needs the functions above
from refgrad.operators.declare import View  # noqa: E402
