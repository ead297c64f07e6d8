"""What the recorded environments of PyTorch do with a program of the corpus, held against the followed one."""

from __future__ import annotations

from dataclasses import dataclass

from gradconform.asking import observed_copy
from gradconform.drifting import explaining_drift
from gradoracle.compare import Difference, compare
from gradoracle.exactness import measure
from gradoracle.program import Program
from gradoracle.recorded import shipped
from gradoracle.recorded.drift import telling, up_to
from gradoracle.recorded.shipped import FOLLOWED


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An environment that recorded a program on `date` (ISO 8601), and what it does there otherwise, if anything.

    `finding` is the finding of the register of drift that accounts for it, "" where there is none.
    """

    environment: str
    date: str
    difference: Difference | None = None
    finding: str = ""


def by_version(program: Program) -> tuple[Elsewhere, ...]:
    """What each recorded environment does with a program, as it is and looked at; empty for one that is not recorded.

    Raises `OSError` or a `RecordingError`.
    """
    followed, numbers = shipped.recording(FOLLOWED), shipped.corpus().numbers
    asked = [one for one in (program, observed_copy(program)[0]) if one.id in numbers]
    if followed is None or program.id not in numbers or followed.digest(numbers[program.id]) is None:
        return ()
    found = [Elsewhere(FOLLOWED, followed.about.date)]
    for other in shipped.recordings():
        if other is followed or other.digest(numbers[program.id]) is None:
            continue
        one = Elsewhere(other.name, other.about.date)
        for ran in asked:
            number = numbers[ran.id]
            here, there = followed.digest(number), other.digest(number)
            if None in (here, there) or here == there:
                continue
            told = telling(compare(followed.trace(number), other.trace(number), measure(ran)))
            if told:
                cause = explaining_drift(up_to(ran, told[0]), told[0], (other.name, FOLLOWED))
                one = Elsewhere(other.name, other.about.date, told[0], "" if cause is None else cause.id)
                break
        found.append(one)
    return tuple(found)
