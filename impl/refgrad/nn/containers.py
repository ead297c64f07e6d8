"""Modules that hold modules or parameters."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from refgrad.nn.module import Module
from refgrad.nn.parameter import Parameter
from refgrad.tensor import Tensor


class Numbered(Module):
    """Modules by number, under the names "0", "1", ..."""

    def _place(self, index: Any) -> int:
        count, place = len(self._modules), operator.index(index)
        if not -count <= place < count:
            raise IndexError(f"index {place} is out of range")
        return place % count

    def __getitem__(self, index: Any) -> Any:
        modules = list(self._modules.values())
        if isinstance(index, slice):
            chosen = list(self._modules.items())[index]
            return type(self)(OrderedDict(chosen)) if isinstance(self, Sequential) else type(self)(modules[index])
        return modules[self._place(index)]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, list(self._modules)[self._place(index)], module)

    def __delitem__(self, index: Any) -> None:
        names = list(self._modules)
        for name in names[index] if isinstance(index, slice) else [names[self._place(index)]]:
            delattr(self, name)
        self.__dict__["_modules"] = {str(i): each for i, each in enumerate(self._modules.values())}

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def append(self, module: Module) -> Any:
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        for each in modules:
            self.append(each)
        return self

    def insert(self, index: int, module: Module) -> Any:
        modules = [*self._modules.values()]
        modules.insert(index, module)
        self.__dict__["_modules"] = {str(i): each for i, each in enumerate(modules)}
        return self

    def __iadd__(self, modules: Iterable[Module]) -> Any:
        return self.extend(modules)


class Sequential(Numbered):
    """Modules, one after the other."""

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named = args[0].items() if len(args) == 1 and isinstance(args[0], OrderedDict) else enumerate(args)
        for name, each in named:
            self.add_module(str(name), each)

    def forward(self, input: Any) -> Any:
        for each in self:
            input = each(input)
        return input


class ModuleList(Numbered):
    """A list of modules; equal neighbours print as one."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules or ())

    def __repr__(self) -> str:
        texts = [repr(each) for each in self]
        if not texts:
            return f"{self._get_name()}()"
        lines, start = [], 0
        for place in range(1, len(texts) + 1):
            if place == len(texts) or texts[place] != texts[start]:
                same = place - start
                text = texts[start].replace("\n", "\n  ")
                lines.append(f"({start}-{place - 1}): {same} x {text}" if same > 1 else f"({start}): {text}")
                start = place
        return f"{self._get_name()}(\n  " + "\n  ".join(lines) + "\n)"


class ModuleDict(Module):
    """Modules by name."""

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        self.update(modules or {})

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def keys(self) -> Any:
        return self._modules.keys()

    def items(self) -> Any:
        return self._modules.items()

    def values(self) -> Any:
        return self._modules.values()

    def clear(self) -> None:
        self._modules.clear()

    def pop(self, key: str) -> Any:
        return self._modules.pop(key)

    def update(self, modules: Any) -> None:
        for key, each in modules.items() if isinstance(modules, (Mapping, ModuleDict)) else modules:
            self[key] = each


def shown(value: Any, kind: str) -> str:
    name = "Parameter containing" if isinstance(value, Parameter) else kind
    return f"{name}: [{value.dtype if kind == 'Tensor' else value.type()} of size {'x'.join(map(str, value.shape))}]"


class ParameterList(Module):
    """A list of parameters; tensors become parameters."""

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        self.extend(values or ())

    def append(self, value: Any) -> Any:
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Any:
        for each in values:
            self.append(each)
        return self

    __iadd__ = extend

    def __setitem__(self, index: int, value: Any) -> None:
        if isinstance(value, Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        setattr(self, str(index % self._size), value)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)([self[i] for i in range(*index.indices(self._size))])
        if not -self._size <= index < self._size:
            raise IndexError(f"index {index} is out of range")
        return getattr(self, str(index % self._size))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter([self[i] for i in range(self._size)])

    def extra_repr(self) -> str:
        return "\n".join(f"  ({i}): {shown(each, 'Tensor')}" for i, each in enumerate(self))


class ParameterDict(Module):
    """Parameters by name; tensors become parameters."""

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        self.update(parameters or {})

    def __getitem__(self, key: str) -> Any:
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._keys[key] = None
        if isinstance(value, Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        setattr(self, key, value)

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def keys(self) -> Any:
        return self._keys.keys()

    def items(self) -> Any:
        return ((key, self[key]) for key in self._keys)

    def values(self) -> Any:
        return (self[key] for key in self._keys)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self._keys else default

    def pop(self, key: str) -> Any:
        value = self[key]
        del self[key]
        return value

    def update(self, parameters: Any) -> None:
        mapping = isinstance(parameters, (Mapping, ParameterDict))
        for key, each in parameters.items() if mapping else parameters:
            self[key] = each

    def extra_repr(self) -> str:
        return "\n".join(f"  ({key}): {shown(each, 'Parameter')}" for key, each in self.items())
