"""`torch.library`: operators that a user registers, with kernels, a derivative, a rule for `vmap` and one for autocast.

Such an operator is an `autograd.Function` of its own: its kernel runs below autograd.
"""

from __future__ import annotations

import contextlib
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from refgrad import amp, ops
from refgrad import library_texts as texts
from refgrad.autograd import forward_ad
from refgrad.autograd.graph import increment_version
from refgrad.func.trees import flatten, unflatten
from refgrad.levels import BatchLevel, in_transform, levels
from refgrad.library_fallback import with_warnings
from refgrad.library_function import applied
from refgrad.library_schema import OWED, Schema, parsed, schema_of
from refgrad.library_transforms import run_on_level
from refgrad.memory import root
from refgrad.modes import is_grad_enabled, modes, quietly
from refgrad.tensor import Tensor

EVERYWHERE = "CPU"
IMPLICIT = "CompositeImplicitAutograd"
EXPLICIT = "CompositeExplicitAutograd"
AUTOGRAD = "Autograd"
KNOWN_KEYS = frozenset(
    "CPU CUDA Meta MPS XLA MTIA XPU HPU PrivateUse1 SparseCPU QuantizedCPU Autograd AutogradCPU AutogradCUDA"
    " CompositeImplicitAutograd CompositeExplicitAutograd CompositeExplicitAutogradNonFunctional BackendSelect Python"
    " ADInplaceOrView AutocastCPU AutocastCUDA Functionalize FuncTorchBatched AutogradMeta AutogradOther Undefined".split()  # noqa: E501
)


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
        self._init_fn: Callable[..., Any] | None = None
        """The function that a `custom_op` was made of."""
        self.defined_at = ""
        """Where the `Library` was made that has the operator, if it is of one."""
        self.has_autograd = True
        """Whether the operator has a derivative of its own, be it an error; else its kernel is recorded."""
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
        if AUTOGRAD in self.kernels and not modes.below:
            return self.kernels[AUTOGRAD](*free, **named)
        if EVERYWHERE not in self.kernels and IMPLICIT in self.kernels:
            return self.kernels[IMPLICIT](*free, **named)
        if self.defined_at and not self.has_autograd and not batched():
            return self.as_it_comes(free, named)
        if in_transform():
            return run_on_level(self, free, named, levels.stack[-1])
        if self.schema.result == "()":
            return self.written(free, named)
        given = self.trimmed(free)
        leaves = flatten(given)[0]
        if (
            self.has_autograd
            and is_grad_enabled()
            and any(isinstance(each, Tensor) and each.requires_grad for each in leaves)
        ):
            return applied(self, given, free[len(given) :], named)
        with forward_ad._set_fwd_grad_enabled(False):
            return self.computed(free, named)

    def as_it_comes(self, free: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """What the kernel of a `Library` gives, recorded as it goes. Raises NotImplementedError without one."""
        kernel = self.kernels.get(EVERYWHERE) or self.kernels.get(EXPLICIT)
        if kernel is None:
            raise NotImplementedError(texts.no_kernel(self._qualname))
        made = kernel(*free, **named)
        return made if AUTOGRAD in self.kernels else with_warnings(self._qualname, (free, named), made)

    def trimmed(self, free: tuple[Any, ...]) -> tuple[Any, ...]:
        """Without the last ones that are what they would be anyway."""
        count = len(free)
        while count and self.schema.arguments[count - 1].default is not OWED:
            given, usual = free[count - 1], self.schema.arguments[count - 1].default
            if isinstance(given, Tensor) or type(given) is not type(usual) or given != usual:
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
                    raise RuntimeError(texts.aliasing(self._name, implementing_module()))
                given.add(id(root(each._array)))
        if self.schema.result == "Tensor" and not isinstance(made, Tensor):
            raise RuntimeError(texts.result_no_tensor(made))
        self.count_writes(free, named)
        return made

    def written(self, free: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Run a kernel that only changes its arguments."""
        with quietly(False):
            self.kernels[EVERYWHERE](*free, **named)
        self.count_writes(free, named)

    def count_writes(self, free: tuple[Any, ...], named: dict[str, Any]) -> None:
        """What is written is seen in the versions of the arguments."""
        values = dict(zip((each.name for each in self.schema.arguments), free, strict=False)) | named
        for each in self.schema.arguments:
            if each.written:
                for tensor in flatten(values[each.name])[0]:
                    if isinstance(tensor, Tensor):
                        increment_version(tensor)

    def register_kernel(self, device_types: Any, fn: Callable[..., Any] | None = None, /) -> Any:
        """Let `fn` compute the operator on devices; as a decorator without it."""

        def register(kernel: Callable[..., Any]) -> Callable[..., Any]:
            wanted = [device_types] if isinstance(device_types, str) else device_types
            for each in wanted or ["cpu"]:
                self.kernels[KEYS.get(each, each)] = kernel
            return kernel

        return register if fn is None else register(fn)

    @contextlib.contextmanager
    def set_kernel_enabled(self, device_type: str, enabled: bool = True) -> Iterator[None]:
        """A block in which the kernel for a device is, or is not, what computes the operator; else the first one is."""
        key = KEYS.get(device_type, device_type)
        before = self.kernels.get(key)
        if not enabled and self._init_fn is not None:
            self.kernels[key] = self._init_fn
        try:
            yield
        finally:
            if before is not None:
                self.kernels[key] = before

    def register_fake(self, fn: Callable[..., Any], /) -> Callable[..., Any]:
        """How the result looks without being computed, which nothing here asks for."""
        return fn

    def register_autograd(
        self, backward: Callable[..., Any], /, *, setup_context: Callable[..., Any] | None = None
    ) -> None:
        """The derivative, and what the forward has to keep for it.

        Raises RuntimeError for an operator that writes its arguments.
        """
        if self.schema.is_mutable:
            shown = str(self._opoverload) if self.defined_at else self
            raise RuntimeError(texts.not_functional(shown, f"{self._qualname}{self.schema.as_registered()}"))
        self.has_autograd = True
        self._backward, self._setup_context = backward, setup_context

    def register_vmap(self, func: Callable[..., Any] | None = None) -> Any:
        """How the operator runs once for a whole batch."""

        def register(rule: Callable[..., Any]) -> None:
            self._rule = rule

        return register if func is None else register(func)

    def register_autocast(self, device_type: str, cast_inputs: Any) -> None:
        """The type that floating inputs get where autocast is on."""
        self.casts[device_type] = cast_inputs


def batched() -> bool:
    """Whether the innermost transform is `vmap`."""
    return in_transform() and isinstance(levels.stack[-1], BatchLevel)


def implementing_module() -> Any:
    """What PyTorch says has the kernel: the module that makes operators, by its own name."""
    return sys.modules[__name__]


KEYS = {"cpu": EVERYWHERE, "default": "CompositeExplicitAutograd", "cuda": "CUDA"}


def narrowed(value: Any, kind: Any) -> Any:
    if isinstance(value, Tensor) and value.is_floating_point() and str(value.dtype) != "torch.float64":
        return value.to(kind)
    return value


def looked_up(op: Any, function: str = "") -> CustomOpDef:
    """The operator of a name, an overload, or an operator.

    Raises AttributeError if there is none, ValueError for anything else.
    """
    if not isinstance(op, (CustomOpDef, str, ops.OpOverload, ops.OpOverloadPacket)):
        raise ValueError(texts.unexpected_operator(function, op))  # noqa: TRY004
    if isinstance(op, CustomOpDef):
        return op
    if isinstance(op, str):
        namespace, name = op.split("::")
        found: CustomOpDef = getattr(ops.namespace(namespace), name).definition
        return found
    packet: Any = op.overloadpacket if isinstance(op, ops.OpOverload) else op
    definition: CustomOpDef = packet.definition
    return definition


def custom_op(
    name: str, fn: Callable[..., Any] | None = None, /, *, mutates_args: str | Iterable[str], device_types: Any = None,
    schema: str | None = None, tags: Any = None,
) -> Any:  # fmt: skip
    """Make an operator of a function; as a decorator without one."""

    def make(function: Callable[..., Any]) -> CustomOpDef:
        found = schema_of(function, mutates_args) if schema is None else parsed(schema)
        written = {each.name for each in found.arguments if each.written}
        if schema is not None and mutates_args != "unknown" and written != set(mutates_args):
            raise ValueError(texts.schemas_disagree(mutates_args, schema, written or set()))
        namespace, bare = name.split("::")
        made = CustomOpDef(namespace, bare, found)
        made._init_fn = function
        made.register_kernel(device_types, function)
        return made

    return make if fn is None else make(fn)


def infer_schema(prototype_function: Callable[..., Any], /, *, mutates_args: Any, op_name: str | None = None) -> str:
    return (op_name or "") + str(schema_of(prototype_function, mutates_args))


def define(qualname: str, schema: str, *, lib: Any = None, tags: Any = ()) -> None:
    """An operator without kernels. Raises ValueError for a name or a schema of another form."""
    if "::" not in qualname:
        raise ValueError(texts.no_qualname(qualname))
    if not re.fullmatch(r"\s*\w*\(.*\)\s*->.*", schema):
        raise ValueError(texts.no_schema(schema))
    namespace, name = qualname.split("::")
    if hasattr(ops.namespace(namespace), name):
        declared = ops.Schema(f"{namespace}::{name}", "", False, parsed(schema).as_registered())
        first = looked_up(qualname).defined_at or UNKNOWN_PLACE
        raise RuntimeError(texts.registered_twice(declared, first, UNKNOWN_PLACE if lib is None else lib.made_at))
    made = CustomOpDef(namespace, name, parsed(schema))
    made.has_autograd = False
    made.defined_at = UNKNOWN_PLACE if lib is None else lib.made_at


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
    looked_up(op, "register_autograd").register_autograd(backward, setup_context=setup_context)


def register_vmap(op: Any, func: Any = None, /, *, lib: Any = None) -> Any:
    return looked_up(op).register_vmap(func)


def register_autocast(op: Any, device_type: str, cast_inputs: Any, /, *, lib: Any = None) -> None:
    looked_up(op).register_autocast(device_type, cast_inputs)


defined: dict[str, str] = {}
"""Where the library of each namespace was made."""
replaced: list[bool] = []
"""Whether a kernel has been replaced; it is told once."""
UNKNOWN_PLACE = "/dev/null:0"


class Library:
    """Operators of a namespace, registered one by one."""

    __module__ = "torch.library"

    def __init__(self, ns: str, kind: str, dispatch_key: str = "") -> None:
        if kind not in ("IMPL", "DEF", "FRAGMENT"):
            raise ValueError(f"Unsupported kind: {kind}")
        if ns in ("prim", "prims", "_C") and kind in ("DEF", "FRAGMENT"):
            raise ValueError(texts.reserved(ns))
        self.ns, self.kind, self.dispatch_key = ns, kind, dispatch_key
        caller = sys._getframe(1)
        self.made_at = f"{caller.f_code.co_filename}:{caller.f_lineno}"
        if kind == "DEF" and ns in defined:
            raise RuntimeError(texts.defined_twice(ns, defined[ns], self.made_at))
        if kind == "DEF":
            defined[ns] = self.made_at

    def __repr__(self) -> str:
        return f"Library(kind={self.kind}, ns={self.ns}, dispatch_key={self.dispatch_key})>"

    def define(self, schema: str, alias_analysis: str = "", *, tags: Any = ()) -> str:
        """An operator without kernels; its name. Raises RuntimeError if there is one."""
        name = schema.split("(", maxsplit=1)[0].strip()
        if "(" not in schema:
            raise RuntimeError(texts.ONLY_NAME)
        define(f"{self.ns}::{name}", schema, lib=self)
        return name

    def impl(self, op_name: Any, fn: Callable[..., Any], dispatch_key: str = "", **_: Any) -> None:
        if not callable(fn):
            raise TypeError(texts.kernel_not_callable(type(fn)))
        key = dispatch_key or self.dispatch_key or IMPLICIT
        if key not in KNOWN_KEYS:
            raise RuntimeError(texts.no_key(key))
        bare = op_name if isinstance(op_name, str) else op_name.__name__.split(".")[0]
        bare = bare.split("::")[-1]
        if not hasattr(ops.namespace(self.ns), bare):
            return  # it may be defined later
        found = looked_up(f"{self.ns}::{bare}")
        if key in found.kernels and not replaced:
            replaced.append(True)
            declared = f"{found._qualname}{found.schema.as_registered()}"
            text = texts.kernel_replaced(declared, found.defined_at, key, self.made_at)
            warnings.warn(text, UserWarning, stacklevel=2)
        found.register_kernel(key, fn)


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
