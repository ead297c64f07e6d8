"""Counting without flattery: a score is over what was judged, and what was not judged is counted apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from gradreports.records import BEHAVIOUR_LEVELS, OracleInfo
from gradreports.words import NOT_RUN, SCORED, VERDICTS


@dataclass(frozen=True, slots=True)
class Score:
    """One oracle at one level: how many behaviours have each verdict."""

    oracle: str
    level: str
    verdicts: Mapping[str, int]

    @property
    def passed(self) -> int:
        return self.verdicts.get("pass", 0)

    @property
    def judged(self) -> int:
        """What the score is over; a missing result counts against the engine, never for it."""
        return sum(self.verdicts.get(verdict, 0) for verdict in SCORED)

    @property
    def apart(self) -> list[tuple[str, int]]:
        """What was not judged, by verdict."""
        return [(word, self.verdicts[word]) for word in VERDICTS if word not in SCORED and self.verdicts.get(word)]

    @property
    def percent(self) -> str:
        """The share that passed, cut and never rounded up, so that only a full score reads 100 %."""
        return f"{self.passed * 1000 // self.judged / 10:.1f} %" if self.judged else "no data"


def scores(
    oracles: tuple[OracleInfo, ...], levels: Mapping[str, str], cases: Mapping[tuple[str, str], str]
) -> list[Score]:
    """A score for each measured oracle and level in use.

    `levels` gives the level of each behaviour, `cases` the verdict by (behaviour, oracle).
    """
    found = []
    for oracle in oracles:
        if oracle.status != "measured":
            continue
        for level in BEHAVIOUR_LEVELS:
            members = [behaviour for behaviour, its in levels.items() if its == level]
            counts = Counter(cases.get((behaviour, oracle.id), NOT_RUN) for behaviour in members)
            if members:
                found.append(Score(oracle.id, level, counts))
    return found
