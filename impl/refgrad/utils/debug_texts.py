"""What `checkpoint(..., debug=True)` reports where the second run of a function differs from the first."""

from __future__ import annotations

from collections.abc import Sequence

TILDES = "+" + "~" * 78 + "+"
DASHES = "+" + "-" * 78 + "+"


def report(original: Sequence[str], recomputed: Sequence[str], operators: tuple[Sequence[str], Sequence[str]]) -> str:
    """The whole report; `original` and `recomputed` are operators with the places that they were called from."""
    first, second = ("".join(f"{each}\n" for each in each_run) for each_run in operators)
    return f"""\
 An error happened while unpacking tensors; dumping logs of latest computation
because you passed `debug=True` to `torch.utils.checkpoint.checkpoint()`.
Scroll all the way down for guidance on how to navigate these logs.

{TILDES}
|        1. Stack traces of the operators that ran in the original forward     |
{DASHES}

{"".join(original)}
{TILDES}
|        2. Stack traces of the operators that ran during recomputation        |
{DASHES}

{"".join(recomputed)}
{TILDES}
|       3. Log of operators in the original forward and recomputation          |
{DASHES}
(Scroll up to correlate stack traces with each operation listed below. This
 helps identify their source in the code.)

IMPORTANT: Differences in "detach" calls between the original forward and the
           recomputation are expected. They are introduced by the checkpointing
           mechanism and can be ignored.

Operations executed during the original forward:

{first}
Operations executed during recomputation:

{second}
{DASHES}
 ERROR: Detected non-determinism while running activation checkpointing

 You are seeing this error because you passed `debug=True` to checkpoint and
 tensors to be saved during the original forward and differ between those saved
 during recomputation. This can happen if different operators were ran in the
 original forward and in the recomputation.

 To identify where the mismatch may be coming from, you can do the following:

 1) Compare the operators ran during original forward and recomputation to
    see where they differ. These operators are printed above in the order they
    were executed.

 2) Review the stack trace for each operator to locate its invocation source.
    Each operator's stack trace is printed in their execution order.

 Note that the logs can be quite long. Here's how they are structured:
 (Tip: you can Ctrl-f for these headers)

 1. Stack traces of the operators that ran in the original forward
 2. Stack traces of the operators that ran during recomputation
 3. Log of operators in the original forward and recomputation
 4. Error message                                             <--- You are here
{"-" * 80}
"""


def traced(operator: str, place: int, count: int, run: str, stack: Sequence[str]) -> str:
    lines = "".join(f"{each}\n" for each in stack)
    return f"{operator}   ({place} of {count} in {run})\n\n{lines}\n\n"
