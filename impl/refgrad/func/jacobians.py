"""`torch.func.jacrev`, `jacfwd`, `hessian`: whole Jacobians, by `vmap` over a basis.

Behaviour: https://docs.pytorch.org/docs/2.13/func.api.html, details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from refgrad.func import texts
from refgrad.func.transforms import Argnums, _vjp_with_argnums, chosen, jvp_with_argnums
from refgrad.func.trees import flatten, mapped, unflatten
from refgrad.func.vmap import chunks, vmap
from refgrad.operators.names import FUNCTIONS
from refgrad.tensor import Tensor


def refuse_complex(name: str, tree: Any, what: str) -> None:
    for i, each in enumerate(flatten(tree)[0]):
        if isinstance(each, Tensor) and each.is_complex():
            raise RuntimeError(texts.complex_tensor(name, what, i))


def basis_part(tensors: Sequence[Any], start: int, stop: int) -> list[Any]:
    """The unit vectors number `start` to `stop` of the space that all elements of `tensors` span."""
    made = []
    offset = 0
    for each in tensors:
        part = each.new_zeros((stop - start, each.numel()))
        part.diagonal(start - offset).fill_(1)
        made.append(part.view(stop - start, *each.shape))
        offset += each.numel()
    return made


def jacrev(
    func: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """The Jacobian of `func` by reverse mode, `chunk_size` rows at once."""
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError(texts.CHUNK_OF_JACREV)

    @functools.wraps(func)
    def wrapper(*args: Any) -> Any:
        refuse_complex("jacrev", args, "inputs")
        output, pull_back, *aux = _vjp_with_argnums(func, args, argnums, has_aux)
        outputs, output_spec = flatten(output)
        refuse_complex("jacrev", outputs, "outputs")
        primals, spec = flatten(chosen(args, argnums))
        sizes = [each.numel() for each in outputs]
        total = sum(sizes)
        parts = []
        for start, stop in chunks(total, chunk_size or max(total, 1)) if total else [(0, 0)]:
            basis = basis_part(outputs, start, stop)
            if chunk_size == 1:
                found = pull_back(unflatten([each.squeeze(0) for each in basis], output_spec))
                parts.append([each.unsqueeze(0) for each in flatten(found)[0]])
            else:
                parts.append(flatten(vmap(pull_back)(unflatten(basis, output_spec)))[0])
        rows = parts[0]
        if len(parts) > 1:
            rows = [FUNCTIONS["cat"](list(column), 0) for column in zip(*parts, strict=True)]
        by_input = [
            [
                block.view(tuple(out.shape) + tuple(primal.shape))
                for block, out in zip(row.split(sizes, 0), outputs, strict=True)
            ]
            for row, primal in zip(rows, primals, strict=True)
        ]
        made = [unflatten(blocks, spec) for blocks in zip(*by_input, strict=True)]
        jacobian = unflatten(made, output_spec)
        return (jacobian, aux[0]) if has_aux else jacobian

    return wrapper


def jacfwd(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[..., Any]:
    """The Jacobian of `func` by forward mode."""

    @functools.wraps(func)
    def wrapper(*args: Any) -> Any:
        refuse_complex("jacfwd", args, "inputs")
        primals, spec = flatten(chosen(args, argnums))
        sizes = [each.numel() for each in primals]
        basis = unflatten(basis_part(primals, 0, sum(sizes)), spec)

        def push_forward(direction: Any) -> Any:
            directions = (direction,) if isinstance(argnums, int) else direction
            found = jvp_with_argnums(func, args, directions, argnums, False, has_aux)
            refuse_complex("jacfwd", found[0], "outputs")
            return found[1:] if has_aux else found[1]

        results = vmap(push_forward, randomness=randomness)(basis)
        aux: Any = None
        if has_aux:
            results, aux = results
            aux = mapped(lambda each: each[0], aux)
        columns, output_spec = flatten(results)
        made = []
        for column in columns:
            parts = column.movedim(0, -1).split(sizes, -1)
            blocks = [shaped(part, primal.shape) for part, primal in zip(parts, primals, strict=True)]
            made.append(unflatten(blocks, spec))
        jacobian = unflatten(made, output_spec)
        return (jacobian, aux) if has_aux else jacobian

    return wrapper


def shaped(part: Any, shape: Sequence[int]) -> Any:
    """The last dimension in the shape of an argument."""
    return part.squeeze(-1) if not shape else part.unflatten(-1, tuple(shape))


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The Hessian of a scalar function, forward over reverse."""
    return jacfwd(jacrev(func, argnums), argnums)
