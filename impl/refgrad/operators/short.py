"""The short road: `call`, and a node's `apply`, written out for one row.

`call` asks at every step what the row and its operands are like. For the operands that most calls have (plain tensors
of one type, no mode on but grad mode) the answers are known once the row is declared. So for rows that declare
`kernels` two functions are generated, as `dataclasses` generates `__init__`. They do what `call` and
`OperatorNode.apply` would do, and hand over to those two whenever an operand is of another kind or anything goes wrong.
Nothing has been recorded then, so that the error is raised there, and only there. What `mul` becomes::

    def mul(self, other, *, out=None):
        if type(self) is Tensor and type(other) is Tensor and out is None and not levels.active:
            a0, a1 = self._array, other._array
            if a0.dtype is a1.dtype:
                ...                         # compute; if gradients are wanted make the node, edges and saved tensors
                return result
        return of_number(self, other)

and `of_number`, the same once more for `x * 2` of a floating tensor, ends with `return call(row, (self, other), ())`.

**kernels**: for an input its formula on arrays, `"self": lambda grad, other: grad * other`, run in backward when that
is not recorded and everything is real and of one type. Parameters are named as the formula's are. It returns the array,
`grad` itself where the gradient is passed on, or `None` to leave it to the formula. One with a parameter `out=None`
can write into that array, and is given the gradient's where nobody else can see it any more: fresh memory for a million
elements costs more than the arithmetic. One inside `Viewing` gives the gradient's own memory, one inside `Batched` is
another for a batch of gradients (see replay.py, which runs kernels without their nodes). A saved tensor that a kernel
asks for comes first. The formula is what counts: `test_short_road.py` and `test_replay.py` hold every kernel against
it, bit for bit.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from refgrad import anomaly, memory
from refgrad.bfloat import TYPED
from refgrad.dtypes import FITS_ALL, FROM_NUMPY
from refgrad.levels import levels
from refgrad.modes import modes
from refgrad.node import OF_SCALARS, OperatorNode, next_sequence_number
from refgrad.operators.call import STAYING_ZERO, call, call_out, cast, compute_large
from refgrad.operators.declare import Batched, Kernel, Reshaping, Rule, Save, View, Viewing
from refgrad.operators.short_numbers import OnFloats, filled_in, on_floats
from refgrad.pool import MANY, fresh, owns
from refgrad.saved import FREED, SavedInput, SavedOutput, default_hooks
from refgrad.silence import run_in_silence
from refgrad.tensor import Tensor, wrapped_number
from refgrad.versions import inference, only_inference
from refgrad.views import mark_view

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator, SavedSlot

SCOPE: dict[str, Any] = {
    "Array": np.ndarray,
    "DOUBLE": np.dtype(np.float64),
    "FREED": FREED,
    "FROM_NUMPY": FROM_NUMPY,
    "MANY": MANY,
    "SavedInput": SavedInput,
    "SavedOutput": SavedOutput,
    "Tensor": Tensor,
    "anomaly": anomaly.state,
    "apply": OperatorNode.apply,
    "asarray": np.asarray,
    "call": call,
    "call_out": call_out,
    "cast": cast,
    "compute_large": compute_large,
    "fresh": fresh,
    "hooks": default_hooks,
    "inference": inference,
    "laid_out": memory.laid_out,
    "laid_out_number": memory.laid_out_number,
    "mark_view": mark_view,
    "levels": levels,
    "modes": modes,
    "new": object.__new__,
    "of_double": OF_SCALARS[np.dtype(np.float64)],
    "of_scalars": OF_SCALARS,
    "next_number": next_sequence_number,
    "only_inference": only_inference,
    "silently": run_in_silence,
    "strides": memory.strides,
    "unusual": memory.unusual,
    "wrapped": wrapped_number,
}
"""What the generated functions refer to, besides what belongs to their row."""

TRY = """\
try:
    made = {computed}
except Exception:
    return {otherwise}
"""

COMPUTE = """\
if type(made) is not Array:
    made = asarray(made)
"""

LAY_OUT = """\
elif made.ndim > 1:
    made = laid_out{arrays}
"""

RESULT = """\
{indent}result = new(Tensor)
{indent}result._array = made
{indent}result._output_nr = 0
{indent}result._requires_grad = False
{indent}result._view = result._extra = result._held_grad = result._accumulator = None
"""

SAVE = """\
if {tensor}._versions is None:
    {value} = new(SavedInput)
    {value}.tensor = {tensor}
    {value}.output_nr = {tensor}._output_nr
    {value}.leaf = {tensor}._node is None
    {value}.version = 0
else:
    {value} = SavedInput({tensor})
"""

SAVED_FIRST = frozenset(("relu",))
"""Rows whose gradient is laid out as what was saved is, where the two differ: as `threshold_backward` has it."""

FACTS_OF_ARRAYS = {
    "_sym_sizes": "{}.shape", "_sym_strides": "strides({})", "_scalar_type": "FROM_NUMPY[{}.dtype]",
    "_sym_numel": "{}.size",
}  # fmt: skip


def tuple_of(names: list[str] | tuple[str, ...]) -> str:
    return "(" + "".join(f"{name}, " for name in names) + ")"


def call_source(
    row: Operator, name: str, parameters: str, otherwise: str, number: bool = False, unusual: str = ""
) -> str:
    """The text of the function that calls `row`; `otherwise` is what it returns for operands of other kinds.

    With `number` the second operand is a Python number, one that every floating type holds. `unusual` is a condition
    with what to return then, see `short_guarded.py`.
    """
    tensors, attributes = row.tensor_names, row.attribute_names
    operands = tensors[:1] if number else tensors
    arrays = [f"a{i}" for i in range(len(tensors))]
    given = ", ".join([*arrays, *attributes])
    usual = [f"type({each}) is Tensor" for each in operands]
    usual += number_fits(tensors[1]) if number else []
    fits = [f"kind is {each}.dtype" for each in arrays[1 : len(operands)] if row.rule is not Rule.KEEP]
    fits += ["kind.char in 'fd'"] if number else ["kind.char in 'fdFD'"] if row.rule is Rule.FLOAT else []
    fits += [] if number or row.view or row.rule is Rule.FLOAT else ["kind.char not in 'eE'"]
    fits += (
        []
        if row.kernel is None
        else [f"(not inference.used or modes.inference or not only_inference({tuple_of(operands)}))"]
    )
    fits += ["dtype is None"] if row.name in TYPED else []
    fits += ["not unusual.seen"] if row.name in STAYING_ZERO else []
    computed = f"silently(forward, {given})"
    if row.writes is not None:
        computed += f" if a0.size < MANY else compute_large(row, {tuple_of(arrays)}, {tuple_of(attributes)})"
    compute = (TRY + COMPUTE + (LAY_OUT if row.rule is not Rule.KEEP else "") + RESULT).format(
        indent="",
        computed=computed,
        otherwise=otherwise,
        arrays="_number(made, a0)" if number else f"(made, [{', '.join(arrays)}])",
    )

    lines = [f"def {name}({parameters}):"]
    lines += [f"    if {unusual}"] if unusual else []
    if parameters.endswith("out=None") and not unusual:
        lines += ["    if out is not None:"]
        lines += [f"        return call_out(row, {tuple_of(tensors)}, {tuple_of(attributes)}, out)"]
    lines += [f"    if {' and '.join([*usual, 'not levels.active'])}:"]
    lines += [f"        a{i} = {tensor}._array" for i, tensor in enumerate(operands)]
    lines += ["        kind = a0.dtype"]
    lines += [f"        if {' and '.join(fits) or 'True'}:"]
    floats = on_floats(row)
    if floats is not None:
        alone = [f"not {each}.ndim" for each in arrays[: len(operands)]]
        lines += [
            f"            if {' and '.join(['kind is DOUBLE', *alone, *([floats.when] if floats.when else [])])}:"
        ]
        given_floats = {each: each if number and i else f"a{i}.item()" for i, each in enumerate(tensors)}
        computed = f"asarray({filled_in(floats.result, given_floats)})"
        text = (TRY + RESULT).format(indent="", computed=computed, otherwise=otherwise)
        lines += indented(roads_source(row, operands, text, otherwise, floats), 16)
    lines += [f"            a1 = kind.type({tensors[1]})"] if number else []
    lines += indented(roads_source(row, operands, compute, otherwise), 12)
    return "\n".join([*lines, f"    return {otherwise}"]) + "\n"


def roads_source(
    row: Operator, operands: tuple[str, ...], compute: str, otherwise: str, floats: OnFloats | None = None
) -> list[str]:
    """Compute and return the result, recorded or not; with `floats` it is a number of float64."""
    lines = []
    if row.node_class is not None:
        lines += ["if modes.grad:", *indented(record_source(row, operands, compute, otherwise, floats), 4)]
    done = [*versions_source(row, "modes.versions"), "result._node = None", "return result"]
    return [*lines, *compute.splitlines(), *done]


def versions_source(row: Operator, versions: str) -> list[str]:
    """Give the result its versions, a view those of what it views."""
    viewed = [f"mark_view(result, {row.tensor_names[0]}, None)"] if row.view is not None else []
    return [f"result._versions = {versions}", *viewed]


def number_fits(name: str) -> list[str]:
    """That this is a number which every floating type holds."""
    return [f"type({name}) in (int, float)", f"-{FITS_ALL} <= {name} <= {FITS_ALL}"]


def record_source(
    row: Operator, operands: tuple[str, ...], compute: str, otherwise: str, floats: OnFloats | None
) -> list[str]:
    """Compute in grad mode, and make the node if an operand requires grad."""
    edges = edges_of(row, operands)
    of_any = "of_scalars[made.dtype] if made.ndim == 0 else ((made.shape, made.dtype),)"
    integers = ["if made.dtype.kind not in 'fcV':", f"    return {otherwise}"]  # they have no history
    recorded = integers if floats is None else []
    recorded += [*saved_source(row, operands, edges), *node_source(row, operands, edges)]
    recorded += [f"node.input_metadata = {of_any if floats is None else 'of_double'}"]
    recorded += ["result._node = node", f"node.saved = {kept_source(row, 'result')}", "return result"]
    lines = [*edges_source(row, operands, edges, otherwise), *compute.splitlines(), *versions_source(row, "None")]
    return [*lines, f"if {wanted_source(edges)}:", *indented(recorded, 4), "result._node = None", "return result"]


def edges_of(row: Operator, operands: tuple[str, ...]) -> list[str]:
    """The names of the node's edges; `None` for a number."""
    return [f"n{edge}" if i < len(operands) else "None" for edge, i in enumerate(row.differentiable)]


def wanted_source(edges: list[str]) -> str:
    return " or ".join([f"{edge} is not None" for edge in edges if edge != "None"])


def edges_source(row: Operator, operands: tuple[str, ...], edges: list[str], otherwise: str) -> list[str]:
    """Look the edges up in grad mode."""
    lines = usual_source(row, operands, otherwise)
    for edge, i in zip(edges, row.differentiable, strict=True):
        lines += edge_source(edge, operands[i], otherwise) if edge != "None" else []
    return lines


def usual_source(row: Operator, operands: tuple[str, ...], otherwise: str) -> list[str]:
    """Leave what is unusual in grad mode to the general road."""
    usual = ["not anomaly.enabled", "not unusual.seen"]
    usual += ["hooks.top is None"] if row.saves_tensors else []
    if len(operands) == len(row.tensor_names):
        usual += [f"not (inference.leaves and only_inference({tuple_of(operands)}))"]
    return [f"if not ({' and '.join(usual)}):", f"    return {otherwise}"]


def edge_source(edge: str, tensor: str, otherwise: str) -> list[str]:
    """Look an edge up; a view that requires grad may have none."""
    lines = [f"{edge} = {tensor}._node", f"if {tensor}._view is not None:", f"    {edge} = {tensor}.edge()"]
    lines += [f"    if {edge} is None and {tensor}.requires_grad:", f"        return {otherwise}"]
    return [*lines, f"elif {edge} is None and {tensor}._requires_grad:", f"    {edge} = {tensor}.edge()"]


def indented(lines: list[str], by: int) -> list[str]:
    return [" " * by + line for line in lines]


def saved_source(
    row: Operator, operands: tuple[str, ...], edges: list[str], originals: tuple[str, ...] = ()
) -> list[str]:
    """Save what the formulas ask for, as `s0`, `s1`, ...; `originals` are the tensors to save if not the operands."""
    tensors = row.tensor_names
    lines: list[str] = []
    for place, slot in enumerate(row.saved):
        value, name = f"s{place}", tensors[slot.index] if slot.kind in (Save.TENSOR, Save.FACT) else ""
        if slot.kind is Save.ATTRIBUTE:
            fill = [f"{value} = {slot.name}"]
        elif slot.kind is Save.OUTPUT:
            continue
        elif name not in operands:
            fill = [f"{value} = {'SavedInput' if slot.kind is Save.TENSOR else f'fact{place}'}(wrapped({name}))"]
        elif slot.kind is Save.TENSOR:
            fill = SAVE.format(value=value, tensor=(originals or operands)[slot.index]).splitlines()
        else:
            known = [text for suffix, text in FACTS_OF_ARRAYS.items() if slot.name.endswith(suffix)]
            fill = [f"{value} = {known[0].format(f'a{slot.index}') if known else f'fact{place}({name})'}"]
        nothing = f"{value} = {'()' if slot.kind is Save.FACT else 'None'}"
        wanted = needed(slot, edges)
        if wanted == "True":
            lines += fill
        elif wanted == "False":
            lines += [nothing]
        else:
            lines += [f"if {wanted}:", *indented(fill, 4), "else:", f"    {nothing}"]
    return lines


def needed(slot: SavedSlot, edges: list[str]) -> str:
    """The condition under which a slot is saved, where some edge is wanted."""
    edge = "" if slot.only_if is None else edges[slot.only_if]
    if edge == "None":
        return "False"
    return "True" if not edge or [each for each in edges if each != "None"] == [edge] else f"{edge} is not None"


def kept_source(row: Operator, result: str) -> str:
    """What has been saved, and the result where it is asked for."""
    output = f"SavedOutput({result}, False)"
    return tuple_of([output if slot.kind is Save.OUTPUT else f"s{place}" for place, slot in enumerate(row.saved)])


def node_source(row: Operator, operands: tuple[str, ...], edges: list[str]) -> list[str]:
    """Make the node."""
    numbers = [f"{row.tensor_names[i]}._output_nr" if i < len(operands) else "0" for i in row.differentiable]
    given = [
        number if number == "0" else f"{number} if {edge} is not None else 0"
        for number, edge in zip(numbers, edges, strict=True)
    ]
    usual = tuple_of(["0"] * len(edges))
    return [
        "node = new(node_class)",
        f"node.next_nodes = {tuple_of(edges)}",
        f"node.next_numbers = {tuple_of(given)} if {' or '.join(numbers)} else {usual}",
        "node.sequence_number = next_number()",
        "node.hooks = None",
    ]


def apply_source(row: Operator, kernels: Mapping[str, Callable[..., Any]], viewing: set[str]) -> str:
    """The text of `apply` for the row's nodes; `viewing` are the kernels whose results are views of the gradient."""
    edges = [f"n{edge}" for edge in range(len(row.differentiable))]
    asked = {name: list(inspect.signature(kernel).parameters)[1:] for name, kernel in kernels.items()}
    writing = {name for name, parameters in asked.items() if "out" in parameters}
    asked = {name: [each for each in parameters if each != "out"] for name, parameters in asked.items()}
    leave = "return apply(self, gradients, wanted)"
    lines = ["def short_apply(self, gradients, wanted=None):", "    grad = gradients[0]"]
    lines += ["    if type(grad) is not Tensor or modes.grad or levels.active or unusual.seen:", f"        {leave}"]
    lines += ["    g = grad._array", "    kind = g.dtype", "    if kind.char not in 'fd':", f"        {leave}"]
    lines += ["    versions = modes.versions if inference.used else None"]
    lines += [f"    {tuple_of(edges)} = wanted or self.next_nodes"]
    if row.saved:
        lines += [f"    {tuple_of([f's{i}' for i in range(len(row.saved))])} = self.saved"]
    floats = on_floats(row)
    on_number = {} if floats is None else floats.gradients
    if floats is not None and on_number:
        when = filled_in(floats.when, {each: f"s{row.slot_of[each]}" for each in row.attribute_names if floats.when})
        usual = " and ".join(["kind is DOUBLE", "not g.ndim", *([when] if when else [])])
        lines += [f"    number = g.item() if {usual} else None"]
    for place, slot in enumerate(row.saved):
        if slot.is_tensor:
            if slot.kind is Save.TENSOR:
                steps = [f"if type(s{place}) is not SavedInput:", f"    {leave}", f"t = s{place}.tensor"]
                steps += [f"if t._node is None and not s{place}.leaf:", f"    {leave}"]
            else:
                steps = [f"if type(s{place}) is not SavedOutput:", f"    {leave}", f"t = s{place}.alias"]
            steps += ["v = t._versions", f"if (0 if v is None else v.value) != s{place}.version:", f"    {leave}"]
            steps += [f"a{place} = t._array", f"if a{place}.dtype is not kind:"]
            steps += [f"    if a{place}.dtype.kind not in 'fi' or not t._is_number():", f"        {leave}"]
            steps += [f"    a{place} = cast(a{place}, kind)"]
            if slot.only_if is not None:
                steps = [f"if s{place} is not None:", *("    " + step for step in steps)]
            lines += ["    " + step for step in steps]
    for name, parameters in asked.items():
        edge = [row.tensor_names[i] for i in row.differentiable].index(name)
        slots = [row.slot_of[parameter] for parameter in parameters]
        given = [f"a{i}" if row.saved[i].is_tensor else f"s{i}" for i in slots]
        arrays = ["g", *(f"a{i}" for i in slots if row.saved[i].is_tensor)]
        body = [f"if n{edge} is not None:"]
        compute: list[str] = []
        if name in writing:
            last = [f"n{later} is None" for later in range(edge + 1, len(edges))]
            alike = [f"{array}.shape == g.shape and {array}.flags.c_contiguous" for array in arrays[1:]]
            compute += ["out = None", f"if {' and '.join(['g.size > 4096', *alike])}:"]
            compute += [f"    out = g if {' and '.join([*last, 'is_spare(grad, g)'])} else fresh(g.shape, kind)"]
            given = [*given, "out"]
        how = f"kernel_{name}(" if name in viewing else f"silently(kernel_{name}, "
        compute += ["try:", f"    made = {how}{', '.join(['g', *given])})", "except Exception:", f"    {leave}"]
        compute += ["if made is None:", f"    {leave}"]
        if name in on_number:
            texts = {"grad": "number", **{each: f"a{row.slot_of[each]}.item()" for each in parameters}}
            made_of_it = f"asarray({filled_in(on_number[name], texts)})"
            compute = ["if number is not None:", f"    made = {made_of_it}", "else:", *indented(compute, 4)]
        body += indented(compute, 4)
        body += [f"    if made is g{' and out is not g' if name in writing else ''}:", f"        r{edge} = grad"]
        body += ["    else:", "        if type(made) is not Array:", "            made = asarray(made)"]
        if row.rule is not Rule.KEEP:
            order = reversed(arrays) if row.name in SAVED_FIRST else arrays
            body += ["        elif made.ndim > 1:", f"            made = laid_out(made, [{', '.join(order)}])"]
        body += [line.rstrip() for line in RESULT.format(indent="        ").replace("result", f"r{edge}").splitlines()]
        body += [f"        r{edge}._node = None", f"        r{edge}._versions = versions"]
        body += [f"        mark_view(r{edge}, grad, None)"] if name in viewing else []
        lines += ["    " + line for line in [*body, "else:", f"    r{edge} = None"]]
    lines += ["    gradients.clear()", f"    return [{', '.join(f'r{i}' for i in range(len(edges)))}]"]
    return "\n".join(lines) + "\n"


def release_source(row: Operator) -> str:
    """The text of `release` for the row's nodes, see `freed`."""
    names = [f"s{i}" for i in range(len(row.saved))]
    kept = [
        f"None if {name} is None else FREED" if slot.is_tensor else name
        for name, slot in zip(names, row.saved, strict=True)
    ]
    return f"def short_release(self):\n    {tuple_of(names)} = self.saved\n    self.saved = {tuple_of(kept)}\n"


def has_short_road(row: Operator) -> bool:
    """Whether a row is of the kind that the texts above are written for: tensors in, one tensor out."""
    plain = row.view is not View.MULTI and not row.list_input and not row.result_names and not row.several_results
    return plain and all(slot.kind not in (Save.TENSORS, Save.INDICES) for slot in row.saved)


def compiled(source: str, name: str, scope: Mapping[str, Any]) -> Any:
    found = {**SCOPE, "is_spare": is_spare, **scope}
    exec(compile(source, f"<refgrad {name}>", "exec"), found)  # noqa: S102  # our own text
    return found[name]


def short_call(
    row: Operator, name: str, parameters: str, otherwise: str = "", other_road: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """The function `name` that calls `row`; `parameters` is what stands between its parentheses."""
    otherwise = otherwise or f"call(row, {tuple_of(row.tensor_names)}, {tuple_of(row.attribute_names)})"
    return with_numbers(row, call_source, name, parameters, otherwise, scope_of(row, other_road=other_road))


def scope_of(row: Operator, **further: Any) -> dict[str, Any]:
    """What the functions generated for `row` refer to."""
    facts = {f"fact{place}": slot.fact for place, slot in enumerate(row.saved) if slot.fact is not None}
    known = {"_defaults": row.defaults, "forward": row.plain_forward, "node_class": row.node_class, "row": row}
    return {**known, **facts, **further}


def with_numbers(
    row: Operator, source: Callable[..., str], name: str, parameters: str, otherwise: str, scope: dict[str, Any],
    unusual: str = "",
) -> Callable[..., Any]:  # fmt: skip
    """The generated function, which hands over to one for numbers where the second operand may be one."""
    if takes_number(row):
        names = ", ".join([*row.tensor_names, *row.attribute_names])
        scope["of_number"] = compiled(source(row, "of_number", names, otherwise, number=True), "of_number", scope)
        otherwise = f"of_number({names})"
    made: Callable[..., Any] = compiled(source(row, name, parameters, otherwise, unusual=unusual), name, scope)
    return made


def takes_number(row: Operator) -> bool:
    """Whether the second operand may be a Python number."""
    return row.tensor_names == ("self", "other") and row.rule is not Rule.KEEP


def short_special_method(row: Operator, name: str, other_road: Callable[..., Any]) -> Callable[..., Any]:
    """`__add__` and the like; `other_road` knows what Python expects of it for operands that are no tensors."""
    parameters = ["self", "other", *(f"{each}=_defaults[{each!r}]" for each in row.attribute_names)]
    return short_call(row, name, ", ".join(parameters), "other_road(self, other)", other_road)


def is_spare(grad: Tensor, array: Any) -> bool:
    """Whether nobody but the `apply` that asks, and the list it was given, can see the gradient and its memory."""
    if sys.getrefcount(grad) > 4 or sys.getrefcount(array) > 4 or not owns(array):
        return False
    flags = array.flags
    return bool(flags.c_contiguous and flags.writeable)


def add_methods(made: Any, row: Operator, kernels: Mapping[str, Callable[..., Any] | Batched]) -> None:
    """Give a class of the row's nodes the methods generated for it."""
    if row.saves_tensors:
        made.release = compiled(release_source(row), "short_release", {})
    if kernels:
        made.apply = short_apply(row, kernels)


def short_apply(row: Operator, kernels: Mapping[str, Callable[..., Any] | Batched]) -> Callable[..., Any]:
    """`apply` for the nodes of `row`."""
    viewing = {name for name, kernel in kernels.items() if isinstance(kernel, Viewing)}
    plain = {name: kernel.kernel if isinstance(kernel, Batched) else kernel for name, kernel in kernels.items()}
    scope = {f"kernel_{name}": kernel for name, kernel in plain.items()}
    made: Callable[..., Any] = compiled(apply_source(row, plain, viewing), "short_apply", scope)
    return made


def kernel_of(row: Operator, given: Callable[..., Any] | Batched) -> Kernel:
    """What is known of a kernel. Raises ValueError if it asks for a tensor elsewhere than first."""
    kernel = given.kernel if isinstance(given, Batched) else given
    batched = given.batched if isinstance(given, Batched) else None if row.rule is Rule.KEEP else given
    slots = [row.slot_of[each] for each in list(inspect.signature(kernel).parameters)[1:] if each != "out"]
    tensor = slots.pop(0) if slots and row.saved[slots[0]].is_tensor else -1
    if any(row.saved[slot].is_tensor for slot in slots):
        raise ValueError(f"a tensor comes first: {row.name}")
    return Kernel(kernel, batched, tensor, tuple(slots), isinstance(given, Viewing), isinstance(given, Reshaping))


def add_short_road(row: Operator, kernels: Mapping[str, Callable[..., Any] | Batched]) -> None:
    """Give `row` the functions generated for it.

    Raises ValueError if it is of another kind than they are written for, or lacks a kernel.
    """
    wanted = {row.tensor_names[i] for i in row.differentiable}
    if not has_short_road(row) or (kernels and set(kernels) != wanted):
        raise ValueError(f"no short road: {row.name}")
    row.short = short_call(row, row.name, ", ".join(row.tensor_names + row.attribute_names))
    if kernels:
        row.kernels = tuple([kernel_of(row, kernels[row.tensor_names[i]]) for i in row.differentiable])
    for each in {row.node_class, row.inplace_class}:
        if each is not None:
            add_methods(each, row, kernels)
