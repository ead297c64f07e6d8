"""Recordings: whole or refused by name, checked against the engine that made them, and what runs without PyTorch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest

from gradconform import engines
from gradconform.asking import observed_copy
from gradconform.catalogue.registry import behaviours
from gradconform.cli import main
from gradconform.drifting import drifted
from gradconform.recorded_oracle import RecordedOracle
from gradoracle.compare import compare
from gradoracle.exactness import measure
from gradoracle.parse import parse_program
from gradoracle.recorded import container, recorder, shipped
from gradoracle.recorded.corpus import BLOCK, Corpus, Entry, write_corpus
from gradoracle.recorded.recording import Recording, release
from gradoracle.recorded.schema import schema
from gradoracle.worker import Worker

N1 = "notes.n1-second-backward-raises"
TEXTS = ("a = torch.ones(2)\nobserve(a)", "x = torch.ones(2, requires_grad=True)\n(x * x).sum().backward()\nobserve(x)")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package's folder with a small corpus, recorded with refgrad in the place of PyTorch 2.13.0."""
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    monkeypatch.setattr(shipped, "CORPUS", tmp_path / "corpus.gcc")
    monkeypatch.setitem(recorder.RECORDED, "torch:cpu", "fauxengines:oracle")
    monkeypatch.setitem(engines._BUILT_IN, "torch:cpu", "fauxabsent:engine")
    monkeypatch.setitem(engines._BUILT_IN, "torch:cuda", "fauxabsent:engine")
    _forget()
    pinned = [Entry(parse_program(text), (N1,), True) for text in behaviours()[N1].examples]
    looks = [Entry(observed_copy(entry.program)[0], (), True) for entry in pinned]
    write_corpus(
        tmp_path / "corpus.gcc", [*pinned, *looks, *(Entry(parse_program(t), (N1,), False) for t in TEXTS)], {}
    )
    about, _ = recorder.record(Corpus.open(tmp_path / "corpus.gcc"), "torch:cpu", tmp_path / "made.gcr")
    monkeypatch.setattr(shipped, "FOLLOWED", about.name)
    (tmp_path / "made.gcr").rename(shipped.path_of(about.name))
    yield tmp_path
    _forget()


def _forget() -> None:
    shipped.corpus.cache_clear()
    shipped.recordings.cache_clear()


def refused(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    _forget()
    assert main(args) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


class TestRefusals:
    def test_a_flipped_bit(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        data = bytearray(shipped.paths()[0].read_bytes())
        data[len(data) // 2] ^= 4
        (folder / "flipped").write_bytes(data)
        assert "Corrupted: " in refused(capsys, "recordings", "add", str(folder / "flipped"))

    def test_a_flipped_bit_among_those_in_use(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = shipped.paths()[0]
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        assert "Corrupted: " in refused(capsys, "run", "-k", N1, "--out", str(folder / "out"))

    @pytest.mark.parametrize("kept", [10, 60, -1])
    def test_a_truncated_file(self, folder: Path, capsys: pytest.CaptureFixture[str], kept: int) -> None:
        (folder / "cut").write_bytes(shipped.paths()[0].read_bytes()[:kept])
        assert "Truncated: " in refused(capsys, "recordings", "add", str(folder / "cut"))

    def test_something_else(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (folder / "else").write_text("no recording")
        assert "NotARecording: " in refused(capsys, "recordings", "add", str(folder / "else"))

    def test_another_corpus(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write_corpus(folder / "corpus.gcc", [Entry(parse_program(TEXTS[0]), (N1,), True)], {})
        assert "OtherCorpus: " in refused(capsys, "run", "-k", N1, "--out", str(folder / "out"))

    def test_a_version_that_it_is_not(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        opened = container.read(shipped.paths()[0], container.RECORDING)
        header = {key: value for key, value in opened.header.items() if key not in ("sections", "format")}
        header["about"]["environment"]["version"] = "2.99.0"
        sections = [opened.packed(number) for number in range(len(opened.header["sections"]))]
        container.write(folder / "lie", container.RECORDING, header, sections)
        assert "FalseEnvironment: " in refused(capsys, "recordings", "add", str(folder / "lie"))

    def test_no_sections(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        opened = container.read(shipped.paths()[0], container.RECORDING)
        header = {key: value for key, value in opened.header.items() if key not in ("sections", "format")}
        container.write(folder / "empty", container.RECORDING, header, [])
        assert "Corrupted: " in refused(capsys, "recordings", "add", str(folder / "empty"))

    def test_a_version_that_is_known_otherwise(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(recorder.RECORDED, "torch:cpu", "fauxengines:lying")
        recorder.record(shipped.corpus(), "torch:cpu", folder / "lie")
        assert "FalseEnvironment: " in refused(capsys, "recordings", "add", str(folder / "lie"))

    def test_a_recording_without_its_base(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        whole = Recording.open(shipped.paths()[0])
        whole.thinned(folder / "thin", whole)
        shipped.paths()[0].unlink()
        assert "MissingBase: " in refused(capsys, "recordings", "add", str(folder / "thin"))


def test_the_check_passes_and_notices(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["record", "--check"]) == 0
    assert "do live what the recording says" in capsys.readouterr().out
    monkeypatch.setitem(recorder.RECORDED, "torch:cpu", "fauxengines:lying")
    assert main(["record", "--check"]) == 1
    assert capsys.readouterr().out.startswith("FalseEnvironment: ")


def test_traces_come_back_as_they_were(folder: Path) -> None:
    [path] = shipped.paths()
    recording, corpus = Recording.open(path), shipped.corpus()
    with Worker("fauxengines:oracle") as worker:
        live = [worker.run(program) for program in corpus]
        found = worker.digests(corpus.block(0), range(len(corpus)))
    assert [recording.trace(number) for number in range(len(corpus))] == live
    assert [trace.digest for trace in live] == found
    recording.thinned(folder / "thin", recording)
    thin = Recording.open(folder / "thin", lambda seal: recording)
    assert [thin.trace(number) for number in range(len(corpus))] == live


def test_a_run_without_pytorch(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "-k", N1, "--jobs", "1", "--out", str(folder / "out")]) == 0
    said = capsys.readouterr().out
    assert f"against {shipped.FOLLOWED}, recorded " in said
    assert "not measured: torch:cuda" in said
    assert main(["run", "-k", N1, "--jobs", "1", "--engine", "fauxengines:lying", "--out", str(folder / "out")]) == 1


def test_what_is_newer_than_the_corpus_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "-k", "notes", "--jobs", "1", "--out", str(folder / "out")]) == 0
    assert "not recorded: " in capsys.readouterr().out
    assert "not recorded: " in refused(capsys, "run", "-k", "hooks", "--out", str(folder / "out"))


def test_ask_answers_from_the_recording_or_predicts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "-c", behaviours()[N1].examples[0]]) == 0
    assert f"{shipped.FOLLOWED} (recorded " in capsys.readouterr().out
    assert main(["ask", "-c", "a = torch.ones(3)"]) == 2
    assert "prediction of refgrad" in capsys.readouterr().out


def test_drift_of_two_environments(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", shipped.FOLLOWED, shipped.FOLLOWED]) == 0
    assert "added: nothing" in capsys.readouterr().out
    assert "unknown environment" in refused(capsys, "drift", shipped.FOLLOWED, "torch:abacus")


class TestShipped:
    """What is in the package holds together; a catalogue that is newer than the corpus is no fault."""

    @pytest.fixture(autouse=True)
    def there(self) -> None:
        _forget()
        if not shipped.CORPUS.exists():
            pytest.skip("no corpus is shipped")

    def test_headers_and_sizes(self) -> None:
        for one in shipped.recordings():
            header = dict(container.read(Path(one.path), container.RECORDING).header)
            jsonschema.validate(header, schema())
            assert one.size <= 8 << 20
            assert len(shipped.corpus()) == len(one)

    def test_the_corpus_is_large_and_its_programs_are_what_they_say(self) -> None:
        corpus = shipped.corpus()
        assert len(corpus) - len(corpus.pinned) >= 20_000
        assert [corpus.program(number).id for number in range(600, 800)] == list(corpus.names[600:800])

    def test_recorded_traces_open(self) -> None:
        for one in shipped.recordings():
            numbers = [number for number in range(0, len(one), 997) if one.digest(number) is not None]
            assert all(one.trace(number).digest == one.digest(number) for number in numbers)

    def test_live_does_what_is_recorded(self) -> None:
        torch = pytest.importorskip("torch")
        recording = shipped.recording(f"torch:cpu@{release(torch.__version__)}")
        if recording is None:
            pytest.skip(f"PyTorch {torch.__version__} is not recorded")
        corpus = shipped.corpus()
        oracle = RecordedOracle(recording, corpus)
        with Worker("gradoracle.torch_engine:cpu") as worker:
            for program in map(corpus.program, range(20 * BLOCK, 21 * BLOCK, 10)):
                assert not compare(oracle.run(program), worker.run(program))

    def test_what_an_environment_cannot_say_of_itself_the_followed_one_does(self, tmp_path: Path) -> None:
        name = "torch-compile:cpu@2.13.0"
        if shipped.recording(name) is None:
            pytest.skip(f"{name} is not recorded")
        # Of what is left open there only a few programs are recorded, and none with another order of its values.
        chosen = ("--oracle", name, "-k", "left-open.last-write-of-index-put")
        assert main(["run", *chosen, "--jobs", "1", "--out", str(tmp_path / "out")]) == 0

    def test_a_live_pytorch_of_another_version_is_not_blamed_on_the_engine(self) -> None:
        corpus = shipped.corpus()
        newer, older = shipped.recording(shipped.FOLLOWED), shipped.recording("torch:cpu@2.11.0")
        if newer is None or older is None:
            pytest.skip("2.11 is not recorded")
        told = {"2.11.0": Counter[str | None](), "2.13.0": Counter[str | None]()}
        for number in corpus.behaviours["in-place.saved-result-is-refused"]:
            expected, got = older.trace(number), newer.trace(number)
            program = corpus.program(number)
            if found := compare(expected, got, measure(program)):
                for version, names in told.items():
                    live = Stand("torch:cpu", {"version": f"{version}+cpu"})
                    names[drifted(program, found, live)] += 1  # type: ignore[arg-type]

        assert "node-names-in-texts" in told["2.11.0"]
        assert set(told["2.13.0"]) == {None}


class Stand(NamedTuple):
    """Stands for a worker that runs a version of PyTorch."""

    id: str
    environment: dict[str, str]
