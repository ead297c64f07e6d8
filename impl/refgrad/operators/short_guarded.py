"""The functions of `short.py` as users call them: what is unusual about the arguments goes a road of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from refgrad.operators.names import with_input
from refgrad.operators.short import call_source, scope_of, with_numbers
from refgrad.operators.short_inplace import inplace_scope, inplace_source

if TYPE_CHECKING:
    from refgrad.operators.declare import Operator


class Absent:
    """The default of what has to be given."""


ABSENT = Absent()

WITHOUT_OUT = frozenset("relu clone as_strided permute select squeeze t transpose unsqueeze masked_fill".split())
"""Functions that have no form with `out=`; no method has one."""

OTHER_KIND = {
    "int": "type({0}) is not int", "int?": "{0} is not None and type({0}) is not int",
    "int[]": "type({0}) is not tuple", "Number": "type({0}) is not int and type({0}) is not float",
    "MemoryFormat?": "{0} is not None",
}  # fmt: skip
"""When an attribute of some kind is unusual: absent, perhaps, or wrong."""


def short_guarded(
    row: Operator, general: Callable[..., Any], name: str, *, inplace: bool, method: bool
) -> Callable[..., Any]:
    """The public function `name`, which hands over to `general`, for too few and too many arguments too."""
    positional = [each for each in (*row.tensor_names, *row.attribute_names) if each not in row.keyword_only]
    keywords = [each for each in row.attribute_names if each in row.keyword_only]
    has_out = not (inplace or method or row.view or name in WITHOUT_OUT)
    defaults = {each: row.defaults.get(each, ABSENT) for each in (*positional, *keywords)}
    dropped = defaults | ({"out": None} if has_out else {})
    given, named = ([f"{each}=_defaults[{each!r}]" for each in names] for names in (positional, keywords))
    plain = [*positional, *(f"{each}={each}" for each in keywords)]
    tail = ["out=out"] if has_out else []
    leave = f"other_road({', '.join([*positional, '*more', *plain[len(positional) :], *tail, '**others'])})"
    kinds = [OTHER_KIND[row.attribute_kinds[each]].format(each) for each in row.attribute_names]
    unusual = " or ".join(["more or others", *(["out is not None"] if has_out else []), *kinds])

    def slow(*arguments: Any, **options: Any) -> Any:
        known = list(arguments)
        while 1 < len(known) <= len(positional) and known[-1] is defaults[positional[len(known) - 1]]:
            known.pop()
        chosen = {each: value for each, value in options.items() if value is not dropped.get(each, ABSENT)}
        gap = next((place for place, each in enumerate(known) if each is ABSENT), None)
        if gap is not None:
            chosen |= {name: each for name, each in zip(positional, known, strict=False) if each is not ABSENT}
            chosen = {name: each for name, each in chosen.items() if name not in positional[:gap]}
            known = known[:gap]
        return general(*known, **chosen)

    scope = inplace_scope(row) if inplace else scope_of(row)
    scope |= {"_defaults": defaults, "absent": ABSENT, "other_road": slow}
    if not method:  # tensors by their names go the other road, where it is told from their places
        given.insert(len(row.tensor_names), "/")
    parameters = ", ".join([*given, "*more", *named, *(["out=None"] if has_out else []), "**others"])
    source = inplace_source if inplace else call_source
    otherwise = f"other_road({', '.join(plain)})"
    made = with_numbers(row, source, name, parameters, otherwise, scope, f"{unusual}: return {leave}")
    return made if method else with_input(made)
