"""Runs a selection of behaviours on one engine against oracles, in several processes, and gives the cases in order."""

from __future__ import annotations

import atexit
import dataclasses
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass

from gradconform.catalogue.registry import behaviours
from gradconform.engines import EngineSpec
from gradconform.judge import Settings, examples_of, judge, programs_of
from gradconform.recorded_judge import judge_recorded
from gradconform.recorded_oracle import oracles as recorded_oracles
from gradoracle.recorded import shipped
from gradoracle.worker import Worker, WorkerError
from gradreports.results import CaseRecord


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run: one engine, the oracles that this machine has, the behaviours and how their programs are made."""

    engine: EngineSpec
    oracles: tuple[EngineSpec, ...]
    chosen: tuple[str, ...]
    settings: Settings
    jobs: int = 1
    recorded: tuple[str, ...] = ()
    """Names of recorded environments, which answer the programs of the corpus."""

    @property
    def against(self) -> tuple[str, ...]:
        """The names of all oracles, live ones first."""
        return (*(spec.name for spec in self.oracles), *self.recorded)


@dataclass(frozen=True, slots=True)
class Judged:
    """The cases of one behaviour, and the ids of the programs compared for it: all, and those that were generated."""

    cases: tuple[CaseRecord, ...]
    programs: frozenset[str]
    generated: frozenset[str]


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether an oracle or engine can be had here: its environment, or why not."""

    spec: EngineSpec
    environment: dict[str, str]
    reason: str = ""


def probe(spec: EngineSpec) -> Probe:
    """Start an engine once to see whether it works on this machine and what it says of itself."""
    try:
        with Worker(spec.factory) as worker:
            return Probe(spec, worker.environment)
    except WorkerError as error:
        return Probe(spec, {}, str(error))


def replay_command(plan: Plan, behaviour: str, recorded: str = "") -> str:
    """The command line that runs one behaviour again with the same programs, against live oracles or a recorded one."""
    if recorded:
        return f"gradconform run --engine {plan.engine.name} --oracle {recorded} -k {behaviour}"
    oracles = "".join(f" --oracle {spec.name}" for spec in plan.oracles)
    settings = plan.settings
    return (
        f"gradconform run --engine {plan.engine.name}{oracles} -k {behaviour} --seed {settings.seed}"
        f" --max-examples {settings.max_examples}"
    )


def run_suite(plan: Plan, running: Mapping[str, Worker]) -> Iterator[Judged]:
    """Judge every chosen behaviour. A case is given when the behaviours it depends on are judged, so it may be blocked.

    `running` holds workers by the name of their engine, which a plan of one job takes over instead of starting its own.
    A process of the suite that dies gives `error` for the behaviours it had, and the run goes on.
    """
    catalogue = behaviours()
    done: dict[tuple[str, str], bool] = {}
    finished: set[str] = set()
    held: dict[str, Judged] = {}
    chosen = set(plan.chosen)
    for judged in _judge_all(plan, running):
        held[judged.cases[0].behaviour] = judged
        for name in list(held):
            depends = [one for one in catalogue[name].depends if one in chosen]
            if not finished.issuperset(depends):
                continue
            finished.add(name)
            ready = held.pop(name)
            cases = tuple(_blocked(case, depends, done) for case in ready.cases)
            done.update({(case.behaviour, case.oracle): _stands(case) for case in cases})
            yield dataclasses.replace(ready, cases=cases)
    yield from held.values()


def _stands(case: CaseRecord) -> bool:
    """Whether what depends on this behaviour can be judged: all that could be compared was alike."""
    return case.verdict in ("pass", "xfail") or (case.verdict == "unsupported" and "pass" in case.levels.values())


def _blocked(case: CaseRecord, depends: Sequence[str], done: dict[tuple[str, str], bool]) -> CaseRecord:
    """The case, marked `blocked` when it does not hold and a behaviour that it depends on does not either."""
    if case.verdict not in ("fail", "unsupported"):
        return case
    for name in depends:
        if not done.get((name, case.oracle), True):
            levels = dict.fromkeys(case.levels, "blocked")
            return dataclasses.replace(case, verdict="blocked", blocked_by=name, levels=levels)
    return case


def _judge_all(plan: Plan, running: Mapping[str, Worker]) -> Iterator[Judged]:
    ordered = _in_order_of_dependence(plan.chosen)
    if plan.jobs <= 1:
        _workers.update(running)
        try:
            for name in ordered:
                yield _judge_one(plan, name)
        finally:
            _close_workers()
        return
    lost: list[str] = []
    yield from _pooled(plan, ordered, plan.jobs, lost)
    while lost:
        # A process of the suite died and took its pool with it. One process at a time, the first behaviour that is
        # not finished when the pool breaks is the one to blame.
        again, lost = lost, []
        yield from _pooled(plan, again, 1, lost)
        if lost:
            yield _failed(plan, lost.pop(0), "a process of the suite died while it judged this behaviour")


def _pooled(plan: Plan, names: Sequence[str], jobs: int, lost: list[str]) -> Iterator[Judged]:
    """Judge behaviours in processes of a new pool; those that it did not finish because one died go to `lost`."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin) as pool:
        running: dict[Future[Judged], str] = {pool.submit(_judge_one, plan, name): name for name in names}
        try:
            while running:
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    name = running.pop(future)
                    if isinstance(future.exception(), BrokenProcessPool):
                        lost.append(name)
                    else:
                        yield future.result()
        except BaseException:
            processes = list((pool._processes or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.terminate()
            raise
    lost.sort(key=names.index)


def _begin() -> None:
    """A process of the pool: Ctrl-C is for the parent, which ends this one by SIGTERM, or by its own death."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    atexit.register(_close_workers)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        _close_workers()
        os._exit(1)


def _end(signum: int, frame: object) -> None:
    _close_workers()
    os._exit(128 + signum)


_workers: dict[str, Worker] = {}


def _worker(spec: EngineSpec) -> Worker:
    if spec.name not in _workers:
        worker = Worker(spec.factory)
        worker.__enter__()
        _workers[spec.name] = worker
    return _workers[spec.name]


def _close_workers() -> None:
    with ExitStack() as stack:
        for worker in _workers.values():
            stack.callback(worker.close)
        _workers.clear()


def _judge_one(plan: Plan, name: str) -> Judged:
    behaviour = behaviours()[name]
    try:
        engine = _worker(plan.engine)
        oracles = [_worker(spec) for spec in plan.oracles]
        cases: list[CaseRecord] = []
        compared: set[str] = set()
        pinned: set[str] = set()
        if oracles:
            programs = programs_of(behaviour, plan.settings)
            cases, compared = judge(behaviour, programs, engine, oracles, plan.settings, replay_command(plan, name))
            pinned = compared.intersection(examples_of(behaviour))
        if plan.recorded and name in shipped.corpus().behaviours:
            corpus = shipped.corpus()
            again = {one: replay_command(plan, name, one) for one in plan.recorded}
            more, numbers = judge_recorded(
                behaviour, corpus, recorded_oracles(plan.recorded), engine, plan.settings, again
            )
            cases = [*cases, *more]
            compared.update(corpus.names[number] for number in numbers)
            pinned.update(corpus.names[number] for number in corpus.pinned.intersection(numbers))
    except Exception as error:
        # A program may have been sent and not be answered: the next behaviour gets new processes.
        _close_workers()
        return _failed(plan, name, f"{type(error).__name__}: {error}")
    return Judged(tuple(cases), frozenset(compared), frozenset(compared - pinned))


def _failed(plan: Plan, name: str, reason: str) -> Judged:
    return Judged(
        tuple(unjudged(name, one, "error", reason, plan) for one in judging(plan, name)), frozenset(), frozenset()
    )


def judging(plan: Plan, name: str) -> tuple[str, ...]:
    """The oracles that have an answer for a behaviour: a corpus may be older than it."""
    if plan.recorded and name not in shipped.corpus().behaviours:
        return tuple(spec.name for spec in plan.oracles)
    return plan.against


def unjudged(name: str, oracle: str, verdict: str, reason: str, plan: Plan) -> CaseRecord:
    """A case without a comparison: `error` (the suite failed) or `missing` (the run ended before it)."""
    return CaseRecord(
        behaviour=name,
        oracle=oracle,
        verdict=verdict,
        levels=dict.fromkeys(plan.settings.levels, verdict),
        programs=0,
        seconds=0.0,
        reason=reason,
        replay=replay_command(plan, name, oracle if oracle in plan.recorded else ""),
    )


def _in_order_of_dependence(chosen: Sequence[str]) -> list[str]:
    rows = behaviours()
    ordered: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in ordered or name not in chosen:
            return
        for one in rows[name].depends:
            visit(one)
        ordered[name] = None

    for name in chosen:
        visit(name)
    return list(ordered)
