"""`out=` of reductions, statistics, sorts and bounds: which types it may have, what is looked at first, who refuses it.

Most look at its type before anything else. Sums and products are computed in it, if no other is asked for. Observed on
PyTorch 2.13.0.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from refgrad import dtypes, inplace_texts, shapes
from refgrad.levels import levels
from refgrad.memory import check_single_places
from refgrad.modes import modes
from refgrad.operators import out_reductions_texts as texts
from refgrad.operators.call import written
from refgrad.operators.declare import named_results
from refgrad.operators.dispatching import is_anybody_asked, written_by_asking
from refgrad.operators.names import FUNCTIONS
from refgrad.operators.special import SPECIAL
from refgrad.operators.statistics import check_quantile
from refgrad.operators.texts import HEAVISIDE_COMPLEX, HEAVISIDE_TYPES, not_implemented_for
from refgrad.operators.transformed import refuse_out
from refgrad.operators.underivable import underivable
from refgrad.tensor import Tensor

Check = Callable[[str, Sequence[Tensor], Any, dict[str, Any]], None]

WITH_OUT = """
    all amax amin any argsort clamp clamp_max clamp_min clip cumprod cumsum diff heaviside isin log_softmax logsumexp
    max mean median min msort nan_to_num nanmean nanmedian nanquantile nansum nonzero nonzero_static prod quantile
    softmax sort std sum var
""".split()
"""Functions that are written by hand."""
ROWS = "aminmax argmax argmin cummax cummin isneginf isposinf kthvalue logcumsumexp mode signbit topk".split()
"""Functions that have the general form, which modes are asked through."""

UNRECORDED = frozenset("argmax argmin any all isin nonzero isposinf isneginf signbit".split())
"""Functions whose `out=` may be given where something requires grad, for nothing is ever recorded."""
UNDERIVABLE = frozenset(("heaviside", "softmax", "log_softmax", "nonzero_static"))
"""Functions that record that their results have no derivative, in this form."""
COPIED = frozenset(("quantile", "nanquantile"))
"""Functions whose results are copied into the `out=`, which is recorded."""

OF_OUT = frozenset(("sum", "prod", "cumsum", "cumprod", "nansum", "nanmean"))
"""Functions that compute in the type of the `out=`."""
EXACT = frozenset("argmax argmin argsort sort msort topk aminmax isin sum prod cumsum cumprod nansum".split())
"""Functions that write into nothing but what has the type of the result."""
IN_ANY_TYPE = frozenset(("any", "all"))
"""Functions whose results become what the `out=` is."""
LOOKING_FOR_PLACES = frozenset("clamp clip clamp_min clamp_max heaviside nan_to_num".split())
"""Functions that look for repeated places before they compute."""


def tensors_in(values: Any) -> Iterator[Tensor]:
    for each in values:
        if isinstance(each, Tensor):
            yield each
        elif isinstance(each, (tuple, list)):
            yield from tensors_in(each)


def with_out(made: Callable[..., Any], name: str, *, general: bool) -> Callable[..., Any]:
    """`made` with an `out=` form; `general`: it has one."""

    @functools.wraps(made)
    def run(*arguments: Any, out: Any = None, **options: Any) -> Any:
        if out is None:
            return made(*arguments, **options)
        if general and levels.active:
            return made(*arguments, out=out, **options)
        return compute_into(made, name, out, arguments, options)

    return run


def compute_into(made: Callable[..., Any], name: str, out: Any, arguments: Any, options: Any) -> Any:
    if not arguments and "input" in options:
        arguments = (options.pop("input"),)
    targets = list(tensors_in([out]))
    inputs = list(tensors_in([*arguments, *options.values()]))
    if modes.grad:
        refuse_recording(name, targets, inputs)
    if levels.active:
        refuse_out(name, [*inputs, *targets])
        if is_anybody_asked([*inputs, *targets]):
            return written_by_asking(name, out, arguments, options, functools.partial(computing_into, made, name))
    check_before(name, targets, arguments, options)
    if name in IN_ANY_TYPE and targets[0].dtype is dtypes.uint8:
        arguments = (arguments[0].detach().to(dtypes.uint8), *arguments[1:])
    if name in COPIED:
        return copied(made(*arguments, **options), targets[0])
    before, modes.grad = modes.grad, False
    try:
        results = made(*arguments, **options)
    finally:
        modes.grad = before
    if name == "diff":
        check_single_places(targets[0]._array)
    made_of = [results] if isinstance(results, Tensor) else list(results)
    check_results(name, targets, made_of, arguments, options)
    for each, target in zip(made_of, targets, strict=True):
        array = each._array
        written(target, array.astype(target._array.dtype) if name in IN_ANY_TYPE else array)
        if name in UNDERIVABLE:
            underivable(f"aten::{name}", target, tuple(inputs))
    fields = getattr(results, "_fields", None)
    return out if fields is None else named_results(f"{name}_out", fields)(*targets)


def computing_into(made: Callable[..., Any], name: str, *arguments: Any, out: Any, **options: Any) -> Any:
    return compute_into(made, name, out, arguments, options)


def refuse_recording(name: str, targets: Sequence[Tensor], inputs: Sequence[Tensor]) -> None:
    """Raise RuntimeError if something requires grad that cannot be recorded."""
    if name in UNRECORDED or name in COPIED:
        return
    given = targets if name in UNDERIVABLE else inputs if name == "argsort" else (*inputs, *targets)
    if any(each.requires_grad for each in given):
        said = f"aten::{name}" if name in UNDERIVABLE else name
        if name in ("max", "min") and len(inputs) == 2:
            said += "imum"
        raise RuntimeError(inplace_texts.out_requires_grad(said))


def copied(result: Tensor, out: Tensor) -> Any:
    """`out` with the shape of a result that is copied into it."""
    if out._array.shape != result._array.shape:
        if out._array.size:
            warnings.warn(inplace_texts.out_resized(out._array.shape, result._array.shape), UserWarning, stacklevel=4)
        out._array = np.empty(result._array.shape, out._array.dtype)
    return out.copy_(result)


# ---- what each says of types --------------------------------------------------------------------------------------


def bools_or_bytes(name: str, out: Sequence[Tensor], arguments: Any, options: dict[str, Any]) -> None:
    if out[0].dtype not in (dtypes.bool_, dtypes.uint8):
        raise RuntimeError(texts.only_bools(name, out[0].dtype))


def bools(name: str, out: Sequence[Tensor], arguments: Any, options: dict[str, Any]) -> None:
    if out[0].dtype is not dtypes.bool_:
        raise RuntimeError(texts.no_bools(name))


def like_input(name: str, out: Sequence[Tensor], arguments: Any, options: dict[str, Any]) -> None:
    if out[0].dtype is not arguments[0].dtype:
        raise RuntimeError(texts.unlike(arguments[0].dtype, out[0].dtype))


def floats(name: str, out: Sequence[Tensor], arguments: Any, options: dict[str, Any]) -> None:
    if out[0].dtype.category < dtypes.FLOATING:
        raise RuntimeError(texts.floats_only(name, out[0].dtype))


def mean(name: str, out: Sequence[Tensor], arguments: Any, options: dict[str, Any]) -> None:
    whole = len(arguments) == 1 and "dim" not in options
    if whole and not dtypes.can_cast(arguments[0].dtype, out[0].dtype):
        raise RuntimeError(texts.mean(out[0].dtype))
    least = min(arguments[0].dtype.category, out[0].dtype.category)
    if not whole and options.get("dtype") is None and least >= dtypes.FLOATING:
        options["dtype"] = out[0].dtype


def nansum(name: str, out: Sequence[Tensor], arguments: Any, options: dict[str, Any]) -> None:
    own, wanted, got = arguments[0].dtype, options.get("dtype"), out[0].dtype
    if name == "nanmean" and own.category < dtypes.FLOATING:
        raise RuntimeError(texts.NANMEAN)
    if own.category != dtypes.FLOATING:
        return
    if wanted is None and got.category != dtypes.FLOATING:
        raise NotImplementedError(not_implemented_for("nansum_cpu", got.scalar_name))
    if wanted is not None and wanted is not got and name == "nansum":
        raise RuntimeError(texts.nansum(got, wanted))


def one_type(name: str, out: Sequence[Tensor], arguments: Any, options: dict[str, Any]) -> None:
    for each, wanted in zip(out, (arguments[0].dtype, dtypes.int64), strict=False):
        if each.dtype is not wanted:
            raise RuntimeError(texts.scalar_type(wanted, each.dtype))


def nan_to_num(name: str, out: Sequence[Tensor], arguments: Any, options: dict[str, Any]) -> None:
    if out[0].dtype is not arguments[0].dtype:
        raise RuntimeError(texts.nan_to_num(out[0].dtype, arguments[0].dtype))


def heaviside(name: str, out: Sequence[Tensor], arguments: Any, options: dict[str, Any]) -> None:
    if out[0].is_complex():
        raise RuntimeError(HEAVISIDE_COMPLEX)
    if out[0].dtype is not arguments[0].dtype:
        raise RuntimeError(HEAVISIDE_TYPES)


def mode(name: str, out: Sequence[Tensor], arguments: Any, options: dict[str, Any]) -> None:
    own = arguments[0].dtype
    for each, wanted, which in zip(out, (own, dtypes.int64), ("values", "indices"), strict=True):
        if each.dtype is not wanted:
            raise RuntimeError(texts.of_mode(wanted, each.dtype, which))


def softmax(name: str, out: Sequence[Tensor], arguments: Any, options: dict[str, Any]) -> None:
    given = dict(zip(("self", "dim", "dtype"), arguments, strict=False)) | options
    shapes.checked_dim(given["dim"], given["self"].dim())
    wanted = given.get("dtype") or given["self"].dtype
    if out[0].dtype is not wanted:
        raise RuntimeError(texts.expected(wanted, out[0].dtype))


def quantile(name: str, out: Sequence[Tensor], arguments: Any, options: dict[str, Any]) -> None:
    given = dict(zip(("self", "q"), arguments, strict=False)) | options
    check_quantile(
        given.get("self", given.get("input")), given["q"], given.get("interpolation", "linear"), out[0].dtype
    )


def nonzero(name: str, out: Sequence[Tensor], arguments: Any, options: dict[str, Any]) -> None:
    if options.get("as_tuple"):
        raise RuntimeError(texts.NONZERO_TUPLE)
    if out[0].dtype is not dtypes.int64:
        raise RuntimeError(texts.long_wanted(name, out[0].dtype))


BEFORE: dict[str, Check] = {
    "any": bools_or_bytes, "all": bools_or_bytes, "isposinf": bools, "isneginf": bools, "signbit": bools,
    "amax": like_input, "amin": like_input, "logsumexp": floats, "mean": mean, "nansum": nansum, "nanmean": nansum,
    "logcumsumexp": one_type, "cummax": one_type, "cummin": one_type, "nan_to_num": nan_to_num,
    "heaviside": heaviside, "mode": mode, "quantile": quantile, "nanquantile": quantile, "nonzero": nonzero,
    "softmax": softmax, "log_softmax": softmax,
}  # fmt: skip
"""What is looked at first."""


def kthvalue(out: Sequence[Tensor], own: dtypes.dtype) -> None:
    if out[0].dtype is not own:
        raise RuntimeError(texts.KTH_VALUES)
    if out[1].dtype is not dtypes.int64:
        raise RuntimeError(texts.KTH_INDICES)


def median(out: Sequence[Tensor], own: dtypes.dtype) -> None:
    if out[1].dtype is not dtypes.int64:
        raise RuntimeError(texts.median_indices(out[1].dtype))
    if out[0].dtype is not own:
        raise RuntimeError(texts.median_values(out[0].dtype, own))


def clamp(out: Sequence[Tensor], own: dtypes.dtype) -> None:
    if out[0].dtype is not own:
        raise RuntimeError(texts.found(out[0].dtype, own))


def check_before(name: str, targets: Sequence[Tensor], arguments: Any, options: dict[str, Any]) -> None:
    """Raise RuntimeError for what functions say before they look at dimensions; a type that is owed is put in."""
    check = BEFORE.get(name)
    if check is not None:
        check(name, targets, arguments, options)
    if name in OF_OUT and options.get("dtype") is None:
        options["dtype"] = targets[0].dtype
    unbounded = name in ("clamp", "clip") and all(each is None for each in (*arguments[1:], *options.values()))
    of_two = name in ("max", "min") and len(targets) == 1 and any(isinstance(each, Tensor) for each in arguments[1:])
    if of_two or (name in LOOKING_FOR_PLACES and not unbounded):
        check_single_places(targets[0]._array)


def check_results(
    name: str, targets: Sequence[Tensor], results: Sequence[Tensor], arguments: Any, options: dict[str, Any]
) -> None:
    """Raise RuntimeError and NotImplementedError for what they say once they know the type of their results."""
    kinds = [each.dtype for each in results]
    exact = (name in ("max", "min") and len(targets) == 2) or (name == "mean" and options.get("dtype") is not None)
    if name == "mean" and targets[0].dtype.category < dtypes.FLOATING and options.get("dtype") is None:
        raise RuntimeError(
            inplace_texts.cannot_cast_result(dtypes.get_default_dtype().scalar_name, targets[0].dtype.scalar_name)
        )
    if exact or name in EXACT:
        for each, wanted in zip(targets, kinds, strict=True):
            if each.dtype is not wanted:
                raise RuntimeError(texts.expected(wanted, each.dtype))
    elif name == "nonzero_static" and targets[0].dtype is not dtypes.int64:
        raise RuntimeError(texts.long_wanted(name, targets[0].dtype))
    elif name == "kthvalue":
        kthvalue(targets, kinds[0])
    elif name in ("median", "nanmedian") and len(targets) == 2:
        median(targets, kinds[0])
    elif name in ("clamp", "clip", "clamp_min", "clamp_max"):
        if not any(isinstance(each, Tensor) for each in (*arguments[1:], *options.values())):
            clamp(targets, kinds[0])
    elif name in ("std", "var") and results[0].dim() and targets[0].is_complex() and not arguments[0].is_complex():
        raise NotImplementedError(not_implemented_for("std_cpu", targets[0].dtype.scalar_name))


for _name in WITH_OUT:
    FUNCTIONS[_name] = with_out(FUNCTIONS[_name], _name, general=False)
for _name in ROWS:
    FUNCTIONS[_name] = with_out(FUNCTIONS[_name], _name, general=True)
SPECIAL["logsumexp"] = FUNCTIONS["logsumexp"]
