"""Finds the corpus and the recordings that came with the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gradoracle.recorded import container
from gradoracle.recorded.corpus import Corpus
from gradoracle.recorded.recording import Recording

FOLDER = Path(__file__).parents[1] / "recordings"
CORPUS = FOLDER / "corpus.gcc"
FOLLOWED = "torch:cpu@2.13.0"
"""The environment that the texts and the findings of this version are about; the others keep what differs from it."""


@cache
def corpus() -> Corpus:
    """The corpus of the package. Raises `OSError` or a `RecordingError`."""
    return Corpus.open(CORPUS)


def paths() -> tuple[Path, ...]:
    """The files of the recordings, the followed environment first."""
    return tuple(sorted(FOLDER.glob("*.gcr"), key=lambda path: (path != path_of(FOLLOWED), path.name)))


def path_of(name: str) -> Path:
    """The file of an environment."""
    return FOLDER / f"{name.replace(':', '-').replace('@', '-')}.gcr"


def with_seal(seal: str) -> Recording | None:
    """The shipped recording with a seal, where it stands on its own; None where there is none."""
    for path in paths():
        if container.read(path, container.RECORDING).header.get("seal") == seal:
            return Recording.open(path)
    return None


@cache
def recordings() -> tuple[Recording, ...]:
    """Every recording of the package, the followed environment first; all are of the package's corpus.

    Raises `OSError` or a `RecordingError`.
    """
    found: list[Recording] = []

    def base(seal: str) -> Recording | None:
        return next((one for one in found if one.seal == seal), None)

    for path in paths():
        recording = Recording.open(path, base)
        recording.check_corpus(corpus().id)
        found.append(recording)
    return tuple(found)


def recording(name: str) -> Recording | None:
    """The recording of an environment, None where there is none. Raises what `recordings` raises."""
    return next((one for one in recordings() if one.name == name), None)
