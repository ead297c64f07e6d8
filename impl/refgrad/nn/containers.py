"""Modules that hold modules or parameters."""

from __future__ import annotations

import itertools
import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from refgrad.nn import containers_texts as texts
from refgrad.nn.module import Module
from refgrad.nn.parameter import Parameter
from refgrad.tensor import Tensor


class Numbered(Module):
    """Modules by number, under the names "0", "1", ..."""

    def _name(self, index: Any) -> str:
        return list(self._modules)[placed(index, len(self))]

    def _renumber(self) -> None:
        self.__dict__["_modules"] = {str(i): each for i, each in enumerate(self._modules.values())}

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            chosen = OrderedDict(list(self._modules.items())[index])
            return type(self)(chosen if isinstance(self, Sequential) else list(chosen.values()))
        return self._modules[self._name(index)]

    def __setitem__(self, index: Any, module: Module) -> None:
        setattr(self, self._name(index), module)

    def __delitem__(self, index: Any) -> None:
        names = list(self._modules)
        for name in names[index] if isinstance(index, slice) else [self._name(index)]:
            delattr(self, name)
        self._renumber()

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def append(self, module: Module) -> Any:
        self.add_module(str(len(self)), module)
        return self

    def pop(self, key: Any) -> Any:
        """Take a module out."""
        found = self[key]
        del self[key]
        return found

    def _make_room(self, index: int, module: Any) -> None:
        for place in range(len(self), index, -1):
            self._modules[str(place)] = self._modules[str(place - 1)]
        self._modules[str(index)] = module


def placed(index: Any, count: int) -> int:
    """The place of an index among so many. Raises IndexError if there is none."""
    place = operator.index(index)
    if not -count <= place < count:
        raise IndexError(f"index {place} is out of range")
    return place % count


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

    def extend(self, sequential: Iterable[Module]) -> Any:
        for each in sequential:
            self.append(each)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Put a module in before another. Raises AssertionError for no module, IndexError for no place."""
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")  # noqa: TRY004  # PyTorch's
        count = len(self._modules)
        if not -count <= index <= count:
            raise IndexError(f"Index out of range: {index}")
        self._make_room(index + count if index < 0 else index, module)
        return self

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Sequential):
            raise ValueError(texts.sequential_added(type(other)))  # noqa: TRY004  # PyTorch's
        return Sequential(*self, *other)

    def __iadd__(self, other: Any) -> Any:
        if not isinstance(other, Sequential):
            raise ValueError(texts.sequential_added(type(other)))  # noqa: TRY004  # PyTorch's
        return self.extend(list(other))

    def __mul__(self, other: Any) -> Any:
        return Sequential(*list(self) * self._times(other))

    def __rmul__(self, other: Any) -> Any:
        return self * other

    def __imul__(self, other: Any) -> Any:
        times = self._times(other) - 1
        return self.extend([self._modules[str(place)] for _ in range(times) for place in range(len(self))])

    def _times(self, other: Any) -> int:
        if not isinstance(other, int):
            raise TypeError(f"unsupported operand type(s) for *: {type(self)} and {type(other)}")
        if other <= 0:
            raise ValueError(f"Non-positive multiplication factor {other} for {type(self)}")
        return other


class ModuleList(Numbered):
    """A list of modules; equal neighbours print as one."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self += modules

    def _name(self, index: Any) -> str:
        return str(placed(index, len(self)))

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add modules at the end. Raises TypeError for what is not iterable."""
        if not isinstance(modules, Iterable):
            raise TypeError(texts.not_extending("ModuleList", type(modules)))
        for place, each in enumerate(modules, len(self)):
            self.add_module(str(place), each)
        return self

    def __iadd__(self, modules: Iterable[Module]) -> Any:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> Any:
        made = ModuleList()
        for place, each in enumerate(itertools.chain(self, other)):
            made.add_module(str(place), each)
        return made

    def insert(self, index: int, module: Module) -> None:
        self._make_room(index, module)

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
        if modules is not None:
            self.update(modules)

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
        """Add modules. Raises TypeError and ValueError for what has no keys and values."""
        if not isinstance(modules, Iterable):
            raise TypeError(texts.no_pairs("ModuleDict", type(modules)))
        given: Any = modules
        mapping = isinstance(given, (Mapping, ModuleDict))
        for key, each in given.items() if mapping else pairs("ModuleDict", given):
            self[key] = each


def pairs(kind: str, given: Iterable[Any]) -> Iterator[Any]:
    """What is added to a dictionary, checked one by one."""
    for place, each in enumerate(given):
        if not isinstance(each, Iterable):
            raise TypeError(texts.pair_not_iterable(kind, place, type(each)))
        known: Any = each
        if len(known) != 2:
            raise ValueError(texts.pair_length(kind, place, len(known)))
        yield each


def shown(value: Any, legacy: bool) -> str:
    if not isinstance(value, Tensor):
        return f"Object of type: {type(value).__name__}"
    kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
    type_name = value.type() if legacy else value.dtype
    return f"{kind} containing: [{type_name} of size {'x'.join(map(str, value.shape))}]"


class ParameterList(Module):
    """A list of parameters, or of anything; tensors become parameters."""

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self += values

    def append(self, value: Any) -> Any:
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Any:
        """Add values at the end. Raises TypeError for a tensor and for what is not iterable."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(texts.not_extending("ParameterList", type(values)))
        for each in values:
            self.append(each)
        return self

    def __iadd__(self, values: Iterable[Any]) -> Any:
        return self.extend(values)

    def __setitem__(self, index: int, value: Any) -> None:
        place = placed(index, self._size)
        if isinstance(value, Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        setattr(self, str(place), value)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)([self[i] for i in range(*index.indices(self._size))])
        return getattr(self, str(placed(index, self._size)))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter([self[i] for i in range(self._size)])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ParameterList should not be called.")

    def extra_repr(self) -> str:
        return "\n".join(f"  ({i}): {shown(each, legacy=False)}" for i, each in enumerate(self))


class ParameterDict(Module):
    """Parameters, or anything, by name; tensors become parameters."""

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    @staticmethod
    def _checked(key: Any) -> str:
        if not isinstance(key, str):
            raise TypeError(texts.key_no_string(type(key).__name__))
        return key

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self._checked(key))

    def __setitem__(self, key: str, value: Any) -> None:
        self._keys[key] = None
        if isinstance(value, Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        setattr(self, self._checked(key), value)

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, self._checked(key))

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._keys))

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

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str) -> Any:
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        key, _ = self._keys.popitem()
        self._keys[key] = None
        return key, self.pop(key)

    def clear(self) -> None:
        for key in list(self._keys):
            del self[key]

    def copy(self) -> Any:
        return ParameterDict(OrderedDict(self.items()))

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> Any:
        return ParameterDict((key, default) for key in keys)

    def update(self, parameters: Any) -> None:
        """Add parameters, those of a plain dictionary by name. Raises TypeError and ValueError for other things."""
        if not isinstance(parameters, Iterable):
            raise TypeError(texts.no_pairs("ParametersDict", type(parameters)))
        if isinstance(parameters, (OrderedDict, ParameterDict)):
            given = iter(parameters.items())
        elif isinstance(parameters, Mapping):
            given = iter(sorted(parameters.items()))
        else:
            given = pairs("ParameterDict", parameters)
        for key, each in given:
            self[key] = each

    def __or__(self, other: Any) -> Any:
        made = self.copy()
        made.update(other)
        return made

    def __ror__(self, other: Any) -> Any:
        made = other.copy()
        made.update(self)
        return made

    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self

    def __call__(self, input: Any) -> Any:
        raise RuntimeError("ParameterDict should not be called.")

    def extra_repr(self) -> str:
        return "\n".join(f"  ({key}): {shown(each, legacy=True)}" for key, each in self.items())
