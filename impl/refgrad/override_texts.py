"""What PyTorch says of `__torch_function__`."""

from __future__ import annotations

from collections.abc import Sequence


def no_implementation(name: str, types: Sequence[type], modes: Sequence[object] = ()) -> str:
    asked = "".join(f" nor in mode {each!r}" for each in modes)
    return f"no implementation found for '{name}' on types that implement __torch_function__: {types}{asked}"


PLAIN_TORCH_FUNCTION = (
    "Defining your `__torch_function__` as a plain method is deprecated and will be an error in future, please define "
    "it as a classmethod."
)


def dispatch_failed(name: str, modes: Sequence[object], types: Sequence[type]) -> str:
    listed = "".join(
        [f"\n  - mode object {each!r}" for each in modes] + [f"\n  - tensor subclass {each!r}" for each in types]
    )
    return (
        f"Multiple dispatch failed for '{name}'; all __torch_function__ handlers returned NotImplemented:\n{listed}\n\n"
        "For more information, try re-running with TORCH_LOGS=not_implemented"
    )
