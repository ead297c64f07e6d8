"""The engine as code below `torch.autograd.grad` calls it: with tuples, and without any of the defaults made above."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refgrad import backward_texts
from refgrad.backward import engine


class _EngineBase:
    """`torch.autograd.Variable._execution_engine`."""

    __module__ = "torch._C"
    __slots__ = ()

    def run_backward(
        self, tensors: Any, grad_tensors: Any, keep_graph: Any = False, create_graph: Any = False, inputs: Any = (),
        allow_unreachable: Any = False, accumulate_grad: Any = False,
    ) -> Any:  # fmt: skip
        """The gradients of `inputs`; None with `accumulate_grad`, which adds them to the leaves.

        Raises RuntimeError for arguments that are no tuples, or of which nothing can be computed.
        """
        from refgrad.autograd import run

        for name, given in (("tensors", tensors), ("grad_tensors", grad_tensors)):
            if not isinstance(given, tuple):
                raise RuntimeError(backward_texts.run_backward_no_tuple(name, type(given).__name__))  # noqa: TRY004
        if not isinstance(inputs, tuple):
            raise RuntimeError(backward_texts.RUN_BACKWARD_INPUTS)  # noqa: TRY004
        found = run(tensors, grad_tensors, keep_graph, create_graph, inputs, allow_unreachable, bool(accumulate_grad))
        return None if accumulate_grad else found

    def queue_callback(self, callback: Callable[[], object], /) -> None:
        """Call `callback` when the running backward is done. Raises RuntimeError outside of one."""
        engine.queue_callback(callback)

    def is_checkpoint_valid(self) -> bool:
        """Whether every running backward accumulates into all leaves."""
        return engine.is_checkpoint_valid()


execution_engine = _EngineBase()


def _engine_run_backward(t_outputs: Any, *args: Any, **kwargs: Any) -> Any:
    """What `backward` and `grad` hand their checked arguments to."""
    return execution_engine.run_backward(t_outputs, *args, **kwargs)
