"""What may be wrong with a recording or a corpus, each by its name."""

from __future__ import annotations


class RecordingError(ValueError):
    """A recording or corpus that cannot be used; the message begins with the name of what is wrong."""

    def __init__(self, said: str) -> None:
        super().__init__(f"{type(self).__name__}: {said}")


class NotARecording(RecordingError):
    """The file is something else, or of a format that this version does not read."""


class Truncated(RecordingError):
    """The file is shorter than it says."""


class Corrupted(RecordingError):
    """The bytes are not those that were written."""


class OtherCorpus(RecordingError):
    """The recording is of other programs than those of the corpus here."""


class FalseEnvironment(RecordingError):
    """The recording's traces do not belong to the environment that it names."""


class MissingBase(RecordingError):
    """The recording keeps only what differs from another one, and that one is not here."""
