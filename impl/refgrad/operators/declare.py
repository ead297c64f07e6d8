"""How an operator is declared: one row, from which everything else about it follows.

A row is one call of `operator(...)`::

    MUL = operator(
        "mul.Tensor(Tensor self, Tensor other)",
        np.multiply,
        node="MulBackward0",
        gradients={
            "self": lambda grad, other: grad * other.conj(),
            "other": lambda grad, self: grad * self.conj(),
        },
        inplace=True,
    )

It makes `torch.mul`, `Tensor.mul` and `Tensor.mul_`, and the class `MulBackward0` of their graph nodes. What each part
means:

**signature**: `name.overload(Type parameter[=default], ...)`, in the grammar of PyTorch's `native_functions.yaml`.
All tensors come first. Types: `Tensor` (a Python number is accepted where `numbers` allows it), `Tensor?`, `Tensor[]`
(first and only tensor parameter), `Tensor?[]` (indices: after the tensors, saved like tensors, never differentiated),
and
for the attributes anything else (`Number`, `int`, `int[]`, `bool`, `dtype?`,
...), which documents and is not checked. `*` makes what follows keyword-only in the public function. Several
results can be named: `sort(Tensor self, ...) -> (values, indices)`. The row itself is
called positionally, in the order of the signature: `SUM_DIM(x, (0,), True, None)`.

**forward**: a function of arrays: first the tensors' arrays (`None` for an absent `Tensor?`, a tuple of arrays for
`Tensor[]`), then the attributes, in the order of the signature, positionally. It returns an array or a NumPy scalar,
or a tuple of arrays. It raises PyTorch's errors itself; their wording stands in the `*_texts.py` of this folder. It
must not change its inputs and, unless `view` says so, not return an array that shares memory with them.

**dtype**: what happens to the arrays before `forward`. `PROMOTE` (default): all are brought to their common type.
`FLOAT`: the same, and integers become the default floating type. `KEEP`: left alone.

**node**: the class name of the graph node, as `grad_fn.name()` prints it. `None`: the result never requires grad.

**gradients**: for each differentiable input a function written in *tensor operations* (so double backward is the same
text), from the gradient of the result to the gradient of that input. What it needs it asks for by the names of its
parameters, and exactly that is saved when the operator runs:

- first parameter, `grad`: gradient of the (first) result, always defined. For operators with several results `grads`: a
  tuple with `None` for undefined ones (the function is called when at least one is defined).
- the name of a `Tensor` input: that input. As in PyTorch, when the operator has two or more differentiable inputs and
  only one formula names the tensor, it is saved only if the input of that formula requires grad. What is called
  backward saves in any case.
- `result` (`result0`, `result1`, ... or its name, of several): the operator's own output.
- `x_sym_sizes`, `x_sym_strides`, `x_scalar_type`, `x_dim`, `x_sym_numel` for a tensor input x: facts that keep no
  tensor alive and can never be freed. For `Tensor[]` a tuple of them. `x_options` is its dtype too.
- the name of an attribute: its value, as the caller passed it.
- `needed`: a tuple of bool, which of the differentiable inputs want a gradient.

These names are also the node's `_saved_...` attributes, so take them from `derivatives.yaml`. Returning `None` means
"no gradient" (undefined). The gradient of a broadcast input is not summed by the formula: the engine does it,
and casts it to the input's dtype, as PyTorch's does. A key `"self, other"` is one formula for several inputs and
returns
a tuple. For `Tensor[]` the formula returns a sequence. An input without a formula (an index, a mask) is no edge of
the node.
For an input that PyTorch declares not differentiable at run time use `not_implemented("name of operator")`.

**inplace**: whether the method with a trailing underscore exists. All of it follows from the row. `inplace_node` if the
in-place node has another name.

**history**: how many of the results have a history, if not all of floating type: the others are constants.

**refuses**: tensors that may not require grad.

**view**: `VIEW`: the array returned shares memory with that of the first tensor; `MULTI`: it returns several such;
default `None`.

**public**: `True`: `torch.name` and `Tensor.name`; `METHOD` or `FUNCTION`: only that; `False`: the row is internal,
and a hand-written function chooses among overloads (see `@function`). **aliases**: further public names.

**kernels**: for the operators that programs spend their time in: a function for this row alone is generated, and
formulas on arrays may be given that backward runs where nothing is recorded. See `operators/short.py`. **writes**: the
forward once more, with the array to write the result into as its last argument, for the in-place form and for large
results; a ufunc of NumPy need not say so.

A public name with several overloads is a Python function with PyTorch's signature::

    @function("sum")
    def sum(self, dim=None, keepdim=False, *, dtype=None):
        return SUM(self, dtype) if dim is None else SUM_DIM(self, dim, keepdim, dtype)

`@function(name, public=METHOD, aliases=...)` publishes it as function and method. Composite operators (PyTorch's
CompositeImplicitAutograd: no node of their own) are such functions too, written in tensor operations.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple, TypeVar

import numpy as np

from refgrad.node import HIDDEN, Node, NotImplementedNode, OperatorNode
from refgrad.node_attributes import read_only
from refgrad.operators.below import KERNELS
from refgrad.operators.complex_refused import refusing
from refgrad.operators.names import ROWS, publish
from refgrad.operators.number_bounds import bounded, bounds_of
from refgrad.shapes import own_dim
from refgrad.silence import silent


class Rule(Enum):
    """What happens to the operands' arrays before `forward`."""

    PROMOTE = 1
    FLOAT = 2
    KEEP = 3


class View(Enum):
    """How results share memory with the first input."""

    VIEW = 1
    MULTI = 2


class Public(Enum):
    """Where a public name goes."""

    BOTH = 1
    METHOD = 2
    FUNCTION = 3


class Save(Enum):
    """The kinds of things a node keeps for its formulas."""

    TENSOR = 1
    TENSORS = 2
    OUTPUT = 3
    FACT = 4
    ATTRIBUTE = 5
    INDICES = 6


PROMOTE: Rule = Rule.PROMOTE
FLOAT: Rule = Rule.FLOAT
KEEP: Rule = Rule.KEEP
VIEW: View = View.VIEW
MULTI: View = View.MULTI
METHOD, FUNCTION = Public.METHOD, Public.FUNCTION

Gradient = Callable[..., Any]
F = TypeVar("F", bound=Callable[..., Any])


def size_at(dim: int) -> Callable[[Any], Any]:
    def size(tensor: Any) -> Any:
        try:
            return tensor._array.shape[dim]
        except IndexError:
            return own_dim(dim, tensor._array.ndim)  # which says it in PyTorch's words

    return size


FACTS: dict[str, Callable[[Any], Any]] = {
    "_sym_sizes": lambda tensor: tuple(tensor._array.shape),
    "_sym_strides": lambda tensor: tensor.stride(),
    "_sym_numel": lambda tensor: tensor._array.size,
    "_scalar_type": lambda tensor: tensor.dtype,
    "_options": lambda tensor: tensor.dtype,
    "_geometry": lambda tensor: (tuple(tensor._array.shape), tensor.stride(), tensor.storage_offset()),
    "_dim": lambda tensor: tensor._array.ndim,
    "_sym_argsize_0": size_at(0),
    "_sym_argsize_1": size_at(1),
    "_sym_argsize_2": size_at(2),
    "_sym_argsize_minus_1": size_at(-1),
    "_sym_argsize_minus_2": size_at(-2),
}


class SavedSlot:
    """One thing that a node keeps: under which name, where it comes from, and on which input it depends."""

    __slots__ = ("fact", "index", "is_list", "is_tensor", "kind", "name", "only_if", "whole")

    def __init__(
        self,
        name: str,
        kind: Save,
        index: int,
        only_if: int | None,
        fact: Callable[[Any], Any] | None,
        *,
        whole: bool = False,
    ) -> None:
        self.name = name
        self.kind = kind
        self.index = index
        """Position among the tensors, the attributes or the outputs, by kind."""
        self.only_if = only_if
        """Saved only if the edge of this number needs a gradient; `None`: always."""
        self.fact = fact
        self.whole = whole
        """An integer or several: shown without a sign, as PyTorch shows what it stores in 64 bits."""
        self.is_list = kind in (Save.TENSORS, Save.INDICES)
        self.is_tensor = self.is_list or kind in (Save.TENSOR, Save.OUTPUT)


class Formula:
    """A gradient function, the edges it fills and the saved slots it is called with (-1: `needed`)."""

    __slots__ = ("arguments", "edges", "function", "several")

    def __init__(self, function: Gradient, edges: tuple[int, ...], arguments: tuple[int, ...], several: bool) -> None:
        self.function = function
        self.edges = edges
        self.arguments = arguments
        self.several = several


class Batched:
    """A kernel that is another one for a batch of gradients, which has a first dimension more; `None`: there is none.

    A kernel that is not inside of this does for a batch too if its operator is elementwise, and else does not.
    """

    __slots__ = ("batched", "kernel")

    def __init__(self, kernel: Callable[..., Any], batched: Callable[..., Any] | None = None) -> None:
        self.kernel = kernel
        self.batched = batched


class Viewing(Batched):
    """A kernel that gives the gradient's own memory under another shape: the result is a view of the gradient."""

    __slots__ = ()


class Reshaping(Viewing):
    """One that gives what NumPy's `reshape` does, if the gradient lies in memory in the order of its indices."""

    __slots__ = ()


class Kernel(NamedTuple):
    """A kernel, and that for a batch, with what it is called with after the gradient: slots of what was saved."""

    function: Callable[..., Any]
    batched: Callable[..., Any] | None
    slot: int
    """That of a tensor, which comes first; -1: none."""
    facts: tuple[int, ...]
    viewing: bool
    reshaping: bool


def passed_on(grad: Any) -> Any:
    """The kernel of an input that is given the gradient itself."""
    return grad


class Operator:
    """A declared operator; calling it records the call. See the top of this file."""

    __slots__ = (
        "attribute_kinds", "attribute_names", "bounds", "defaults", "differentiable", "formulas", "forward", "history",
        "index_lists", "inplace_class",
        "kernel", "kernels", "keyword_only", "list_input", "made_of", "name", "node_class", "overload", "plain_forward",
        "refuses", "result_names", "rule", "saved", "saves_outputs", "saves_tensors", "several_results", "short",
        "short_inplace", "slot_of", "tensor_names", "view", "writes",
    )  # fmt: skip

    def __init__(
        self,
        signature: str,
        forward: Callable[..., Any],
        node: str | None,
        gradients: Mapping[str, Gradient],
        dtype: Rule,
        view: View | None,
        inplace_node: str | None,
    ) -> None:
        self._read_signature(signature)
        whole_name = f"{self.name}.{self.overload}" if self.overload else self.name
        self.kernel = KERNELS.get(whole_name)
        self.bounds = bounds_of(self.name, self.tensor_names, self.attribute_names)
        forward = refusing(whole_name, bounded(self.name, self.bounds, forward))
        # PyTorch computes nan and inf in silence; NumPy would warn.
        self.forward: Callable[..., Any] = forward if view else silent(forward)
        self.plain_forward: Callable[..., Any] = forward
        self.writes: Callable[..., Any] | None = None
        self.history: int | None = None
        self.refuses: tuple[int, ...] = ()
        self.kernels: tuple[Kernel, ...] = ()
        """The formulas on arrays by edge, if there are any."""
        self.short: Callable[..., Any] | None = None
        """The generated function that `operators/short.py` makes for some rows."""
        self.short_inplace: Callable[..., Any] | None = None
        """The same of its in-place form, see `operators/short_inplace.py`."""
        self.rule = dtype
        self.view = view
        self._read_gradients(gradients)
        self.node_class: type[OperatorNode] | None = node_class(node, self) if node else None
        self.inplace_class = node_class(inplace_node, self) if inplace_node else self.node_class

    def _read_signature(self, signature: str) -> None:
        found = re.fullmatch(r"(\w+)(?:\.(\w+))?\((.*?)\)(?: -> \((.*)\))?", signature)
        if not found:
            raise ValueError(f"not a signature: {signature}")
        self.name, self.overload = found[1], found[2] or ""
        tensors: list[str] = []
        attributes: list[str] = []
        self.keyword_only: frozenset[str] = frozenset()
        self.defaults: dict[str, Any] = {}
        self.list_input = False
        self.result_names = tuple(re.split(r",\s*", found[4])) if found[4] else ()
        self.made_of: Callable[[Any], tuple[Any, ...]] = (
            named_results(self.name, self.result_names)._make if self.result_names else tuple
        )
        self.attribute_kinds: dict[str, str] = {}
        after_star: list[str] | None = None
        for part in re.split(r",\s*(?![^\[(]*[\])])", found[3]):
            if part == "*":
                after_star = []
                continue
            declared = re.fullmatch(r"([\w\[\]?]+) (\w+)(?:=(.*))?", part)
            if not declared:
                raise ValueError(f"not a parameter: {part!r} in {signature}")
            kind, name, default = declared[1], declared[2], declared[3]
            if kind in ("Tensor", "Tensor?", "Tensor[]"):
                if attributes:
                    raise ValueError(f"tensors come first: {signature}")
                tensors.append(name)
                self.list_input = self.list_input or kind == "Tensor[]"
            else:
                attributes.append(name)
                self.attribute_kinds[name] = kind
            if default is not None:
                self.defaults[name] = ast.literal_eval(default)
            if after_star is not None:
                after_star.append(name)
        self.tensor_names = tuple(tensors)
        self.attribute_names = tuple(attributes)
        self.keyword_only = frozenset(after_star or ())
        self.index_lists = frozenset(
            [place for place, name in enumerate(attributes) if self.attribute_kinds[name] == "Tensor?[]"]
        )
        """The places of those attributes that are lists of tensors."""

    def _read_gradients(self, gradients: Mapping[str, Gradient]) -> None:
        """Work out the edges, what is saved under which condition, and what each formula is called with."""
        # PyTorch runs formulas in the order of the alphabet, which is seen in the nodes that they make.
        groups = [(tuple(key.split(", ")), function) for key, function in sorted(gradients.items())]
        named = {name for names, _ in groups for name in names}
        self.differentiable = tuple(i for i, name in enumerate(self.tensor_names) if name in named)
        edge_of = {self.tensor_names[i]: edge for edge, i in enumerate(self.differentiable)}
        asked = {id(function): list(inspect.signature(function).parameters) for _, function in groups}
        used_in: dict[str, list[tuple[str, ...]]] = {}
        for names, function in groups:
            for parameter in asked[id(function)][1:]:
                used_in.setdefault(parameter, []).append(names)
        slots: list[SavedSlot] = []
        for name, users in used_in.items():
            if name != "needed":
                guard = None
                only = users[0] if len(users) == 1 and len(edge_of) > 1 else ()
                if len(only) == 1 and not self.list_input and "backward" not in self.name:
                    guard = edge_of[only[0]]
                slots.append(self._slot(name, guard))
        # PyTorch saves, and unpacks, arguments in the order of the alphabet and results after them.
        slots.sort(key=lambda slot: (slot.kind is Save.OUTPUT, slot.name))
        self.slot_of: dict[str, int] = {slot.name: place for place, slot in enumerate(slots)}
        self.saved = tuple(slots)
        self.several_results = any(asked[id(function)][0] == "grads" for _, function in groups)
        self.saves_outputs = any(slot.kind is Save.OUTPUT for slot in slots)
        self.saves_tensors = any(slot.is_tensor for slot in slots)
        self.formulas = tuple(
            Formula(
                function,
                tuple(edge_of[name] for name in names),
                tuple(self.slot_of.get(parameter, -1) for parameter in asked[id(function)][1:]),
                len(names) > 1 or self.list_input,
            )
            for names, function in groups
        )

    def _slot(self, name: str, guard: int | None) -> SavedSlot:
        if name in self.tensor_names:
            kind = Save.TENSORS if self.list_input else Save.TENSOR
            return SavedSlot(name, kind, self.tensor_names.index(name), guard, None)
        if name in self.attribute_names:
            declared = self.attribute_kinds[name]
            kind = Save.INDICES if declared == "Tensor?[]" else Save.ATTRIBUTE
            place = self.attribute_names.index(name)
            return SavedSlot(name, kind, place, None, None, whole=declared.startswith("int"))
        if name in self.result_names:
            return SavedSlot(name, Save.OUTPUT, self.result_names.index(name), None, None)
        if name == "result" or re.fullmatch(r"result\d", name):
            return SavedSlot(name, Save.OUTPUT, int(name[6:] or 0), None, None)
        for suffix, fact in FACTS.items():
            if name.endswith(suffix) and name[: -len(suffix)] in self.tensor_names:
                # Strides alone are kept like a tensor: only if the formula that asks for them will run.
                only_if = guard if suffix == "_sym_strides" else None
                return SavedSlot(name, Save.FACT, self.tensor_names.index(name[: -len(suffix)]), only_if, fact)
        raise ValueError(f"{self.name}: no input, attribute, fact or result is called {name!r}")

    def __call__(self, *arguments: Any) -> Any:
        if self.short is not None:
            return self.short(*arguments)
        count = len(self.tensor_names)
        return call(self, arguments[:count], arguments[count:])

    def __repr__(self) -> str:
        return f"<operator {self.name}{'.' + self.overload if self.overload else ''}>"


RESULTS: dict[str, Any] = {}
"""`torch.return_types`."""


def named_results(name: str, fields: Sequence[str]) -> Any:
    """A tuple whose entries have names, as operators with several results return it."""
    made: Any = namedtuple(name, fields)  # type: ignore[misc]  # known at run time only

    def text(self: Any) -> str:
        listed = ",\n".join(f"{field}={value!r}" for field, value in zip(fields, self, strict=True))
        return f"torch.return_types.{name}(\n{listed})"

    made.__module__ = "torch.return_types"
    RESULTS.setdefault(name, made)
    setattr(made, "__repr__", text)  # noqa: B010  # the type checker takes assigning a method for a mistake
    return made


def node_class(name: str, row: Operator) -> type[OperatorNode]:
    """The class of a row's graph nodes: `type(node).__name__` is the name PyTorch prints."""
    saved = [f"_saved_{name}" for name in row.slot_of if not name.endswith(HIDDEN)]
    saved += [f"_raw_saved_{name}" for name, slot in row.slot_of.items() if row.saved[slot].is_tensor]
    whole_name = NotImplementedNode.cpp_name if name == NotImplementedNode.__name__ else ""
    own = {each: read_only(each) for each in saved}
    return type(
        name,
        (OperatorNode,),
        {"__slots__": (), "__module__": "builtins", "operator": row, "cpp_name": whole_name, **own},
    )


def operator(
    signature: str,
    forward: Callable[..., Any],
    *,
    node: str | None = None,
    gradients: Mapping[str, Gradient] | None = None,
    dtype: Rule = PROMOTE,
    inplace: bool = False,
    inplace_node: str | None = None,
    view: View | None = None,
    public: bool | Public = True,
    aliases: Sequence[str] = (),
    kernels: Mapping[str, Gradient | Batched] | None = None,
    writes: Callable[..., Any] | None = None,
    history: int | None = None,
    refuses: Sequence[str] = (),
) -> Operator:
    """Declare a row. Raises ValueError where signature and gradients do not fit each other."""
    row = Operator(signature, forward, node, gradients or {}, dtype, view, inplace_node)
    if writes is None and node is not None and isinstance(forward, np.ufunc):
        writes = forward
    row.writes = None if writes is None else silent(writes)
    row.history = history
    row.refuses = tuple(row.tensor_names.index(name) for name in refuses)
    ROWS.setdefault((row.name, row.overload), row)
    if kernels is not None:
        add_short_road(row, kernels)
        if view is None and row.inplace_class is not None:
            row.short_inplace = short_inplace(row, row.name + "_", ", ".join(row.tensor_names + row.attribute_names))
    if public:
        where = Public.BOTH if public is True else public
        publish(_public_function(row, call), row.name, aliases, where.name)
        if inplace:
            publish(_public_function(row, call_inplace), row.name + "_", [a + "_" for a in aliases], "BOTH")
    return row


def _public_function(row: Operator, caller: Callable[..., Any]) -> Callable[..., Any]:
    """A plain Python function with the row's signature, so that Python itself binds the arguments, fast.

    The source is generated, as `dataclasses` does it: a generic `*args, **kwargs` wrapper costs more than the operator.
    """
    public_name = row.name + ("_" if caller is call_inplace else "")
    parameters, star = [], False
    for name in row.tensor_names + row.attribute_names:
        if name in row.keyword_only and not star:
            parameters.append("*")
            star = True
        parameters.append(f"{name}=_defaults[{name!r}]" if name in row.defaults else name)
    tensors, attributes = (
        "(" + "".join(name + "," for name in names) + ")" for names in (row.tensor_names, row.attribute_names)
    )
    writes = caller is call and row.view is None
    if writes:
        parameters += ["out=None"] if star else ["*", "out=None"]
    if caller is call and row.short is not None:
        return marked(short_call(row, public_name, ", ".join(parameters)), row, inplace=False)
    if caller is call_inplace and row.short_inplace is not None:
        return marked(short_inplace(row, public_name, ", ".join(parameters)), row, inplace=True)
    source = f"def {public_name}({', '.join(parameters)}):\n"
    if writes:
        source += f"    if out is not None: return _call_out(_row, {tensors}, {attributes}, out)\n"
    source += f"    return _call(_row, {tensors}, {attributes})\n"
    scope: dict[str, Any] = {"_call": caller, "_call_out": call_out, "_row": row, "_defaults": row.defaults}
    exec(compile(source, f"<refgrad {public_name}>", "exec"), scope)  # noqa: S102  # our own text
    made: Callable[..., Any] = scope[public_name]
    return made


def marked(made: Callable[..., Any], row: Operator, *, inplace: bool) -> Callable[..., Any]:
    """With a note of where it comes from: a guard is written into its text when it becomes public."""
    made.__dict__["short"] = (row, inplace)
    return made


def function(name: str, *, public: Public = Public.BOTH, aliases: Sequence[str] = ()) -> Callable[[F], F]:
    """Publish a hand-written function under a public name of torch and Tensor."""

    def publish_it(written: F) -> F:
        publish(written, name, aliases, public.name)
        return written

    return publish_it


def inplace_of(row: Operator) -> Callable[..., Any]:
    """The in-place form of a row: `inplace_of(POW_SCALAR)(x, 2)` is `x.pow_(2)` for that overload."""
    if row.short_inplace is not None:
        return row.short_inplace

    def run(*arguments: Any) -> Any:
        count = len(row.tensor_names)
        return call_inplace(row, arguments[:count], arguments[count:])

    return run


def not_implemented(name: str) -> Gradient:
    """A formula for an input that PyTorch cannot differentiate: backward raises, the forward does not."""

    def raises(grad: Any) -> Any:
        raise NotImplementedError(f"the derivative for '{name}' is not implemented.")

    return raises


# Down here because recording a call needs the declarations above.
from refgrad.operators.call import call, call_inplace, call_out  # noqa: E402
from refgrad.operators.short import add_short_road, short_call  # noqa: E402
from refgrad.operators.short_inplace import short_inplace  # noqa: E402

__all__ = [
    "FLOAT", "FUNCTION", "KEEP", "METHOD", "MULTI", "PROMOTE", "VIEW",
    "Batched", "Node", "Operator", "Reshaping", "Viewing", "function", "inplace_of", "not_implemented", "operator",
]  # fmt: skip
