"""What PyTorch leaves open, by its documentation or by what it does, and every outcome that it admits by that."""

from __future__ import annotations

from gradconform.catalogue.behaviour import Admitted, Behaviour, Clause, Level, Observed
from gradconform.generate import left_open as generate
from gradoracle.source import source as program_source

FAMILY = "left-open"

_PAGES = "https://docs.pytorch.org/docs/2.13/generated/torch."
_CPU = "torch:cpu 2.13.0"
_SEEN = Observed("2.13.0")
_ZEROS = generate.of_zeros("maximum", "minimum", "max")


def _any_of_equals(name: str, statement: str, source: Clause, *functions: str) -> Behaviour:
    """A row about the indices of elements that are equal."""
    generator = generate.ordered(*functions)
    return Behaviour(
        id=f"left-open.{name}",
        family=FAMILY,
        statement=statement,
        expectation="Indices of elements that have these values, and the gradients at these indices.",
        level=Level.RECOMMENDED,
        clause=source,
        examples=(program_source(generator(())),),
        generator=generator,
        needs=("backward",),
        depends=("kinks.sort-follows-its-indices",),
        admits=(Admitted("Equal elements may be taken in any order.", source, _CPU, generate.IN_ANY_ORDER),),
    )


def _any_write_lasts(name: str, statement: str, source: Clause, *functions: str) -> Behaviour:
    """A row about several writes to one place."""
    generator = generate.written(*functions)
    return Behaviour(
        id=f"left-open.{name}",
        family=FAMILY,
        statement=statement,
        expectation="One of the values that were written there, and for each of them the gradient of the place.",
        level=Level.RECOMMENDED,
        clause=source,
        examples=(program_source(generator(())),),
        generator=generator,
        needs=("backward", "in-place"),
        depends=("in-place.index-writes-scatter-gradients",),
        admits=(Admitted("Any of the writes may be the last.", source, _CPU, generate.IN_ANY_ORDER),),
    )


BEHAVIOURS: tuple[Behaviour, ...] = (
    _any_of_equals(
        "order-of-equal-elements-in-a-sort",
        "A sort that is not asked to be stable may give equal elements in any order, and their gradients with them.",
        Clause(f"{_PAGES}argsort.html", "the relative order of values which compare equal is not guaranteed."),
        "sort()",
        "sort(descending=True)",
        "sort(0)",
    ),
    _any_of_equals(
        "equal-elements-in-topk",
        "`topk` may take any of the elements that are equal to the last one taken, and in any order.",
        Clause(f"{_PAGES}topk.html", "the indices of tied elements are not guaranteed to be stable"),
        "topk(2)",
        "topk(1)",
        "topk(2, largest=False)",
        "topk(3)",
    ),
    _any_of_equals(
        "index-of-a-kth-value",
        "`kthvalue` may return the index of any element that is equal to the value, which gets the gradient.",
        Clause(f"{_PAGES}kthvalue.html", "this function may nondeterministically return indices for any of them."),
        "kthvalue(2)",
        "kthvalue(1)",
        "kthvalue(3, 0, True)",
    ),
    _any_of_equals(
        "index-of-a-median",
        "`median` of a dimension may return the index of any element that is equal to the median, which gets the "
        "gradient.",
        Clause(
            f"{_PAGES}median.html",
            "indices does not necessarily contain the first occurrence of each median value found",
        ),
        "median(0)",
        "median(0, keepdim=True)",
        "nanmedian(0)",
    ),
    _any_write_lasts(
        "last-write-of-index-put",
        "Of several values that `index_put_` writes to one place any may be the last, and each gets the gradient.",
        Clause(
            f"{_PAGES}Tensor.index_put_.html",
            "If accumulate is False, the behavior is undefined if indices contain duplicate elements.",
        ),
        "index_put_((places,), w)",
        "index_put((places,), w)",
    ),
    _any_write_lasts(
        "last-write-of-put",
        "Of several values that `put_` writes to one place any may be the last, and each gets the gradient.",
        Clause(
            f"{_PAGES}Tensor.put_.html",
            "If accumulate is False, the behavior is undefined if index contain duplicate elements.",
        ),
        "put_(places, w)",
        "put(places, w)",
    ),
    _any_write_lasts(
        "last-write-of-index-copy",
        "Of several values that `index_copy_` writes to one place any may be the last, and each gets the gradient.",
        Clause(
            f"{_PAGES}Tensor.index_copy_.html",
            "The result is nondeterministic since it depends on which copy occurs last.",
        ),
        "index_copy_(0, places, w)",
        "index_copy(0, places, w)",
    ),
    _any_write_lasts(
        "last-write-of-scatter",
        "Of several values that `scatter_` writes to one place any may be the last, and each gets the gradient.",
        Clause(
            f"{_PAGES}Tensor.scatter_.html",
            "one of the values from src will be picked arbitrarily) and the gradient will be incorrect",
        ),
        "scatter_(0, places, w)",
        "scatter(0, places, w)",
    ),
    Behaviour(
        id="left-open.sign-of-the-larger-zero",
        family=FAMILY,
        statement="`maximum` and its kin give either of two zeros; which one changes with the length of the tensor.",
        expectation="The zero of one operand or of the other, and half of the gradient for both.",
        level=Level.OPTIONAL,
        clause=_SEEN,
        examples=(program_source(_ZEROS(())),),
        generator=_ZEROS,
        needs=("backward",),
        depends=("kinks.maximum-shares",),
        admits=(Admitted("Any of the zeros may be that of the other operand.", _SEEN, _CPU, generate.IN_EITHER_PLACE),),
    ),
)
