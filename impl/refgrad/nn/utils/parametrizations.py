"""`torch.nn.utils.parametrizations`: orthogonal matrices, direction and length, division by the largest stretch."""

from __future__ import annotations

from typing import Any

from refgrad import creation
from refgrad.limits import finfo
from refgrad.modes import no_grad
from refgrad.nn import functional
from refgrad.nn.module import Module
from refgrad.nn.utils import norms_texts as texts
from refgrad.nn.utils.norms import usual_dim
from refgrad.nn.utils.parametrize import register_parametrization
from refgrad.operators.linalg_names import LINALG
from refgrad.operators.names import FUNCTIONS
from refgrad.tensor import Tensor

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]
MAPS = ("matrix_exp", "cayley", "householder")


# ---- orthogonal matrices ------------------------------------------------------------------------------------------


def is_orthogonal(matrix: Any) -> bool:
    unit = creation.eye(matrix.size(-1), dtype=matrix.dtype)
    precision: Any = finfo(matrix.dtype)
    small = 10.0 * matrix.size(-2) * precision.eps
    return bool(FUNCTIONS["allclose"](matrix.mH @ matrix, unit, atol=small))


def made_orthogonal(matrix: Any) -> Any:
    """The first factor of the matrix whose other factor has a positive diagonal."""
    reflections, factors = FUNCTIONS["geqrf"](matrix)
    found = LINALG["householder_product"](reflections, factors)
    found *= reflections.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)
    return found


class _Orthogonal(Module):
    """Any matrix to an orthogonal one, from a base that is where it started."""

    base: Any

    def __init__(self, weight: Any, orthogonal_map: str, *, use_trivialization: bool = True) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError(texts.COMPLEX_HOUSEHOLDER)
        self.shape, self.orthogonal_map = weight.shape, orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Any) -> Any:
        transposed = X.size(-2) < X.size(-1)
        X = X.mT if transposed else X
        found = self.by_reflections(X) if self.orthogonal_map == "householder" else self.by_skew_matrix(X)
        if hasattr(self, "base"):
            found = self.base @ found
        return found.mT if transposed else found

    def by_reflections(self, x: Any) -> Any:
        below = x.tril(diagonal=-1)
        factors = 2.0 / (1.0 + (below * below).sum(dim=-2))
        found = LINALG["householder_product"](below, factors)
        return found * x.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)

    def by_skew_matrix(self, x: Any) -> Any:
        """The exponential of a skew matrix, or what Cayley's map makes of it."""
        rows, columns = x.size(-2), x.size(-1)
        x = x.tril()
        if rows != columns:
            zeros = x.new_zeros(rows, rows - columns).expand(*x.shape[:-2], -1, -1)
            x = FUNCTIONS["cat"]([x, zeros], dim=-1)
        skew = x - x.mH
        if self.orthogonal_map == "matrix_exp":
            found = FUNCTIONS["matrix_exp"](skew)
        else:
            unit, add = creation.eye(rows, dtype=skew.dtype), FUNCTIONS["add"]
            found = LINALG["solve"](add(unit, skew, alpha=-0.5), add(unit, skew, alpha=0.5))
        return found if rows == columns else found[..., :columns]

    @no_grad()
    def right_inverse(self, Q: Any) -> Any:
        """What gives `Q`, of which a new base is made if there is one.

        Raises ValueError for another shape, NotImplementedError where it cannot be known.
        """
        if Q.shape != self.shape:
            raise ValueError(texts.other_matrix(self.shape, Q.shape))
        transposed = Q.size(-2) < Q.size(-1)
        matrix = Q.mT if transposed else Q
        rows, columns = matrix.size(-2), matrix.size(-1)
        if not hasattr(self, "base"):
            if self.orthogonal_map != "householder":
                raise NotImplementedError(texts.NOT_ASSIGNABLE)
            reflections, factors = FUNCTIONS["geqrf"](matrix)
            reflections.diagonal(dim1=-2, dim2=-1).sign_()
            reflections.diagonal(dim1=-2, dim2=-1)[factors == 0.0] *= -1
            return reflections.mT if transposed else reflections
        if rows != columns:
            more = creation.randn(*matrix.size()[:-2], rows, rows - columns, dtype=matrix.dtype)
            self.base = made_orthogonal(FUNCTIONS["cat"]([matrix, more], dim=-1))
        else:
            self.base = matrix.clone() if is_orthogonal(matrix) else made_orthogonal(matrix)
        start = creation.zeros_like(Q)
        start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return start


def tensor_of(module: Module, name: str) -> Any:
    """The parameter or buffer. Raises ValueError if there is none."""
    found = getattr(module, name, None)
    if not isinstance(found, Tensor):
        raise ValueError(texts.no_tensor(module, name))  # noqa: TRY004  # PyTorch's
    return found


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Let a parameter be an orthogonal matrix, or a batch of them. Raises ValueError for what is no matrix."""
    weight = tensor_of(module, name)
    if weight.dim() < 2:
        raise ValueError(texts.no_matrix(weight.dim()))
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1)
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    if orthogonal_map not in MAPS:
        raise ValueError(texts.no_map(orthogonal_map))
    step = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, step, unsafe=True)


# ---- norms --------------------------------------------------------------------------------------------------------


class _WeightNorm(Module):
    """A direction and a length for each index of a dimension."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        return FUNCTIONS["_weight_norm"](weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        return FUNCTIONS["norm_except_dim"](weight, 2, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Let the parameter be a direction times a length for each index of `dim`."""
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def from_hooks(state_dict: Any, prefix: str, *_: Any) -> None:
        """States that the function of long ago has written fit too."""
        length, direction = f"{prefix}{name}_g", f"{prefix}{name}_v"
        if length in state_dict and direction in state_dict:
            start = f"{prefix}parametrizations.{name}.original"
            state_dict[f"{start}0"], state_dict[f"{start}1"] = state_dict.pop(length), state_dict.pop(direction)

    module._register_load_state_dict_pre_hook(from_hooks)
    return module


class _SpectralNorm(Module):
    """Division by an estimate of the largest singular value, which gets better with every call in training."""

    _u: Any
    _v: Any

    def __init__(self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        rank = weight.dim()
        if not -rank <= dim < rank:
            raise IndexError(texts.dim_range(rank, dim))
        if n_power_iterations <= 0:
            raise ValueError(texts.iterations(n_power_iterations))
        self.dim, self.eps = dim % rank, eps
        if rank > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._reshape_weight_to_matrix(weight)
            height, width = matrix.size()
            u, v = matrix.new_empty(height).normal_(0, 1), matrix.new_empty(width).normal_(0, 1)
            self.register_buffer("_u", functional.normalize(u, dim=0, eps=eps))
            self.register_buffer("_v", functional.normalize(v, dim=0, eps=eps))
            self._power_method(matrix, 15)

    def _reshape_weight_to_matrix(self, weight: Any) -> Any:
        if self.dim != 0:
            weight = weight.permute(self.dim, *(each for each in range(weight.dim()) if each != self.dim))
        return weight.flatten(1)

    @no_grad()
    def _power_method(self, weight_mat: Any, n_power_iterations: int) -> None:
        for _ in range(n_power_iterations):
            self._u = functional.normalize(weight_mat.mv(self._v), dim=0, eps=self.eps, out=self._u)
            self._v = functional.normalize(weight_mat.H.mv(self._u), dim=0, eps=self.eps, out=self._v)

    def forward(self, weight: Any) -> Any:
        if weight.dim() == 1:
            return functional.normalize(weight, dim=0, eps=self.eps)
        matrix = self._reshape_weight_to_matrix(weight)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # or a later call would change what backward needs
        return weight / FUNCTIONS["vdot"](u, matrix.mv(v))

    def right_inverse(self, value: Any) -> Any:
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Let a parameter be divided by its largest singular value."""
    step = _SpectralNorm(tensor_of(module, name), n_power_iterations, usual_dim(module, dim), eps)
    return register_parametrization(module, name, step)
