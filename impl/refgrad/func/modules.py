"""`torch.func` for modules: a call with other parameters, and the states of several modules as one.

Behaviour: https://docs.pytorch.org/docs/2.13/func.api.html, details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from refgrad.nn.module import Module
from refgrad.nn.modules import CLASSES
from refgrad.operators.names import FUNCTIONS
from refgrad.tensor import Tensor

NO_MODULES = "stack_module_state: Expected at least one model, got 0."
MIXED_TRAINING = "stack_module_state: Expected all models to have the same training/eval mode."
MIXED_CLASSES = "stack_module_state: Expected all models to be of the same class."


def functional_call(
    module: Module, parameter_and_buffer_dicts: Any, args: Any = None, kwargs: Any = None, *, tie_weights: bool = True,
    strict: bool = False,
) -> Any:  # fmt: skip
    """`module(*args, **kwargs)` with some of its parameters and buffers replaced for this call.

    Raises ValueError for a name given twice, TypeError for something else than dictionaries.
    """
    if isinstance(parameter_and_buffer_dicts, Sequence):
        given: dict[str, Any] = {}
        if not all(isinstance(each, dict) for each in parameter_and_buffer_dicts):
            raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
        names = [name for each in parameter_and_buffer_dicts for name in each]
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        if twice:
            raise ValueError(f"{twice} appeared in multiple dictionaries; behavior of functional call is ambiguous")
        for each in parameter_and_buffer_dicts:
            given |= each
    elif isinstance(parameter_and_buffer_dicts, dict):
        given = parameter_and_buffer_dicts
    else:
        kind = type(parameter_and_buffer_dicts)
        raise ValueError(  # noqa: TRY004  # PyTorch's
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {kind}"
        )
    return called_with(module, given, args, kwargs, tie_weights, strict)


def called_with(module: Module, given: dict[str, Any], args: Any, kwargs: Any, tie_weights: bool, strict: bool) -> Any:
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with reparametrized(module, given, tie_weights, strict):
        return module(*args, **(kwargs or {}))


@contextmanager
def reparametrized(module: Module, given: dict[str, Any], tie_weights: bool, strict: bool) -> Iterator[None]:
    """A block in which the module has other tensors."""
    whole = with_tied(module, given) if tie_weights else given
    if strict:
        check_strictly(module, whole)
    with replaced(module, whole, given):
        yield


def check_strictly(module: Module, given: dict[str, Any]) -> None:
    own = {name for name, _ in members(module)}
    unexpected, missing = sorted(given.keys() - own), sorted(own - given.keys())
    parts = [
        f"{kind} key(s): {', '.join(map(repr, names))}."
        for kind, names in (("Unexpected", unexpected), ("Missing", missing))
        if names
    ]
    if parts:
        raise RuntimeError(f"Error(s) in reparametrizing for {type(module).__name__}:\n\t" + "\n\t".join(parts))


def with_tied(module: Module, given: dict[str, Any]) -> dict[str, Any]:
    """The replacements, also for other names of the same parameters."""
    places: dict[int, list[str]] = {}
    for name, each in members(module):
        places.setdefault(id(each), []).append(name)
    made = {name: given[name] for name in given.keys()}  # noqa: SIM118  # what is no dictionary has none
    for names in places.values():
        known = [given[name] for name in names if name in given]
        if known and any(each is not known[0] for each in known):
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(names)}, which are tied. Consider using "
                "tie_weights=False"
            )
        made.update((name, known[0]) for name in names if known)
    return made


def members(module: Module) -> Iterator[tuple[str, Any]]:
    yield from module.named_parameters(remove_duplicate=False)
    yield from module.named_buffers(remove_duplicate=False)


@contextmanager
def replaced(module: Module, given: dict[str, Any], told: dict[str, Any]) -> Iterator[None]:
    """Let the module have other tensors under some names; what it puts in their place is written into `told`."""
    places = []
    for name, value in given.items():
        path, _, last = name.rpartition(".")
        owner = module.get_submodule(path)
        check_replacement(owner, last, value)
        for kept in (owner._parameters, owner._buffers):
            if last in kept:
                places.append((kept, last, kept[last], value))
                break
        else:
            places.append((owner.__dict__, last, owner.__dict__.get(last, places), value))
    for kept, last, _, value in places:
        kept[last] = value
    try:
        yield
    finally:
        for kept, last, before, value in places:
            if kept[last] is not value:
                told[next(name for name, each in given.items() if each is value)] = kept[last]
            if before is places:
                del kept[last]
            else:
                kept[last] = before


def check_replacement(owner: Module, name: str, value: Any) -> None:
    """Raise KeyError for a name that a tensor cannot have, TypeError where something else is or should be."""
    if value is not None and not isinstance(value, Tensor):
        raise TypeError(f"{value} is not an instance of torch.Tensor")
    if name == "":
        raise KeyError('tensor name can\'t be empty string ""')
    before = getattr(owner, name, None)
    if before is not None and not isinstance(before, Tensor):
        raise TypeError(f"attribute `{name}`: {before} is not an instance of torch.Tensor")


def stack_module_state(models: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and the buffers of several modules, each stacked along a new first dimension.

    Raises RuntimeError if there are none, or they differ in class or mode.
    """
    if len(models) == 0:
        raise RuntimeError(NO_MODULES)
    if len({each.training for each in models}) > 1:
        raise RuntimeError(MIXED_TRAINING)
    if len({type(each) for each in models}) > 1:
        raise RuntimeError(MIXED_CLASSES)
    stack = FUNCTIONS["stack"]
    parameters, buffers = {}, {}
    for name, first in models[0].named_parameters():
        if any(dict(each.named_parameters())[name].requires_grad != first.requires_grad for each in models):
            raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
        made = stack([dict(each.named_parameters())[name].detach() for each in models])
        parameters[name] = made.requires_grad_(first.requires_grad)
    for name, _ in models[0].named_buffers():
        buffers[name] = stack([dict(each.named_buffers())[name] for each in models])
    return parameters, buffers


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Let every batch normalization in the module keep no running statistics."""
    kinds = tuple(CLASSES[f"BatchNorm{rank}d"] for rank in (1, 2, 3))
    for each in root.modules():
        if isinstance(each, kinds):
            each.running_mean = each.running_var = each.num_batches_tracked = None
            each.track_running_stats = False
    return root


__all__ = ["functional_call", "replace_all_batch_norm_modules_", "stack_module_state"]
