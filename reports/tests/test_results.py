"""The results file: what is written is read, and everything that can be wrong with one has a name."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import synthetic

from gradreports.results import (
    VERDICTS,
    DuplicateCase,
    InconsistentFooter,
    MissingFooter,
    MissingHeader,
    NotJSONLines,
    OutOfOrder,
    ResultsError,
    ResultsWriter,
    SchemaViolation,
    UnknownReference,
    WrongFormat,
    decode,
    encode,
    partial_path,
    read,
    scan,
    schema,
)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def rewrite(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def test_what_is_written_is_read(results: Path) -> None:
    found = read(results)

    assert synthetic.header() == found.header
    assert {item.id: item for item in synthetic.behaviours()} == found.behaviours
    assert tuple(synthetic.notes()) == found.notes
    assert {item.id: item for item in synthetic.findings()} == found.findings
    assert tuple(synthetic.cases()) == found.cases
    assert tuple(synthetic.drift()) == found.drift
    assert found.footer is not None
    assert len(synthetic.cases()) == found.footer.cases == sum(found.footer.verdicts.values())


def test_every_record_is_admitted_by_the_whole_schema() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    for record in [synthetic.header(), *synthetic.records()]:
        data = encode(record)
        validator.validate(data)

        assert next(iter(data)) == "type"
        assert record == decode(json.loads(json.dumps(data)))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())

    assert list(VERDICTS) == schema()["$defs"]["case"]["properties"]["verdict"]["enum"]


def test_a_gzipped_file_is_read(results: Path, tmp_path: Path) -> None:
    packed = tmp_path / "results.jsonl.gz"
    packed.write_bytes(gzip.compress(results.read_bytes()))

    assert read(results) == read(packed)


def test_nothing_stands_under_the_name_before_the_footer_does(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with ResultsWriter(path) as writer:
        writer.write(synthetic.header())

        assert not path.exists()
        assert partial_path(path).exists()
        writer.finish(programs=0, seconds=0.0)

    assert path.exists()
    assert not partial_path(path).exists()


def abort(path: Path) -> None:
    """A run that stops after its last case, as Ctrl-C would stop it."""
    with suppress(KeyboardInterrupt), ResultsWriter(path) as writer:
        writer.write(synthetic.header())
        for record in synthetic.records():
            writer.write(record)
        raise KeyboardInterrupt


def test_an_aborted_run_keeps_its_finished_cases(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    abort(path)
    partial = partial_path(path)
    with partial.open("a", encoding="utf-8") as file:
        file.write('{"type":"case","behav')

    assert tuple(synthetic.cases()) == read(partial, partial=True).cases
    assert read(partial, partial=True).footer is None
    with pytest.raises(MissingFooter, match=r"results\.partial\.jsonl:\d+: .*without its footer"):
        read(partial)


def test_a_record_is_on_disk_when_write_returns(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with ResultsWriter(path) as writer:
        writer.write(synthetic.header())

        assert [synthetic.header()] == list(scan(writer.partial, partial=True))
        writer.finish(programs=0, seconds=0.0)


def test_a_partial_file_is_moved_aside_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    abort(path)
    abort(path)
    synthetic.write(path)

    assert ["results.jsonl", "results.partial-1.jsonl", "results.partial-2.jsonl"] == sorted(
        item.name for item in tmp_path.iterdir()
    )


def test_an_old_file_survives_a_run_that_fails(tmp_path: Path) -> None:
    path = synthetic.write(tmp_path / "results.jsonl")
    before = path.read_bytes()
    abort(path)

    assert before == path.read_bytes()


def test_closing_without_a_footer_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFooter, match="finish"), ResultsWriter(tmp_path / "results.jsonl") as writer:
        writer.write(synthetic.header())


def test_an_interrupted_run_may_still_close_its_file(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with ResultsWriter(path) as writer:
        writer.write(synthetic.header())
        writer.finish(programs=0, seconds=1.0, interrupted=True)
    footer = read(path).footer

    assert footer is not None
    assert footer.interrupted


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_number_that_json_has_not_is_refused_and_leaves_no_trace(tmp_path: Path, bad: float) -> None:
    path = tmp_path / "results.jsonl"
    with ResultsWriter(path) as writer:
        writer.write(synthetic.header())
        for record in synthetic.behaviours():
            writer.write(record)
        case = synthetic.cases()[4]
        with pytest.raises(ValueError, match="JSON compliant"):
            writer.write(replace(case, seconds=bad))
        writer.write(case)
        writer.finish(programs=1, seconds=0.0)

    assert (case,) == read(path).cases


def test_the_writer_refuses_what_the_schema_does_not_admit(tmp_path: Path) -> None:
    with ResultsWriter(tmp_path / "results.jsonl") as writer:
        with pytest.raises(SchemaViolation, match="seed: 'x' is not of type 'integer'"):
            writer.write(synthetic.header(seed="x"))
        writer.write(synthetic.header())
        writer.finish(programs=0, seconds=0.0)


Edit = Callable[[list[dict[str, Any]]], object]


def case_at(records: list[dict[str, Any]]) -> int:
    return next(number for number, record in enumerate(records) if record["type"] == "case")


def first_drift(records: list[dict[str, Any]]) -> dict[str, Any]:
    return next(record for record in records if record["type"] == "drift")


def first_case(records: list[dict[str, Any]]) -> dict[str, Any]:
    return records[case_at(records)]


@pytest.mark.parametrize(
    ("edit", "error", "says"),
    [
        (lambda r: r.pop(), MissingFooter, "run the suite again"),
        (lambda r: r.pop(0), MissingHeader, "not a header"),
        (lambda r: r.clear(), MissingHeader, "empty"),
        (lambda r: r[0].update(format=2), WrongFormat, "format 2"),
        (lambda r: r.insert(1, r[0]), OutOfOrder, "second header"),
        (lambda r: r.insert(case_at(r), first_case(r)), DuplicateCase, "second-backward-raises on torch-2.13.0-cpu"),
        (lambda r: r.insert(1, r[1]), DuplicateCase, "stands twice"),
        (lambda r: first_case(r).update(behaviour="no.such"), UnknownReference, "behaviour 'no.such'"),
        (lambda r: first_case(r).update(oracle="no-such"), UnknownReference, "oracle 'no-such'"),
        (lambda r: first_case(r).update(findings={"F9": 1}), UnknownReference, "finding 'F9'"),
        (lambda r: first_drift(r)["groups"][0].update(finding="D9"), UnknownReference, "finding 'D9'"),
        (lambda r: r.insert(-1, first_drift(r)), DuplicateCase, "on torch-2.13.0-cpu' stands twice"),
        (lambda r: first_case(r).update(verdict="fine"), SchemaViolation, "verdict: 'fine' is not one of"),
        (lambda r: first_case(r).update(extra=1), SchemaViolation, "'extra' was unexpected"),
        (lambda r: first_case(r).pop("replay"), SchemaViolation, "'replay' is a required property"),
        (lambda r: first_case(r)["evidence"][0].update(oracle=[1, 2]), SchemaViolation, "not a trace"),
        (
            lambda r: first_case(r)["evidence"][0].update(oracle=[[[[0], {}, [], []]], ["finished"]]),
            SchemaViolation,
            "fact",
        ),
        (lambda r: r[1]["clause"].update(url="javascript:alert(1)"), SchemaViolation, "clause"),
        (lambda r: r.insert(1, {"type": "thing"}), SchemaViolation, "expected one of header"),
        (lambda r: r.insert(1, {"type": []}), SchemaViolation, "type is []"),
        (lambda r: r.append(r[-1]), OutOfOrder, "after the footer"),
        (lambda r: r.insert(-1, r[1]), OutOfOrder, "after the first case"),
        (lambda r: r.pop(case_at(r)), InconsistentFooter, "counts 12 cases, the file holds 11"),
    ],
)
def test_what_is_wrong_has_a_name_a_place_and_a_remedy(
    results: Path, tmp_path: Path, edit: Edit, error: type[ResultsError], says: str
) -> None:
    path = tmp_path / "bad.jsonl"
    records = lines_of(results)
    edit(records)
    rewrite(path, records)
    with pytest.raises(error) as caught:
        read(path)
    message = str(caught.value)

    assert message.startswith(str(path))
    assert says in message
    assert "\n" not in message
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("not json\n", NotJSONLines),
        ("[1, 2]\n", NotJSONLines),
        ("\n", NotJSONLines),
        ('{"type": "footer", "seconds": NaN}\n', NotJSONLines),
        ("[" * 100_000 + "\n", NotJSONLines),
        ("\xff\xfe\n", NotJSONLines),
    ],
)
def test_a_line_that_is_no_object(results: Path, tmp_path: Path, line: str, error: type[ResultsError]) -> None:
    path = tmp_path / "bad.jsonl"
    first, rest = results.read_bytes().split(b"\n", 1)
    path.write_bytes(first + b"\n" + line.encode("latin-1") + rest)
    with pytest.raises(error, match=r"bad\.jsonl:2: "):
        read(path)


@pytest.mark.parametrize("keep", [0.02, 0.3, 0.6, 0.97])
def test_a_cut_file_is_never_taken_for_a_whole_one(results: Path, tmp_path: Path, keep: float) -> None:
    path = tmp_path / "cut.jsonl"
    data = results.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(ResultsError):
        read(path)


def test_a_file_of_any_text_gives_a_named_error(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("<!doctype html>\n", encoding="utf-8")
    with pytest.raises(NotJSONLines, match="one JSON object on each line"):
        read(path)
