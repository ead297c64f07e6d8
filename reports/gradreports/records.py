"""The records of a results file: one frozen dataclass for each line, and the parts they are made of.

`schemas/results.schema.json` says the same for other languages. Texts are plain text: nothing here is HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, ClassVar, TypeAlias

from gradoracle.trace import Trace, from_json, to_json

FORMAT = 1
"""The version of the format; a reader refuses every other one."""

VERDICTS: tuple[str, ...] = (
    "pass", "fail", "error", "crash", "timeout", "unsupported", "blocked", "skipped", "xfail", "xpass", "flaky",
    "missing",
)  # fmt: skip
"""What a case can come to; see `gradreports.words` for what each means."""

BEHAVIOUR_LEVELS: tuple[str, ...] = ("required", "recommended", "optional", "informational")
"""How binding a behaviour is."""

DRIFT_KINDS: tuple[str, ...] = ("added", "removed", "changed")
"""How a second environment differs from a first: it does what the first refuses, the other way round, or otherwise."""

EVIDENCE_KINDS: tuple[str, ...] = ("failure", "finding", "admitted", "example")


@dataclass(frozen=True, slots=True)
class Suite:
    """The version of the suite and of its catalogue of behaviours."""

    version: str
    catalogue: int


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """The engine under test; `environment` is free text by name (versions, device, operating system)."""

    id: str
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OracleInfo:
    """An oracle; `status` is "measured" or "not measured", and then `reason` says why not."""

    id: str
    status: str = "measured"
    reason: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: what was run, against what, how to run it again.

    `started` is an ISO 8601 time in UTC, `levels` the comparison levels in the order of `gradoracle.trace.LEVELS`.
    """

    TYPE: ClassVar[str] = "header"

    suite: Suite
    engine: EngineInfo
    oracles: tuple[OracleInfo, ...]
    seed: int
    max_examples: int
    command: str
    started: str
    levels: tuple[str, ...]
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Clause:
    """A place in PyTorch's documentation and the words that stand there."""

    url: str
    quote: str


@dataclass(frozen=True, slots=True)
class Observed:
    """No documentation says it: this version of PyTorch was seen to behave so."""

    observed: str


@dataclass(frozen=True, slots=True)
class AdmittedOutcome:
    """Outcomes that conform besides the oracle's: what may be seen, who leaves it open, which oracle showed it."""

    statement: str
    source: Clause | Observed
    where: str


@dataclass(frozen=True, slots=True)
class BehaviourRecord:
    """One behaviour of the catalogue; `examples` are source texts of programs."""

    TYPE: ClassVar[str] = "behaviour"

    id: str
    family: str
    statement: str
    expectation: str
    level: str
    clause: Clause | Observed
    needs: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    admits: tuple[AdmittedOutcome, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A claim of the study notes beside what PyTorch really does; `behaviours` show it."""

    TYPE: ClassVar[str] = "note"

    id: str
    claim: str
    truth: str
    agrees: bool
    behaviours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FindingRecord:
    """A known divergence; `outcome` says what each oracle (version and device) does with `program`."""

    TYPE: ClassVar[str] = "finding"

    id: str
    title: str
    kind: str
    issue: str
    outcome: Mapping[str, str]
    statement: str
    copied: bool
    program: str


@dataclass(frozen=True, slots=True)
class DriftGroup:
    """One difference of two environments of PyTorch: `program` is the smallest of the `programs` that show it.

    `expected` is what the first environment did, `got` the second; `finding` explains it, "" where none does.
    """

    kind: str
    level: str
    where: str
    expected: str
    got: str
    program: str
    programs: int
    behaviours: tuple[str, ...]
    finding: str


@dataclass(frozen=True, slots=True)
class DriftRecord:
    """Where two recorded environments of PyTorch do not do the same: of the programs that both answered, and how."""

    TYPE: ClassVar[str] = "drift"

    first: OracleInfo
    second: OracleInfo
    compared: int
    differing: int
    groups: tuple[DriftGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class DifferenceRecord:
    """One difference between two traces: at which comparison level, in which statement, in what of it."""

    level: str
    path: tuple[int, ...]
    where: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Line:
    """The source of the statement at `path`."""

    path: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One program and what both sides made of it.

    `program` is `gradoracle.program.Program.data`, `source` the same as text, `script` the same as a script for plain
    PyTorch and `engine_script` for the engine; a trace is None where that side was not run.
    """

    kind: str
    program: Any
    source: str
    script: str
    engine_script: str
    lines: tuple[Line, ...]
    oracle: Trace | None
    engine: Trace | None
    differences: tuple[DifferenceRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """One behaviour of the engine compared with one oracle.

    `levels` gives a verdict for each comparison level, `programs` counts the programs compared, `seconds` is wall
    time, `findings` counts the programs that met each known divergence, `admitted` those with an outcome that is not
    the oracle's and is admitted, by its statement.
    """

    TYPE: ClassVar[str] = "case"

    behaviour: str
    oracle: str
    verdict: str
    levels: Mapping[str, str]
    programs: int
    seconds: float
    reason: str = ""
    blocked_by: str = ""
    findings: Mapping[str, int] = field(default_factory=dict)
    replay: str = ""
    evidence: tuple[Evidence, ...] = ()
    admitted: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Footer:
    """The last line; its presence says that nothing is missing. `programs` counts distinct programs compared."""

    TYPE: ClassVar[str] = "footer"

    cases: int
    programs: int
    verdicts: Mapping[str, int]
    seconds: float
    interrupted: bool = False


Record: TypeAlias = Header | BehaviourRecord | Note | FindingRecord | CaseRecord | DriftRecord | Footer


def encode(record: Record) -> dict[str, Any]:
    """A record as JSON's own types, `type` first."""
    return {"type": record.TYPE, **_encode(record)}


def decode(data: Mapping[str, Any]) -> Record:
    """Read what `encode` gave, or any object that the schema admits.

    Raises `ValueError` for a trace that is no trace.
    """
    return _DECODE[data["type"]](data)


def _encode(value: Any) -> Any:
    if isinstance(value, Trace):
        return to_json(value.to_data())
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: _encode(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_encode(item) for item in value]
    return value


def _header(data: Mapping[str, Any]) -> Header:
    return Header(
        suite=Suite(**data["suite"]),
        engine=EngineInfo(**data["engine"]),
        oracles=tuple(OracleInfo(**item) for item in data["oracles"]),
        seed=data["seed"],
        max_examples=data["max_examples"],
        command=data["command"],
        started=data["started"],
        levels=tuple(data["levels"]),
        format=data["format"],
    )


def _source(data: Mapping[str, Any]) -> Clause | Observed:
    return Observed(data["observed"]) if "observed" in data else Clause(data["url"], data["quote"])


def _behaviour(data: Mapping[str, Any]) -> BehaviourRecord:
    return BehaviourRecord(
        id=data["id"],
        family=data["family"],
        statement=data["statement"],
        expectation=data["expectation"],
        level=data["level"],
        clause=_source(data["clause"]),
        needs=tuple(data["needs"]),
        depends=tuple(data["depends"]),
        examples=tuple(data["examples"]),
        admits=tuple(
            AdmittedOutcome(item["statement"], _source(item["source"]), item["where"]) for item in data["admits"]
        ),
    )


def _note(data: Mapping[str, Any]) -> Note:
    return Note(data["id"], data["claim"], data["truth"], data["agrees"], tuple(data["behaviours"]))


def _finding(data: Mapping[str, Any]) -> FindingRecord:
    return FindingRecord(**{key: value for key, value in data.items() if key != "type"})


def _difference(data: Mapping[str, Any]) -> DifferenceRecord:
    return DifferenceRecord(data["level"], tuple(data["path"]), data["where"], data["expected"], data["got"])


def _trace(data: Any) -> Trace | None:
    if data is None:
        return None
    fact = from_json(data)
    if not _is_trace(fact):
        raise ValueError("not a trace: expected [[[path, outcome, warnings, events], ...], ending]")
    return Trace.from_data(fact)


def _is_trace(fact: Any) -> bool:
    """Whether data has the shape of a trace; what a fact says is read with care wherever it is shown."""
    return (
        isinstance(fact, tuple)
        and len(fact) == 2
        and isinstance(fact[0], tuple)
        and _is_tagged(fact[1])
        and all(_is_step(step) for step in fact[0])
    )


def _is_step(step: Any) -> bool:
    if not isinstance(step, tuple) or len(step) != 4:
        return False
    path, outcome, warnings, events = step
    return (
        isinstance(path, tuple)
        and all(type(item) is int for item in path)
        and _is_tagged(outcome)
        and isinstance(warnings, tuple)
        and all(isinstance(pair, tuple) and len(pair) == 2 for pair in warnings)
        and isinstance(events, tuple)
        and all(_is_tagged(event) for event in events)
    )


def _is_tagged(fact: Any) -> bool:
    return isinstance(fact, tuple) and bool(fact) and isinstance(fact[0], str)


def _evidence(data: Mapping[str, Any]) -> Evidence:
    return Evidence(
        kind=data["kind"],
        program=data["program"],
        source=data["source"],
        script=data["script"],
        engine_script=data["engine_script"],
        lines=tuple(Line(tuple(item["path"]), item["text"]) for item in data["lines"]),
        oracle=_trace(data["oracle"]),
        engine=_trace(data["engine"]),
        differences=tuple(_difference(item) for item in data["differences"]),
    )


def _case(data: Mapping[str, Any]) -> CaseRecord:
    return CaseRecord(
        behaviour=data["behaviour"],
        oracle=data["oracle"],
        verdict=data["verdict"],
        levels=data["levels"],
        programs=data["programs"],
        seconds=data["seconds"],
        reason=data["reason"],
        blocked_by=data["blocked_by"],
        findings=data["findings"],
        replay=data["replay"],
        evidence=tuple(_evidence(item) for item in data["evidence"]),
        admitted=data["admitted"],
    )


def _drift(data: Mapping[str, Any]) -> DriftRecord:
    return DriftRecord(
        first=OracleInfo(**data["first"]),
        second=OracleInfo(**data["second"]),
        compared=data["compared"],
        differing=data["differing"],
        groups=tuple(DriftGroup(**{**item, "behaviours": tuple(item["behaviours"])}) for item in data["groups"]),
    )


def _footer(data: Mapping[str, Any]) -> Footer:
    return Footer(data["cases"], data["programs"], data["verdicts"], data["seconds"], data["interrupted"])


_DECODE: dict[str, Callable[[Mapping[str, Any]], Record]] = {
    "header": _header,
    "behaviour": _behaviour,
    "note": _note,
    "finding": _finding,
    "case": _case,
    "drift": _drift,
    "footer": _footer,
}
