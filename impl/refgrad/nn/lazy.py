"""Layers that learn how many features come in from the first input, and are ordinary layers from then on.

Behaviour: https://docs.pytorch.org/docs/2.13/generated/torch.nn.modules.lazy.LazyModuleMixin.html, details observed on
PyTorch 2.13.0.
"""

from __future__ import annotations

from typing import Any

from refgrad import creation
from refgrad.dtypes import int64
from refgrad.modes import no_grad
from refgrad.nn import layers, texts
from refgrad.nn.module import Module
from refgrad.nn.uninitialized import UninitializedBuffer, UninitializedParameter, is_lazy


class LazyModuleMixin:
    """What makes a module lazy: before the first call `initialize_parameters` is given its input."""

    cls_to_become: Any = None
    _load_hook: Any
    _initialize_hook: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own: Any = self
        self._load_hook = own._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = own.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def _tensors(self) -> dict[str, Any]:
        own: Any = self
        return {**own._parameters, **own._buffers}

    def _lazy_load_hook(self, state_dict: Any, prefix: str, *_: Any) -> None:
        for name, each in self._tensors().items():
            given = state_dict.get(prefix + name)
            if is_lazy(each) and given is not None and not is_lazy(given):
                with no_grad():
                    each.materialize(given.shape)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        return any(is_lazy(each) for each in self._tensors().values())

    def _infer_parameters(self, module: Any, args: Any, kwargs: Any = None) -> None:
        """Raises RuntimeError if some parameter is left without a shape."""
        module.initialize_parameters(*args, **(kwargs or {}))
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {module._get_name()} has not been fully initialized")
        module._initialize_hook.remove()
        module._load_hook.remove()
        del module._initialize_hook, module._load_hook
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become


class LazyLinear(LazyModuleMixin, layers.Linear):
    """`x W^T + b` for as many features as come in."""

    cls_to_become = layers.Linear

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, 0, False)
        place = {"device": device, "dtype": dtype}
        self.weight = UninitializedParameter(**place)
        self.out_features = out_features
        if bias:
            self.bias = UninitializedParameter(**place)

    def reset_parameters(self) -> None:
        if not self.has_uninitialized_params() and self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        if self.has_uninitialized_params():
            with no_grad():
                self.in_features = input.shape[-1]
                self.weight.materialize((self.out_features, self.in_features))
                if self.bias is not None:
                    self.bias.materialize((self.out_features,))
                self.reset_parameters()
        self.in_features = self.weight.shape[-1] if self.in_features == 0 else self.in_features


class LazyConvolution(LazyModuleMixin):
    """The part of lazy convolutions that is the same for all."""

    def reset_parameters(self) -> None:
        own: Any = self
        if not self.has_uninitialized_params() and own.in_channels != 0:
            super().reset_parameters()  # type: ignore[misc]

    def start(self, out_channels: int, bias: bool, place: dict[str, Any]) -> None:
        own: Any = self
        own.weight = UninitializedParameter(**place)
        own.out_channels = out_channels
        if bias:
            own.bias = UninitializedParameter(**place)

    def initialize_parameters(self, input: Any, *args: Any, **kwargs: Any) -> None:
        """Raises RuntimeError for an input of a wrong rank, ValueError for channels that the groups do not divide."""
        own: Any = self
        channels = input.shape[0 if input.dim() == own.rank + 1 else 1] if input.dim() > own.rank else None
        if self.has_uninitialized_params():
            if input.dim() not in (own.rank + 1, own.rank + 2):
                raise RuntimeError(texts.lazy_rank(own.rank, type(self).__name__, input.shape))
            own.in_channels = channels
            if own.in_channels % own.groups != 0:
                raise ValueError("in_channels must be divisible by groups")
            into, out = own.in_channels, own.out_channels
            sizes = (into, out // own.groups) if own.transposed else (out, into // own.groups)
            own.weight.materialize((*sizes, *own.kernel_size))
            if own.bias is not None:
                own.bias.materialize((own.out_channels,))
            own.reset_parameters()


class LazyConv(LazyConvolution, layers.Convolution):
    """A convolution of as many channels as come in."""

    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
        groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        place = {"device": device, "dtype": dtype}
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, **place)
        self.start(out_channels, bias, place)


class LazyConvTranspose(LazyConvolution, layers.TransposedConvolution):
    """The transpose of a convolution, of as many channels as come in."""

    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
        groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros", device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        place = {"device": device, "dtype": dtype}
        rest = (stride, padding, output_padding, groups, False, dilation, padding_mode)
        super().__init__(0, 0, kernel_size, *rest, **place)
        self.start(out_channels, bias, place)


class LazyNormalization(LazyModuleMixin):
    """A normalization of as many features as come in."""

    def __init__(
        self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True, track_running_stats: bool = True,
        device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        place = {"device": device, "dtype": dtype}
        super().__init__(0, eps, momentum, False, False, **place)
        own: Any = self
        own.affine, own.track_running_stats = affine, track_running_stats
        if affine:
            own.weight = UninitializedParameter(**place)
            if bias:
                own.bias = UninitializedParameter(**place)
        if track_running_stats:
            own.running_mean, own.running_var = UninitializedBuffer(**place), UninitializedBuffer(**place)
            own.num_batches_tracked = creation.tensor(0, dtype=int64)

    def reset_parameters(self) -> None:
        own: Any = self
        if not self.has_uninitialized_params() and own.num_features != 0:
            super().reset_parameters()  # type: ignore[misc]

    def initialize_parameters(self, input: Any) -> None:
        if self.has_uninitialized_params():
            own: Any = self
            own.num_features = input.shape[1]
            for each in self._tensors().values():
                if is_lazy(each):
                    each.materialize((own.num_features,))
            self.reset_parameters()


def of_rank(rank: int) -> dict[str, type[Module]]:
    families = {
        f"Conv{rank}d": LazyConv,
        f"ConvTranspose{rank}d": LazyConvTranspose,
        f"BatchNorm{rank}d": LazyNormalization,
        f"InstanceNorm{rank}d": LazyNormalization,
    }
    made = {}
    for name, family in families.items():
        eager: Any = getattr(layers, name)
        made[f"Lazy{name}"] = type(f"Lazy{name}", (family, eager), {"cls_to_become": eager})
    return made


MODULES: dict[str, type[Module]] = {name: each for rank in (1, 2, 3) for name, each in of_rank(rank).items()}
