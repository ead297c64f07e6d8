"""What PyTorch says of a call that no signature takes, in place of what went wrong here.

Arguments are held against PyTorch's signatures before a public function is run, once for each combination
of types.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from refgrad.asking import answer_of, asks, others
from refgrad.binding_texts import results_given
from refgrad.overrides import DisableTorchFunction
from refgrad.signatures import texts
from refgrad.signatures.converting import converted, is_plain
from refgrad.signatures.matching import Arguments, Options, Refused, RefusedAtOnce, Taken, match, wrong_element
from refgrad.signatures.reading import Overloads, Signature, of_function, of_method
from refgrad.signatures.seen_types import has_strangers, key_of
from refgrad.type_names import type_name


class Absent:
    """The default of what need not be there."""


ABSENT = Absent()
NOTHING = (Signature(()),)
UNPACKED_LATE = frozenset(("new", "sparse_coo_tensor"))
"""Functions that look themselves at what is behind the first element of a list."""


def refusal(name: str, arguments: Arguments, options: Options, *, method: bool) -> str | None:
    """PyTorch's text for a call that it refuses; of a method the tensor itself comes first."""
    known = of_method(name) if method else of_function(name)
    if known is None:
        return None
    given = arguments[1:] if method else arguments
    if method and known.signatures == NOTHING:
        if options:
            return texts.no_keywords(name)
        return texts.no_arguments(name, len(given)) if given else None
    found = taken(known, given, options)
    if found is None:
        return unfit(known, given, options)
    return None if known.name in UNPACKED_LATE else wrong_element(known.name, found)


def taken(known: Overloads, arguments: Arguments, options: Options) -> Taken | None:
    """The arguments with their parameters in the first signature that they fit."""
    for each in known.signatures:
        try:
            return match(known.name, each, arguments, options)
        except Refused:
            continue
    return None


def unfit(known: Overloads, arguments: Arguments, options: Options) -> str:
    """What is said of arguments that fit no signature."""
    for each in known.signatures:
        try:
            match(known.name, each, arguments, options)
        except RefusedAtOnce as error:
            return str(error)
        except Refused:
            continue
    count = len(arguments) + len(options)
    plausible = [each for each in known.signatures if each.required <= count <= len(each.parameters)]
    if len(known.signatures) == 1 and not known.hidden:
        plausible = list(known.signatures)
    if len(plausible) == 1:
        try:
            match(known.name, plausible[0], arguments, options)
        except Refused as error:
            return str(error)
    return combination(known, arguments, options)


# ---- several signatures -------------------------------------------------------------------------------------------


def combination(known: Overloads, arguments: Arguments, options: Options) -> str:
    """The list of all signatures, with what speaks against each."""
    start = texts.combination(known.name)
    if len(known.signatures) == 1:
        (signature,) = known.signatures
        parts = parts_of(signature)
        wrong = incorrect(parts, options)
        if wrong:
            return start + texts.unrecognized(wrong)
        counted = len(arguments) + len(options) == len(parts)
        got = marked(parts, arguments, options) if counted else described(arguments, options)
        return start + texts.only(got, signature.shown)
    told = start + described(arguments, options) + texts.ONE_OF
    for signature in known.signatures:
        told += texts.signature(signature.shown)
        parts = parts_of(signature)
        if len(arguments) + len(options) == len(parts):
            wrong = incorrect(parts, options)
            told += texts.wrong_keywords(wrong) if wrong else texts.wrong_types(marked(parts, arguments, options))
    return told


def parts_of(signature: Signature) -> list[tuple[str, str]]:
    """Kind and name of each part of the printed signature: the star is one, and a default takes the name's place."""
    inner = signature.shown[1:-1]
    return [(each.rpartition(" ")[0] or each, each.rpartition(" ")[2]) for each in inner.split(", ")]


def incorrect(parts: list[tuple[str, str]], options: Options) -> list[str]:
    """Keywords that none of the last parts bears."""
    last = {name for _, name in parts[max(len(parts) - len(options), 0) :]}
    return [each for each in ordered(options) if each not in last]


def ordered(options: Options) -> list[str]:
    """Keywords as PyTorch's table of them comes to list them: the last first."""
    return list(options)[::-1]


def described(arguments: Arguments, options: Options) -> str:
    """The types of all arguments; where there are keywords alone, a comma is left over."""
    told = "".join(f"{type_name(each)}, " for each in arguments)
    told += "".join(f"{each}={type_name(options[each])}, " for each in ordered(options))
    return f"({told[:-2] if arguments else told})"


def marked(parts: list[tuple[str, str]], arguments: Arguments, options: Options) -> str:
    """The types of all arguments, those that the signature spells differently between marks."""
    told = ""
    for place, (kind, name) in enumerate(parts):
        by_keyword = place >= len(arguments)
        value = options[name] if by_keyword else arguments[place]
        mark = "" if spelled(kind, type_name(value)) else "!"
        told += f"{mark}{name + '=' if by_keyword else ''}{shown_type(value)}{mark}, "
    return f"({told[:-2] if arguments else told})"


def spelled(kind: str, name: str) -> bool:
    return name in ("float", "int") if kind == "float" else name == kind


def shown_type(value: Any) -> str:
    """The type; of a list or tuple those of its elements too."""
    if not isinstance(value, (list, tuple)):
        return type_name(value)
    inner = ", ".join(type_name(each) for each in value)
    if isinstance(value, tuple):
        return f"{type_name(value)} of ({inner}{',' if len(value) == 1 else ''})"
    return f"{type_name(value)} of [{inner}]"


# ---- public functions ---------------------------------------------------------------------------------------------


class Accepted:
    """Types of arguments that PyTorch takes as they are, whatever their values: they are looked at once."""

    def __init__(self, name: str, *, method: bool) -> None:
        self.name = name
        self.method = method
        self.types: set[Any] = set()

    def parsed(self, arguments: Arguments, options: Options, *, remember: bool) -> tuple[Any, Any]:
        """The arguments as PyTorch's parser hands them on.

        Raises TypeError with PyTorch's text if it does not take them.
        """
        with DisableTorchFunction():  # no class sees what is looked at here
            return self.looked_at(arguments, options, remember=remember)

    def looked_at(self, arguments: Arguments, options: Options, *, remember: bool) -> tuple[Any, Any]:
        told = refusal(self.name, arguments, options, method=self.method)
        if told is not None:
            raise TypeError(told)
        found = self.taken(arguments, options)
        check_count(found or ())
        if found is None or self.name in UNPACKED_LATE or all(map(is_plain, found)):
            if remember:
                key = key_of(arguments, options)
                alone = len(key) == 1 and not isinstance(key[0], tuple)  # a list is not its elements one by one
                self.types.update((key, key[0]) if alone else (key,))
            return arguments, options
        own, options = converted(found, arguments[1:] if self.method else arguments, options)
        return ([arguments[0], *own] if self.method else own), options

    def taken(self, arguments: Arguments, options: Options) -> Taken | None:
        known = of_method(self.name) if self.method else of_function(self.name)
        return None if known is None else taken(known, arguments[1:] if self.method else arguments, options)

    def refuse_large(self, arguments: Arguments, options: Options) -> None:
        """Raise ValueError or OverflowError for an integer that is too large."""
        with DisableTorchFunction():
            found = self.taken(arguments, options) or ()
        for parameter, _, value, _ in found:
            if type(value) is int and not texts.LEAST <= value <= texts.MOST:
                if parameter.kind in ("int", "tuple of ints"):
                    raise ValueError(texts.OVERFLOW)
                if parameter.kind == "Number" and not 0 < value <= 2 * texts.MOST + 1:
                    raise OverflowError(texts.NEGATIVE if value < 0 else texts.TOO_BIG)


def check_count(taken: Taken) -> None:
    """Raise TypeError for an `out` of another number of tensors than there are results."""
    for parameter, _, value, _ in taken:
        wanted = parameter.size if parameter.kind == "tuple of Tensors" and value is not None else 0
        if wanted and len(value) != wanted:
            raise TypeError(results_given(wanted, len(value)))


def guarded(made: Callable[..., Any], name: str, where: str) -> Callable[..., Any]:
    """`made`, which says what PyTorch says of arguments that PyTorch does not take.

    `name` is that of PyTorch's parser, `where` the module of torch, or `torch.Tensor` for a method. A class that is no
    tensor but wants to be asked is asked in the place of the call.
    """
    method = where == "torch.Tensor"
    shown = name if where in ("torch", "torch.Tensor") else name.removeprefix(where.rpartition(".")[2] + "_")
    accepted = Accepted(name, method=method)
    types = accepted.types

    @functools.wraps(made)
    def run(first: Any = ABSENT, second: Any = ABSENT, /, *more: Any, **options: Any) -> Any:
        try:  # what is known already is written out, for it is most of all calls
            if options:
                if second is ABSENT and (type(first), *options, *map(type, options.values())) in types:
                    return made(first, **options)
            elif second is ABSENT:
                if type(first) in types:
                    return made(first)
            elif more:
                if (type(first), type(second), *map(type, more)) in types:
                    return made(first, second, *more)
            elif (type(first), type(second)) in types:
                return made(first, second)
        except Exception:
            accepted.refuse_large(given(first, second, more), options)
            raise
        arguments: Any = given(first, second, more)
        if key_of(arguments, options) not in types:
            strange = has_strangers(arguments, options)
            asked = others(arguments, options) if strange else []
            if asked:
                return answer_of(asked, where, shown, arguments, options)
            arguments, options = accepted.parsed(arguments, options, remember=not strange)
        try:
            return made(*arguments, **options)
        except Exception:
            accepted.refuse_large(arguments, options)
            raise

    asks(run)
    return run


def given(first: Any, second: Any, more: Arguments) -> Arguments:
    """All positional arguments."""
    if second is ABSENT:
        return () if first is ABSENT else (first,)
    return (first, second, *more)
