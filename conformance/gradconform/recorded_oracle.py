"""A recorded environment where a live oracle would stand, and what `--oracle` says of recorded ones."""

from __future__ import annotations

from collections.abc import Sequence

from gradoracle.program import Program
from gradoracle.recorded import shipped
from gradoracle.recorded.corpus import Corpus
from gradoracle.recorded.recording import Recording
from gradoracle.trace import Trace

ALL = "recorded"
"""The name that stands for every recorded environment."""


class NotRecorded(LookupError):
    """No recording has the program."""


class RecordedOracle:
    """Answers programs of the corpus as PyTorch did when it was recorded; has what a `Worker` has."""

    def __init__(self, recording: Recording, corpus: Corpus) -> None:
        self.recording = recording
        self.id = recording.name
        self.environment = environment(recording)
        self._corpus = corpus
        self._sent: Program | None = None

    def knows(self, program: Program) -> bool:
        """Whether the program was recorded."""
        number = self._corpus.numbers.get(program.id)
        return number is not None and self.recording.digest(number) is not None

    def run(self, program: Program) -> Trace:
        """The recorded trace. Raises `NotRecorded`."""
        if not self.knows(program):
            raise NotRecorded(program.id)
        return self.recording.trace(self._corpus.numbers[program.id])

    def send(self, program: Program) -> None:
        """Ask for one program; `receive` gives its trace. Raises `NotRecorded`."""
        if not self.knows(program):
            raise NotRecorded(program.id)
        self._sent = program

    def receive(self) -> Trace:
        """The trace of the program asked for last."""
        if self._sent is None:
            raise NotRecorded("nothing was asked for")
        program, self._sent = self._sent, None
        return self.run(program)


def environment(recording: Recording) -> dict[str, str]:
    """The environment of a recording, with when it was made and of which programs."""
    about = recording.about
    return {
        **about.environment,
        "recorded": about.date,
        "corpus": about.corpus,
        "commit": about.commit,
        "programs": f"{about.programs:,} of {len(recording):,}",
    }


def oracles(names: Sequence[str]) -> list[RecordedOracle]:
    """The recorded environments of these names, the followed one first. Raises a `RecordingError`."""
    return [RecordedOracle(one, shipped.corpus()) for one in shipped.recordings() if one.name in names]
