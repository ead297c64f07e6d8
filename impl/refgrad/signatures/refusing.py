"""What PyTorch says of a call that no signature takes, in place of what went wrong here.

A public function is run first; only when it has failed are its arguments held against PyTorch's signatures.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from refgrad.asking import answer_of, asks, others
from refgrad.signatures import texts
from refgrad.signatures.matching import Arguments, Options, Refused, is_tensor, match, type_name, wrong_element
from refgrad.signatures.reading import Overloads, Signature, of_function, of_method
from refgrad.tensor import Tensor


def refusal(name: str, arguments: Arguments, options: Options, *, method: bool) -> str | None:
    """PyTorch's text for a call that it refuses; of a method the tensor itself comes first."""
    known = of_method(name) if method else of_function(name)
    if known is None:
        return None
    given = arguments[1:] if method else arguments
    if method and known.signatures == (Signature(()),):
        if options:
            return texts.no_keywords(name)
        return texts.no_arguments(name, len(given)) if given else None
    for each in known.signatures:
        try:
            lists = match(known.name, each, given, options)
        except Refused:
            continue
        return wrong_element(known.name, lists)
    count = len(given) + len(options)
    plausible = [each for each in known.signatures if each.required <= count <= len(each.parameters)]
    if len(known.signatures) == 1 and not known.hidden:
        plausible = list(known.signatures)
    if len(plausible) == 1:
        try:
            match(known.name, plausible[0], given, options)
        except Refused as error:
            return str(error)
    return combination(known, given, options)


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
    return f"{type_name(value)} of {f'({inner})' if isinstance(value, tuple) else f'[{inner}]'}"


# ---- public functions ---------------------------------------------------------------------------------------------


def guarded(made: Callable[..., Any], name: str, where: str) -> Callable[..., Any]:
    """`made`, which says what PyTorch says of arguments that PyTorch does not take.

    `name` is that of PyTorch's parser, `where` the module of torch, or `torch.Tensor` for a method. A class that is no
    tensor but wants to be asked is asked in the place of a call that failed.
    """
    method = where == "torch.Tensor"
    shown = name if where in ("torch", "torch.Tensor") else name.removeprefix(where.rpartition(".")[2] + "_")

    @functools.wraps(made)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return made(*arguments, **options)
        except Exception:
            asked = others(arguments, options)
            told = None if asked else refusal(name, arguments, options, method=method)
            if not asked and told is None:
                raise
        if asked:
            return answer_of(asked, where, shown, arguments, options)
        raise TypeError(told)

    @functools.wraps(made)
    def run_on_tensor(*arguments: Any, **options: Any) -> Any:
        if not arguments or not isinstance(arguments[0], Tensor):
            foreign = bool(arguments) and is_tensor(arguments[0])
            told = None if foreign else refusal(name, arguments, options, method=method)
            asked = others(arguments, options, inside=0) if foreign or told is not None else []
            if asked:
                return answer_of(asked, where, shown, arguments, options)
            if told is not None:
                raise TypeError(told)
        return run(*arguments, **options)

    asks(run)
    return run if method else run_on_tensor
