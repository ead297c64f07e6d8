"""The words and signs of the report: what each verdict and level means, said once."""

from __future__ import annotations

from dataclasses import dataclass

NOT_MEASURED = "not measured"
NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict on the page: its word, a sign that does not need colour, its colour group and its meaning."""

    word: str
    sign: str
    tone: str
    meaning: str


VERDICTS: dict[str, Verdict] = {
    item.word: item
    for item in (
        Verdict("crash", "☠", "bad", "The engine's process died while it ran a program."),
        Verdict("timeout", "∞", "bad", "The engine did not finish a program in the time allowed."),
        Verdict("error", "!", "bad", "The suite or the adapter failed, so nothing could be compared. Not the engine's"
                " behaviour, but no evidence for it either."),
        Verdict("fail", "✗", "bad", "The engine does something a user can observe that the oracle does not do."),
        Verdict("xpass", "⇑", "bad", "Expected to fail, but passes: the expectation file is out of date."),
        Verdict("flaky", "≈", "warn", "The same program gave unlike results when it was run again."),
        Verdict("missing", "?", "warn", "No result although one was due. Never counted as a pass."),
        Verdict("blocked", "⊘", "none", "Not judged, because a behaviour that this one rests on does not hold."),
        Verdict("unsupported", "\N{MINUS SIGN}", "none", "Not judged, because the engine declares that it lacks"
                " something needed."),
        Verdict("skipped", "»", "none", "Not judged, because the run left it out."),
        Verdict("xfail", "\N{VECTOR OR CROSS PRODUCT}", "known", "Fails, and the expectation file says so and why."),
        Verdict("pass", "✓", "good", "Every program compared gave what the oracle gives, on every level compared."),
        Verdict(NOT_RUN, "·", "none", "No case in this run."),
        Verdict(NOT_MEASURED, "·", "none", "Nobody ran this oracle. Says nothing about the engine, good or bad."),
    )
}  # fmt: skip
"""Worst first: the overall verdict of a behaviour is the first of these among its cases."""

SCORED: tuple[str, ...] = ("pass", "fail", "error", "crash", "timeout", "xpass", "flaky", "missing", "xfail")
"""The verdicts in the denominator of a score."""

BEHAVIOUR_LEVELS: dict[str, str] = {
    "required": "An engine that claims PyTorch's semantics owes it: where it differs, programs break.",
    "recommended": "Programs may rely on it: an engine should do it.",
    "optional": "A feature that an engine may do without; where it has it, it should behave so.",
    "informational": "Worth knowing, binding nobody. Counted, never scored.",
}

COMPARISON_LEVELS: dict[str, str] = {
    "values": "numbers, dtypes, shapes and Python values",
    "state": "which tensors hold a gradient, flags, versions, sharing, order of hooks",
    "errors": "the class of an error, the statement that raises it and what it leaves behind",
    "messages": "the verbatim text of errors and warnings",
    "graph": "names of nodes and their edges",
}

COMPARISON_SHORT: dict[str, str] = {
    "values": "val",
    "state": "sta",
    "errors": "err",
    "messages": "msg",
    "graph": "gra",
}


def overall(verdicts: list[str]) -> str:
    """The worst of some verdicts, "not measured" for none."""
    return min(verdicts, key=list(VERDICTS).index, default=NOT_MEASURED)
