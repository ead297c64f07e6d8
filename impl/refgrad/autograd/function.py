"""`torch.autograd.function`: operators whose forward and backward a user writes.

The `ctx` that `forward` gets *is* the node of the graph: what `forward` leaves on it, `backward` finds there. `apply`
runs `forward` with recording switched off and then decides for each result how it hangs on the node (`results.py`).
Behaviour: "Extending torch.autograd" (https://docs.pytorch.org/docs/2.13/notes/extending.html), details observed on
PyTorch 2.13.0.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import count
from typing import Any, ClassVar

from refgrad import anomaly, modes, saved_texts
from refgrad.autograd import custom_function_texts
from refgrad.autograd.results import hang_results, identities
from refgrad.hooks import RemovableHandle
from refgrad.levels import BatchLevel, Level, Lowered, in_transform, levels, lifted, lowered, wrapped
from refgrad.node import Gradients, Node, next_sequence_number
from refgrad.node_attributes import shown
from refgrad.overrides import DisableTorchFunction
from refgrad.overrides import state as overrides
from refgrad.raw_saved import SavedTensor
from refgrad.saved import save_input, save_output, unpack
from refgrad.tensor import Tensor
from refgrad.type_names import type_name

FORGETTABLE = ("dirty_tensors", "needs_input_grad", "non_differentiable", "saved_for_forward", "to_save")
"""Attributes that read as None when they were deleted."""


FLAGS = {"materialize_grads": True, "_is_pure_view": False, "_materialize_non_diff_grads": True}
"""Attributes that can only be set, with their defaults."""

READABLE = "_materialize_non_diff_grads"
"""All but this one."""


class FlagOnly:
    """An attribute that takes True and False, and of which only one can be read."""

    def __init__(self, setter: str) -> None:
        self.setter = setter

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, node: Any, owner: type | None = None) -> Any:
        if node is None:
            return self
        if self.name == READABLE:
            return node.flags[self.name]
        raise AttributeError(self.name)

    def __set__(self, node: Any, value: object) -> None:
        if not isinstance(value, bool):
            raise TypeError(custom_function_texts.not_one_bool(self.setter))
        node.flags[self.name] = value


class FunctionBase(Node):
    """The node behind `ctx`, and what can be read of it."""

    __slots__ = (
        "__dict__", "argument_is_tensor", "cleared", "dirty_tensors", "flags", "freed", "needs_input_grad",
        "non_differentiable", "result_facts", "saved", "saved_for_forward", "to_save",
    )  # fmt: skip

    __module__ = "torch._C"
    attributes_of = "torch._C._FunctionBase"

    saves_for_user = True
    argument_is_tensor: tuple[bool, ...]
    dirty_tensors: Any
    flags: dict[str, bool]
    needs_input_grad: Any
    non_differentiable: Any
    result_facts: tuple[Any, ...]
    saved: list[Any]
    saved_for_forward: Any
    to_save: Any

    materialize_grads = FlagOnly("set_materialize_grads")
    _is_pure_view = FlagOnly("set_pure_view")
    _materialize_non_diff_grads = FlagOnly("set_materialize_non_diff_grads")

    def __new__(cls, *_: Any, **__: Any) -> Any:
        made = object.__new__(cls)
        made.next_nodes = ()
        made.next_numbers = ()
        made.sequence_number = 0
        made.input_metadata = ()
        made.hooks = None
        made.argument_is_tensor = ()
        made.dirty_tensors = made.needs_input_grad = made.non_differentiable = None
        made.saved_for_forward = made.to_save = None
        made.result_facts = ()
        made.saved = []
        made.freed = made.cleared = False
        made.flags = dict(FLAGS)
        return made

    def __init__(self) -> None:
        """Everything was set by `__new__`: a user's class may come without `super().__init__()`."""

    def __getattr__(self, name: str) -> Any:
        if name in FORGETTABLE:
            return None
        if name in FLAGS:
            raise AttributeError(custom_function_texts.function_attribute(name, "readable"))
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    __repr__ = object.__repr__

    @shown
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """What `save_for_backward` was given, empty while `forward` runs; in `jvp` what `save_for_forward` was given.

        Raises RuntimeError if backward has freed them, if one was modified in place, or at a second look where
        `clear_saved_tensors_on_access` is set.
        """
        if self.saved_for_forward is not None:
            kept: tuple[Tensor | None, ...] = self.saved_for_forward
            return kept
        if self.freed:
            raise RuntimeError(saved_texts.BACKWARD_TWICE)
        if self.cleared:
            raise RuntimeError(custom_function_texts.SAVED_TENSORS_ONCE)
        values = tuple(unpack(each, self) for each in self.saved)
        self.maybe_clear_saved_tensors()
        return values

    @property
    def saved_variables(self) -> tuple[Tensor | None, ...]:
        warnings.warn(custom_function_texts.SAVED_VARIABLES, DeprecationWarning, stacklevel=2)
        values: tuple[Tensor | None, ...] = self.saved_tensors
        return values

    @shown
    def _raw_saved_tensors(self) -> tuple[SavedTensor, ...]:
        if self.freed:
            raise RuntimeError(saved_texts.BACKWARD_TWICE)
        return tuple(SavedTensor._in_list(self.saved, i) for i in range(len(self.saved)))

    def maybe_clear_saved_tensors(self) -> None:
        """Let go of what was saved if the class says that one look is enough."""
        if getattr(getattr(self, "_forward_cls", None), "clear_saved_tensors_on_access", False):
            self.saved = []
            self.cleared = True

    def release(self) -> None:
        self.saved = []
        self.freed = True

    def _register_hook_dict(self, tensor: Any) -> None:
        if not isinstance(tensor, Tensor):
            raise RuntimeError(custom_function_texts.HOOK_DICT_OF_NO_TENSOR)  # noqa: TRY004
        super()._register_hook_dict(tensor)


class FunctionCtx:
    """What `forward` and `setup_context` may call on `ctx`."""

    to_save: Any
    saved_for_forward: Any
    dirty_tensors: Any
    non_differentiable: Any
    materialize_grads: Any

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `backward`, where `saved_tensors` gives them back; the last call counts."""
        self.to_save = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `jvp`.

        Raises AssertionError for anything but tensors and None.
        """
        for each in tensors:
            if not (isinstance(each, Tensor) or each is None):
                raise AssertionError(custom_function_texts.SAVE_FOR_FORWARD)
        self.saved_for_forward = tensors

    def mark_dirty(self, *args: Tensor) -> None:
        """Tell which inputs `forward` has modified in place; each must be returned."""
        self.dirty_tensors = args

    def mark_shared_storage(self, *pairs: Any) -> None:
        """Does nothing any more, with a warning (FutureWarning)."""
        warnings.warn(custom_function_texts.MARK_SHARED_STORAGE, FutureWarning, stacklevel=2)

    def mark_non_differentiable(self, *args: Tensor) -> None:
        """Tell which results have no gradient; `backward` gets zeros for them."""
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` and `jvp` get zeros (the default) or None for gradients that are not defined."""
        self.materialize_grads = value


for _each in (FunctionCtx, FlagOnly):
    _each.__module__ = "torch.autograd.function"


class HookMixin:
    """A helper of old code that registers hooks of its own."""

    __slots__ = ()

    @staticmethod
    def _register_hook(
        backward_hooks: OrderedDict[int, Any] | None, hook: Callable[..., Any]
    ) -> tuple[OrderedDict[int, Any], RemovableHandle]:
        hooks = OrderedDict() if backward_hooks is None else backward_hooks
        handle = RemovableHandle(hooks)
        hooks[handle.id] = hook
        return hooks, handle


FunctionBase.__name__ = FunctionBase.__qualname__ = "_FunctionBase"
HookMixin.__name__ = HookMixin.__qualname__ = "_HookMixin"
HookMixin.__module__ = "torch.autograd.function"
_HookMixin = HookMixin


class BackwardCFunction(FunctionBase, FunctionCtx, HookMixin):
    """The base of the classes `<Name>Backward`, which every Function gets one of."""

    __module__ = "torch.autograd.function"

    _forward_cls: ClassVar[Any]
    _autograd_function_id: ClassVar[int]

    def _get_user_fn(self) -> Callable[..., Any]:
        backward: Callable[..., Any] = self._forward_cls.backward
        vjp: Callable[..., Any] = self._forward_cls.vjp
        if vjp is Function.vjp:
            return backward
        if backward is not Function.backward:
            raise RuntimeError(custom_function_texts.BACKWARD_AND_VJP)
        return vjp

    def apply(self, *gradients: Any) -> Any:
        """Run the user's backward. The engine hands over one list, which is emptied; a caller hands over tensors."""
        if len(gradients) == 1 and type(gradients[0]) is list:
            return self._checked(self._run(self._materialized(gradients[0])))
        return self._run(gradients)

    def _run(self, gradients: Sequence[Any]) -> Any:
        backward = self._get_user_fn()
        if self._forward_cls.boxed_grads_call:
            return backward(self, list(gradients))
        return backward(self, *gradients)

    def apply_boxed(self, *args: Any) -> Any:
        return self._get_user_fn()(self, *args)

    def apply_jvp(self, *args: Any) -> Any:
        return self._forward_cls.jvp(self, *args)

    def _materialized(self, gradients: Gradients) -> Gradients:
        """The gradients with zeros where one is missing, unless the user does not want that."""
        given = list(gradients)
        gradients.clear()
        if self.flags["materialize_grads"]:
            for i, facts in enumerate(self.result_facts):
                wanted = facts is not None and (facts.differentiable or self.flags[READABLE])
                if given[i] is None and wanted:
                    zeros = facts.zeros()
                    given[i] = lifted(levels.stack[-1], zeros) if levels.stack else zeros
        return given

    def _checked(self, returned: Any) -> Gradients:
        """The gradients of the tensors among the arguments.

        Raises RuntimeError if their number does not fit or one is no tensor.
        """
        values = returned if isinstance(returned, tuple) else (returned,)
        expected = len(self.argument_is_tensor)
        if len(values) > expected and all(each is None for each in values[expected:]):
            values = values[:expected]
        if len(values) != expected:
            raise RuntimeError(custom_function_texts.incorrect_number_of_gradients(self.name(), expected, len(values)))
        results: Gradients = []
        for i, (each, is_tensor) in enumerate(zip(values, self.argument_is_tensor, strict=True)):
            if not is_tensor:
                if each is not None:
                    raise RuntimeError(custom_function_texts.gradient_of_no_tensor(self.name(), i + 1))
            elif each is None or isinstance(each, Tensor):
                results.append(each)
            else:
                raise RuntimeError(custom_function_texts.expected_variable_or_none(type_name(each)))
        return results

    def _compiled_autograd_key(self) -> tuple[int, ...]:
        key: tuple[int, ...] = self._forward_cls._compiled_autograd_key(self)
        return key


next_function_id = count().__next__
needs_grad: Any = Tensor.requires_grad.fget  # type: ignore[attr-defined]
"""What `requires_grad` says, without asking modes."""


class FunctionMeta(type):
    """Gives every Function the class of its nodes."""

    _backward_cls: Any

    def __init__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> None:
        namespace = {"_forward_cls": cls, "__module__": "torch.autograd.function"}
        cls._backward_cls = type(name + "Backward", (BackwardCFunction,), namespace)
        cls._backward_cls._autograd_function_id = next_function_id()
        super().__init__(name, bases, attrs)


FunctionMeta.__module__ = "torch.autograd.function"


class SingleLevelFunction(FunctionBase, FunctionCtx, HookMixin, metaclass=FunctionMeta):
    """The static methods a user overrides, and what they say when not overridden."""

    __module__ = "torch.autograd.function"

    clear_saved_tensors_on_access = False
    boxed_grads_call = False

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the results: `forward(ctx, ...)`, or without `ctx` where `setup_context` is overridden."""
        raise NotImplementedError(custom_function_texts.FORWARD_MISSING)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Put on `ctx` what `backward` will need, after `forward` ran."""
        raise NotImplementedError(custom_function_texts.SETUP_CONTEXT_MISSING)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """From the gradients of the results to those of the arguments, None for what has none."""
        raise NotImplementedError(custom_function_texts.BACKWARD_MISSING)

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """From the tangents of the arguments to those of the results."""
        raise NotImplementedError(custom_function_texts.JVP_MISSING)


SingleLevelFunction.__name__ = SingleLevelFunction.__qualname__ = "_SingleLevelFunction"
_SingleLevelFunction = SingleLevelFunction


class Function(SingleLevelFunction):
    """The base of operators that a user writes; call `apply`."""

    __module__ = "torch.autograd.function"

    generate_vmap_rule = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(custom_function_texts.function_instantiated(type(self)), DeprecationWarning, stacklevel=2)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(custom_function_texts.LEGACY_FUNCTION)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *args: Any) -> Any:
        """How the Function acts on batches."""
        raise NotImplementedError(custom_function_texts.VMAP_MISSING)

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run `forward` and record it.

        Raises RuntimeError and TypeError for what `forward` marked or saved and may not.
        """
        separate = is_setup_context_defined(cls.setup_context)
        if in_transform():
            if not separate:
                raise RuntimeError(custom_function_texts.FUNCTORCH_NEEDS_SETUP_CONTEXT)
            if isinstance(levels.stack[-1], BatchLevel):
                from refgrad.autograd.batched_function import apply_batched

                bound = inspect.signature(cls.forward).bind(*args, **kwargs)
                bound.apply_defaults()
                return apply_batched(cls, bound.args, levels.stack[-1])
            args = tuple([lifted(levels.stack[-1], each) if isinstance(each, Tensor) else each for each in args])
        if separate:
            bound = inspect.signature(cls.forward).bind(*args, **kwargs)
            bound.apply_defaults()
            args, kwargs = bound.args, bound.kwargs
        return run_function(cls, positional(cls.forward, args, kwargs, separate) if kwargs else args, separate)

    @staticmethod
    def _compiled_autograd_key(ctx: Any) -> tuple[int, ...]:
        return (ctx._autograd_function_id,)


def is_setup_context_defined(function: Any) -> bool:
    return function is not SingleLevelFunction.setup_context


def positional(forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any], separate: bool) -> tuple[Any, ...]:
    """Arguments given by keyword, put behind the others in the order of `forward`; defaults are not filled in.

    Raises TypeError if one does not fit, or leaves a gap.
    """
    code = forward.__code__
    names = code.co_varnames[0 if separate else 1 : code.co_argcount]
    places = {}
    for name, value in kwargs.items():
        if name not in names:
            raise TypeError(custom_function_texts.unexpected_keyword(name))
        place = names.index(name)
        if place < len(args):
            raise TypeError(custom_function_texts.multiple_values(name))
        places[place] = value
    for place in range(len(args), len(args) + len(kwargs)):
        if place not in places:
            raise TypeError(custom_function_texts.missing_argument(names[place], place))
    return (*args, *(places[place] for place in sorted(places)))


def generated_class(cls: Any) -> Any:
    """The class of the nodes that a Function makes inside a transform."""
    made = cls.__dict__.get("_generated_cls")
    if made is None:
        base = cls._backward_cls
        made = type(f"{cls.__name__}GeneratedBackward", (base,), {"__module__": base.__module__})
        cls._generated_cls = made
    return made


def run_function(cls: Any, inputs: tuple[Any, ...], separate: bool) -> Any:
    """Run `forward` unrecorded on a new node, and hang the results on it if one of the inputs requires grad."""
    tensors = [each for each in inputs if isinstance(each, Tensor)]
    wanted = tuple(isinstance(each, Tensor) and needs_grad(each) for each in inputs)
    recording = modes.is_grad_enabled() and any(wanted)
    nodes = tuple([each.edge() for each in tensors]) if recording else ()
    node = generated_class(cls)() if in_transform() else cls._backward_cls()
    node.sequence_number = next_sequence_number()
    if anomaly.state.enabled:
        anomaly.remember(node)
    node.next_nodes = nodes
    node.next_numbers = tuple(
        [0 if maker is None else each._output_nr for each, maker in zip(tensors, nodes, strict=False)]
    )
    node.needs_input_grad = wanted
    node.argument_is_tensor = tuple([isinstance(each, Tensor) for each in inputs])
    before = modes.is_grad_enabled(), levels.forward
    modes.set_grad(False)
    levels.forward = False
    try:
        if not separate:
            output = cls.forward(node, *inputs)
        else:
            output = forward_below(cls, inputs, levels.stack[-1]) if in_transform() else cls.forward(*inputs)
            cls.setup_context(node, inputs, output)
    finally:
        modes.set_grad(before[0])
        levels.forward = before[1]
    single = not isinstance(output, tuple)
    saved = tensors_to_save(node, recording)
    kept_apart = [*saved, *(node.saved_for_forward or ())] if separate else []
    raw = (output,) if single else output
    marks = node.dirty_tensors, node.non_differentiable
    with DisableTorchFunction() if overrides.modes else nullcontext():
        results = hang_results(node, tensors, raw, kept_apart, recording)
    if levels.active and levels.dual is not None and levels.forward and not modes.is_inference_mode_enabled():
        from refgrad.autograd.results_forward import hang_tangents

        hang_tangents(node, tensors, raw, results, *[identities(each or ()) for each in marks])
    if recording:
        with DisableTorchFunction() if overrides.modes else nullcontext():
            node.saved = [save(each, node) for each in saved]
    node.to_save = None
    node.saved_for_forward = None
    return results[0] if single else tuple(results)


def forward_below(cls: Any, inputs: tuple[Any, ...], level: Level) -> Any:
    """The Function run below a level of `torch.func`, on what the inputs stand on; its results as tensors of the level.

    An input that is returned stays that input.
    """
    below = [lowered(level, each) if isinstance(each, Tensor) else each for each in inputs]
    modes.set_grad(True)
    levels.forward = True
    with Lowered(level):
        output = cls.apply(*below)
    modes.set_grad(False)
    levels.forward = False
    known = {id(each): given for each, given in zip(below, inputs, strict=True)}

    def lift(each: Any) -> Any:
        return known.get(id(each), wrapped(level, each)) if isinstance(each, Tensor) else each

    return tuple(map(lift, output)) if isinstance(output, tuple) else lift(output)


def tensors_to_save(node: Any, recording: bool) -> list[Tensor | None]:
    """What `save_for_backward` was given.

    Raises TypeError if something is no tensor, unless nothing is recorded anyway.
    """
    given = node.to_save
    if given is None:
        return []
    if not isinstance(given, tuple):
        raise RuntimeError(custom_function_texts.function_attribute_no_tuple("to_save"))  # noqa: TRY004
    if recording:
        for i, each in enumerate(given):
            if each is not None and not isinstance(each, Tensor):
                raise TypeError(custom_function_texts.saved_no_tensor(i, type_name(each)))
    return [each for each in given if each is None or isinstance(each, Tensor)]


def save(tensor: Tensor | None, node: Node) -> Any:
    if tensor is None:
        return None
    return save_output(tensor) if tensor.grad_fn is node else save_input(tensor)


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A backward that is not recorded: differentiating what it returns is an error.

    The error comes when that gradient is differentiated. If no gradient coming in requires grad, none comes.
    """

    @functools.wraps(fn)
    def wrapper(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        from refgrad.autograd.errors import DelayedError

        with modes.quietly(False):
            outputs = fn(ctx, *args, **kwargs)
        if not (modes.is_grad_enabled() and any(isinstance(each, Tensor) and each.requires_grad for each in args)):
            return outputs
        given = outputs if isinstance(outputs, tuple) else (outputs,)
        aliases = [None if each is None else each.detach().requires_grad_() for each in given]
        return DelayedError(custom_function_texts.ONCE_DIFFERENTIABLE, len(given))(*aliases)

    return wrapper


class InplaceFunction(Function):
    """A base of old code."""

    __module__ = "torch.autograd.function"

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class NestedIOFunction(Function):
    """A base of old code whose arguments and results were nested lists of tensors; it cannot be run any more."""

    __module__ = "torch.autograd.function"

    def _do_forward(self, *input: Any) -> Any:
        self._nested_input = input
        flat = super()._do_forward(*flat_tensors(input))  # type: ignore[misc]
        return nested_as(flat, self._nested_output)

    __call__ = _do_forward

    def _do_backward(self, gradients: Any, retain_variables: bool) -> Any:
        self.retain_variables = retain_variables
        result = super()._do_backward(gradients, retain_variables)  # type: ignore[misc]
        if not retain_variables:
            del self._nested_output
            del self._to_save_nested
        return result

    def forward(self, *args: Any) -> Any:  # type: ignore[override]
        result: Any = self.forward_extended(*args)  # type: ignore[func-returns-value]
        self._nested_output = result
        return tuple(flat_tensors(result))

    def backward(self, *gradients: Any) -> Any:  # type: ignore[override]
        result: Any = self.backward_extended(*nested_as(gradients, self._nested_output))  # type: ignore[func-returns-value]
        return tuple(flat_tensors(result))

    def save_for_backward(self, *args: Any) -> None:
        self.to_save = tuple(flat_tensors(args))
        self._to_save_nested = args

    @property
    def saved_tensors(self) -> Any:
        return nested_as(super().saved_tensors, self._to_save_nested)

    def mark_dirty(self, *args: Any, **kwargs: Any) -> None:
        self.dirty_tensors = tuple(flat_tensors((args, kwargs)))

    def mark_non_differentiable(self, *args: Any, **kwargs: Any) -> None:
        self.non_differentiable = tuple(flat_tensors((args, kwargs)))

    def forward_extended(self, *input: Any) -> None:
        raise NotImplementedError

    def backward_extended(self, *grad_output: Any) -> None:
        raise NotImplementedError


def flat_tensors(value: Any) -> Iterator[Tensor]:
    """The tensors in nested lists, tuples and dicts, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from flat_tensors(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from flat_tensors(each)
    elif value is not None:
        raise ValueError(custom_function_texts.cannot_nest(type(value)))


def nested_as(values: Sequence[Any], example: Any) -> Any:
    """Flat values in the structure of `example`."""
    left = iter(values)

    def build(part: Any) -> Any:
        if isinstance(part, (list, tuple)):
            return type(part)([None if each is None else build(each) for each in part])
        return next(left)

    return build(example)


__all__ = [
    "BackwardCFunction", "Function", "FunctionCtx", "FunctionMeta", "InplaceFunction", "NestedIOFunction",
    "once_differentiable",
]  # fmt: skip
