"""`torch.library`: operators that a user registers, with kernels, a derivative, a rule for `vmap` and one for autocast.

Such an operator is an `autograd.Function` of its own: its kernel runs below autograd.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from refgrad import amp, ops
from refgrad import library_texts as texts
from refgrad.autograd.function import Function
from refgrad.autograd.graph import increment_version
from refgrad.func.trees import flatten, unflatten
from refgrad.levels import in_transform
from refgrad.library_schema import OWED, Schema, parsed, schema_of
from refgrad.memory import root
from refgrad.modes import is_grad_enabled, no_grad
from refgrad.tensor import Tensor

EVERYWHERE = "CPU"
IMPLICIT = "CompositeImplicitAutograd"


class CustomOpDef:
    """A registered operator; calling it runs the kernel for the CPU."""

    __module__ = "torch._library.custom_ops"

    def __init__(self, namespace: str, name: str, schema: Schema) -> None:
        self._namespace, self._name, self._qualname = namespace, name, f"{namespace}::{name}"
        self.schema = schema
        self._schema = str(schema)
        self.kernels: dict[str, Callable[..., Any]] = {}
        self.casts: dict[str, Any] = {}
        self._backward: Callable[..., Any] | None = None
        self._setup_context: Callable[..., Any] | None = None
        self._rule: Callable[..., Any] | None = None
        self._opoverload = ops.custom(namespace, name, self).overload("default")

    def __repr__(self) -> str:
        return f"<CustomOpDef({self._qualname})>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        free, named = self.schema.bound(self._qualname, args, kwargs)
        if "cpu" in self.casts and amp.is_autocast_enabled("cpu"):
            kind = self.casts["cpu"]
            leaves, spec = flatten((free, named))
            free, named = unflatten([narrowed(each, kind) for each in leaves], spec)
            with amp.autocast("cpu", enabled=False):
                return self.run(free, named)
        return self.run(free, named)

    def run(self, free: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if EVERYWHERE not in self.kernels and IMPLICIT in self.kernels:
            return self.kernels[IMPLICIT](*free, **named)
        if self.schema.result == "()":
            return self.written(free, named)
        leaves, spec = flatten(self.trimmed(free), is_whole)
        recording = is_grad_enabled() and any(isinstance(each, Tensor) and each.requires_grad for each in leaves)
        if recording or in_transform():
            return self.function(free, named, spec).apply(*leaves)
        return self.computed(free, named)

    def trimmed(self, free: tuple[Any, ...]) -> tuple[Any, ...]:
        """Without the last ones that are what they would be anyway."""
        count = len(free)
        while count and self.schema.arguments[count - 1].default is not OWED:
            if free[count - 1] is not self.schema.arguments[count - 1].default:
                break
            count -= 1
        return free[:count]

    def computed(self, free: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """What the kernel gives. Raises NotImplementedError without one, RuntimeError if it gives an input again."""
        kernel = self.kernels.get(EVERYWHERE)
        if kernel is None:
            raise NotImplementedError(texts.no_kernel(self._qualname))
        made = kernel(*free, **named)
        given = {id(root(each._array)) for each in flatten((free, named))[0] if isinstance(each, Tensor)}
        for each in flatten(made)[0]:
            if isinstance(each, Tensor):
                if id(root(each._array)) in given:
                    raise RuntimeError(texts.aliasing(self._name, sys.modules[__name__]))
                given.add(id(root(each._array)))
        return made

    def written(self, free: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Run a kernel that changes its arguments, which is seen in their versions."""
        with no_grad():
            self.kernels[EVERYWHERE](*free, **named)
        values = dict(zip((each.name for each in self.schema.arguments), free, strict=False)) | named
        for each in self.schema.arguments:
            if each.written:
                for tensor in flatten(values[each.name])[0]:
                    if isinstance(tensor, Tensor):
                        increment_version(tensor)

    def function(self, free: tuple[Any, ...], named: dict[str, Any], spec: Any) -> type[Function]:
        """The Function of one call: it is told the tensors apart from the lists that they stand in."""
        rest = free[len(self.trimmed(free)) :]

        def whole(leaves: Sequence[Any]) -> tuple[Any, ...]:
            return (*unflatten(list(leaves), spec), *rest)

        def forward(*leaves: Any) -> Any:
            return self.computed(whole(leaves), named)

        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            if self._setup_context is not None:
                extra = {"keyword_only_inputs": named} if named else {}
                self._setup_context(ctx=ctx, inputs=whole(inputs), output=output, **extra)

        def backward(ctx: Any, *grads: Any) -> Any:
            if self._backward is None:
                raise RuntimeError(texts.no_formula(str(self._opoverload)))
            found = self._backward(ctx, *grads)
            told = found if isinstance(found, tuple) else (found,)
            return tuple(each for of, grad in zip(free, told, strict=False) for each in gradients(of, grad))

        methods = {"forward": forward, "setup_context": setup_context, "backward": backward}
        if self._rule is not None:
            methods["vmap"] = self._rule
        title = f"GeneratedBackwardFor_{self._namespace}_{self._name}_default"
        return type(title, (Function,), {key: staticmethod(each) for key, each in methods.items()})

    def register_kernel(self, device_types: Any, fn: Callable[..., Any] | None = None, /) -> Any:
        """Let `fn` compute the operator on devices; as a decorator without it."""

        def register(kernel: Callable[..., Any]) -> Callable[..., Any]:
            wanted = [device_types] if isinstance(device_types, str) else device_types
            for each in wanted or ["cpu"]:
                self.kernels[KEYS.get(each, each)] = kernel
            return kernel

        return register if fn is None else register(fn)

    def register_fake(self, fn: Callable[..., Any], /) -> Callable[..., Any]:
        """How the result looks without being computed, which nothing here asks for."""
        return fn

    def register_autograd(
        self, backward: Callable[..., Any], /, *, setup_context: Callable[..., Any] | None = None
    ) -> None:
        """The derivative, and what the forward has to keep for it."""
        self._backward, self._setup_context = backward, setup_context

    def register_vmap(self, func: Callable[..., Any] | None = None) -> Any:
        """How the operator runs once for a whole batch."""

        def register(rule: Callable[..., Any]) -> None:
            self._rule = rule

        return register if func is None else register(func)

    def register_autocast(self, device_type: str, cast_inputs: Any) -> None:
        """The type that floating inputs get where autocast is on."""
        self.casts[device_type] = cast_inputs


def is_whole(value: Any) -> bool:
    """Whether a list is one argument of the Function: it is unless it has tensors."""
    return isinstance(value, list) and not any(isinstance(each, Tensor) for each in value)


def gradients(argument: Any, grad: Any) -> list[Any]:
    """What a formula gives for an argument, by tensor."""
    if not isinstance(argument, (list, tuple)) or is_whole(argument):
        return [grad]
    return [None] * len(argument) if grad is None else list(grad)


KEYS = {"cpu": EVERYWHERE, "default": "CompositeExplicitAutograd", "cuda": "CUDA"}


def narrowed(value: Any, kind: Any) -> Any:
    if isinstance(value, Tensor) and value.is_floating_point() and str(value.dtype) != "torch.float64":
        return value.to(kind)
    return value


def looked_up(op: Any) -> CustomOpDef:
    """The operator of a name, an overload, or an operator. Raises AttributeError if there is none."""
    if isinstance(op, CustomOpDef):
        return op
    if isinstance(op, str):
        namespace, name = op.split("::")
        found: CustomOpDef = getattr(ops.namespace(namespace), name).definition
        return found
    definition: CustomOpDef = getattr(op, "overloadpacket", op).definition
    return definition


def custom_op(
    name: str, fn: Callable[..., Any] | None = None, /, *, mutates_args: str | Iterable[str], device_types: Any = None,
    schema: str | None = None, tags: Any = None,
) -> Any:  # fmt: skip
    """Make an operator of a function; as a decorator without one."""

    def make(function: Callable[..., Any]) -> CustomOpDef:
        found = schema_of(function, mutates_args) if schema is None else parsed(schema)
        namespace, bare = name.split("::")
        made = CustomOpDef(namespace, bare, found)
        made.register_kernel(device_types, function)
        return made

    return make if fn is None else make(fn)


def infer_schema(prototype_function: Callable[..., Any], /, *, mutates_args: Any, op_name: str | None = None) -> str:
    return (op_name or "") + str(schema_of(prototype_function, mutates_args))


def define(qualname: str, schema: str, *, lib: Any = None, tags: Any = ()) -> None:
    """An operator without kernels."""
    namespace, name = qualname.split("::")
    CustomOpDef(namespace, name, parsed(schema))


def impl(qualname: str, types: Any, func: Callable[..., Any] | None = None, *, lib: Any = None) -> Any:
    """A kernel for devices or dispatch keys; as a decorator without it."""
    found = looked_up(qualname)

    def register(kernel: Callable[..., Any]) -> None:
        found.register_kernel(types, kernel)

    return register if func is None else register(func)


def register_kernel(op: Any, device_types: Any, func: Any = None, /, *, lib: Any = None) -> Any:
    return looked_up(op).register_kernel(device_types, func)


def register_fake(
    op: Any, func: Any = None, /, *, lib: Any = None, _stacklevel: int = 1, allow_override: bool = True
) -> Any:
    found = looked_up(op)
    return found.register_fake if func is None else found.register_fake(func)


def register_autograd(op: Any, backward: Any, /, *, setup_context: Any = None, lib: Any = None) -> None:
    looked_up(op).register_autograd(backward, setup_context=setup_context)


def register_vmap(op: Any, func: Any = None, /, *, lib: Any = None) -> Any:
    return looked_up(op).register_vmap(func)


def register_autocast(op: Any, device_type: str, cast_inputs: Any, /, *, lib: Any = None) -> None:
    looked_up(op).register_autocast(device_type, cast_inputs)


class Library:
    """Operators of a namespace, registered one by one."""

    __module__ = "torch.library"

    def __init__(self, ns: str, kind: str, dispatch_key: str = "") -> None:
        self.ns, self.kind, self.dispatch_key = ns, kind, dispatch_key

    def define(self, schema: str, alias_analysis: str = "", *, tags: Any = ()) -> str:
        name = schema.split("(", maxsplit=1)[0].strip()
        define(f"{self.ns}::{name}", schema)
        return name

    def impl(self, op_name: Any, fn: Callable[..., Any], dispatch_key: str = "", **_: Any) -> None:
        bare = op_name if isinstance(op_name, str) else op_name.__name__.split(".")[0]
        looked_up(f"{self.ns}::{bare.split('::')[-1]}").register_kernel(
            dispatch_key or self.dispatch_key or IMPLICIT, fn
        )


Library.__module__ = "torch.library"

__all__ = [
    "CustomOpDef",
    "Library",
    "custom_op",
    "define",
    "impl",
    "infer_schema",
    "register_autocast",
    "register_autograd",
    "register_fake",
    "register_kernel",
    "register_vmap",
]
