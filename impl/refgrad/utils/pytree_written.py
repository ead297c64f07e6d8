"""Structures of `torch.utils._pytree` as text: in JSON, and as a container of stars."""

from __future__ import annotations

import importlib
import json
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

from refgrad.func import texts as tree_texts
from refgrad.func.trees import LEAF, TreeSpec, is_named, shown
from refgrad.utils import pytree_texts as texts

PROTOCOL = 1

names: dict[Any, str] = {
    dict: "builtins.dict", list: "builtins.list", tuple: "builtins.tuple", OrderedDict: "collections.OrderedDict",
    defaultdict: "collections.defaultdict", deque: "collections.deque",
}  # fmt: skip
"""What containers are called there."""


def default_written(context: Any) -> Any:
    factory = context[0]
    return {
        "default_factory_module": factory.__module__, "default_factory_name": factory.__qualname__,
        "dict_context": context[1],
    }  # fmt: skip


def default_read(written: Any) -> Any:
    module = importlib.import_module(written["default_factory_module"])
    return [getattr(module, written["default_factory_name"]), written["dict_context"]]


contexts: dict[Any, tuple[Callable[[Any], Any] | None, Callable[[Any], Any] | None]] = {
    defaultdict: (default_written, default_read)
}
"""How the rest of a container is written and read, where that is not by JSON."""


def written(spec: TreeSpec) -> dict[str, Any]:
    if spec.kind is None:
        return {"type": None, "context": None, "children_spec": []}
    if spec.kind not in names:
        text = texts.namedtuple_without_name if is_named(spec.kind) else texts.no_name
        raise NotImplementedError(text(spec.kind))
    write = contexts.get(spec.kind, (None, None))[0] or json.dumps
    return {
        "type": names[spec.kind],
        "context": write(spec.context),
        "children_spec": [written(each) for each in spec.children()],
    }


def read(found: dict[str, Any]) -> TreeSpec:
    if found["type"] is None:
        return LEAF
    kind = next(each for each, name in names.items() if name == found["type"])
    understand = contexts.get(kind, (None, None))[1] or json.loads
    return TreeSpec(kind, understand(found["context"]), tuple(read(each) for each in found["children_spec"]))


def treespec_dumps(treespec: TreeSpec, protocol: int | None = None) -> str:
    """A structure in JSON.

    Raises TypeError for what is none, NotImplementedError for a container without a name, ValueError for another
    protocol.
    """
    if not isinstance(treespec, TreeSpec):
        raise TypeError(tree_texts.no_treespec(type(treespec)))
    if protocol not in (None, PROTOCOL):
        raise ValueError(texts.unknown_protocol(protocol))
    return json.dumps([PROTOCOL, written(treespec)])


def treespec_loads(serialized: str) -> TreeSpec:
    """The structure that was written. Raises ValueError for another protocol."""
    protocol, found = json.loads(serialized)
    if protocol != PROTOCOL:
        raise ValueError(texts.unknown_protocol(protocol))
    return read(found)


def treespec_pprint(treespec: TreeSpec) -> str:
    """The structure as a container of stars."""
    return shown(treespec)
