"""Hooks of modules on gradients: two custom Functions that copy nothing stand around the module, and see them.

Details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

import functools
import warnings
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from refgrad.modes import is_grad_enabled
from refgrad.nn import texts
from refgrad.tensor import Tensor

if TYPE_CHECKING:
    from refgrad.nn.module import Module

Hook = Callable[..., Any]


def passing() -> Any:
    """The Function that hands its arguments through; its node is `BackwardHookFunctionBackward`."""
    from refgrad.autograd.function import Function

    class BackwardHookFunction(Function):
        @staticmethod
        def forward(ctx: Any, *args: Any) -> Any:
            ctx.mark_non_differentiable(*[arg for arg in args if not arg.requires_grad])
            return args

        @staticmethod
        def backward(ctx: Any, *args: Any) -> Any:
            return args

    return BackwardHookFunction


class BackwardHook:
    """The full hooks of one call of a module."""

    def __init__(self, module: Module, user_hooks: list[Hook], user_pre_hooks: list[Hook]) -> None:
        self.module = module
        self.user_hooks = user_hooks
        self.user_pre_hooks = user_pre_hooks
        self.grad_outputs: Any = None
        self.input_places: list[int] | None = None
        self.output_places: list[int] = []
        self.inputs = 0
        self.outputs = 0

    def setup_input_hook(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        def hook(grad_input: Any, _: Any) -> Any:
            return self._on_inputs(grad_input)

        def watch(node: Any) -> None:
            node.register_hook(hook)

        passed, places = self.passed_through(watch, args)
        self.inputs, self.input_places = len(args), places
        return passed

    def _on_inputs(self, grad_input: Any) -> Any:
        if self.grad_outputs is None:
            return None  # a second time, for gradients that reach the inputs without passing the outputs
        assert self.input_places is not None
        shown = spread(self.input_places, grad_input, self.inputs)
        for hook in self.user_hooks:
            made = hook(self.module, shown, self.grad_outputs)
            if made is None:
                continue
            if len(made) != len(shown):
                raise RuntimeError(texts.wrong_number_of_hook_gradients("input", len(made), len(shown)))
            shown = made
        self.grad_outputs = None
        return tuple(shown[i] for i in self.input_places)

    def setup_output_hook(self, result: Any) -> Any:
        def hook(_: Any, grad_output: Any) -> Any:
            return self._on_outputs(grad_output)

        def watch(node: Any) -> None:
            node.register_hook(hook)

        single = isinstance(result, Tensor)
        given = (result,) if single else result
        if not isinstance(given, tuple):
            return result
        passed, self.output_places = self.passed_through(watch, given)
        self.outputs = len(given)
        return passed[0] if single else type(result)(passed) if type(result) is tuple else type(result)(*passed)

    def _on_outputs(self, grad_output: Any) -> Any:
        shown = spread(self.output_places, grad_output, self.outputs)
        for hook in self.user_pre_hooks:
            made = hook(self.module, shown)
            if made is None:
                continue
            if len(made) != len(shown):
                raise RuntimeError(texts.wrong_number_of_hook_gradients("output", len(made), len(shown)))
            shown = made
        self.grad_outputs = shown
        if not self.input_places:
            warnings.warn(texts.FULL_HOOK_WITHOUT_INPUTS, stacklevel=5)
            none = spread([], (), self.inputs)
            for hook in self.user_hooks:
                made = hook(self.module, none, self.grad_outputs)
                if made is not None and not (isinstance(made, tuple) and all(each is None for each in made)):
                    raise RuntimeError(texts.HOOK_RETURNED_FOR_NOTHING)
            self.grad_outputs = None
        return tuple(shown[i] for i in self.output_places)

    def passed_through(self, watch: Callable[[Any], None], args: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[int]]:
        """The tensors among `args` on a node of their own, if one of them requires grad."""
        places = [i for i, each in enumerate(args) if isinstance(each, Tensor)]
        if not (is_grad_enabled() and any(args[i].requires_grad for i in places)):
            return args, []
        made = list(passing().apply(*[args[i] for i in places]))
        nodes = [each.grad_fn for each in made if each.grad_fn is not None]
        watch(nodes[0])
        result = list(args)
        for place, each in zip(places, made, strict=True):
            result[place] = each
        return tuple(result), places


def spread(places: list[int], values: Any, count: int) -> tuple[Any, ...]:
    """`values` at their places among `count`, None elsewhere."""
    made: list[Any] = [None] * count
    for place, value in zip(places, values, strict=False):
        made[place] = value
    return tuple(made)


class Bound:
    """A hook of the older kind, as the node sees it; it does not keep the module alive."""

    def __init__(self, hook: Hook, module: Module) -> None:
        self.hook = hook
        self.module = weakref.ref(module)
        functools.update_wrapper(self, hook)

    def __call__(self, *gradients: Any) -> Any:
        module = self.module()
        if module is None:
            raise RuntimeError(texts.DEAD_MODULE)
        return self.hook(module, *gradients)


def attach_non_full(module: Module, hooks: list[Hook], args: Any, result: Any) -> None:
    """The hooks of the older kind: post-hooks of the node that made the output."""
    found = result
    while not isinstance(found, Tensor):
        found = (
            next(each for each in found.values() if isinstance(each, Tensor)) if isinstance(found, dict) else found[0]
        )
    node = found.grad_fn
    if node is None:
        return
    for hook in hooks:
        node.register_hook(Bound(hook, module))
    problem = what_non_full_hooks_miss(args, result, node)
    if problem is not None:
        warnings.warn(problem, FutureWarning, stacklevel=5)


def what_non_full_hooks_miss(args: Any, result: Any, node: Any) -> str | None:
    results = (result,) if isinstance(result, Tensor) else result
    if not (isinstance(results, tuple) and all(isinstance(each, Tensor) for each in results)):
        return texts.NON_FULL_OUTPUT
    if not all(isinstance(each, Tensor) for each in args):
        return texts.NON_FULL_INPUT
    nodes = {each.grad_fn for each in results if each.grad_fn is not None}
    if not nodes or (len(nodes) == 1 and node not in nodes):
        return texts.NON_FULL_NESTED
    if len(nodes) > 1:
        return texts.NON_FULL_OTHER_NODES
    before = {each.grad_fn for each in args if each.grad_fn is not None}
    return texts.NON_FULL_SEVERAL_NODES if before != {each for each, _ in node.next_functions} else None
