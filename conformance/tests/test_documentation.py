"""Every code block of the documentation: programs are compared with PyTorch, commands parsed, code executed."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import shlex
import subprocess
import sys
import types
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click
import pytest
from markdown_it import MarkdownIt

import refgrad
from gradconform.catalogue.behaviour import Behaviour, Clause, Level
from gradconform.catalogue.features import FEATURES
from gradconform.catalogue.registry import behaviours
from gradconform.cli import cli, main
from gradconform.generate import graph, passes
from gradconform.generate.build import op
from gradconform.generate.moves import staged
from gradconform.generate.recipe import recipes
from gradconform.generate.scene import Live, Scene
from gradconform.generate.tables import GRAPH
from gradoracle.compare import compare
from gradoracle.engine import Engine
from gradoracle.exactness import measure
from gradoracle.interpreter import run
from gradoracle.parse import parse_program
from gradoracle.program import Program
from gradreports.results import read
from refgrad.operators.declare import operator

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(
        part.startswith(".") or part in ("node_modules", "build", "dist") for part in path.relative_to(ROOT).parts
    )
)


KINDS = {"sh", "console", "python", "commands", "row", "operator", "diagram"}


@dataclasses.dataclass(frozen=True)
class Block:
    page: str
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def kind_of(info: str, text: str) -> str:
    if info:
        return info
    first = text.split(maxsplit=1)[0]
    if "──▶" in text:
        return "diagram"
    if "= operator(" in text:
        return "operator"
    return "row" if first.startswith("Behaviour(") else "commands"


def blocks() -> Iterator[Block]:
    for page in PAGES:
        for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
            if token.type in ("fence", "code_block"):
                line = (token.map or [0])[0] + 1
                name = page.relative_to(ROOT).as_posix()
                yield Block(name, line, kind_of(token.info.strip(), token.content), token.content)


BLOCKS = tuple(blocks())


def of(*kinds: str) -> list[object]:
    return [pytest.param(block, id=str(block)) for block in BLOCKS if block.kind in kinds]


def test_every_block_is_of_a_kind_that_is_checked() -> None:
    assert {block.kind for block in BLOCKS} <= KINDS


@pytest.mark.parametrize("block", of("console"))
def test_sessions_print_what_they_say(block: Block, capsys: pytest.CaptureFixture[str]) -> None:
    assert block.text.startswith("$ gradconform ")
    lines = block.text.splitlines()
    end = 1
    while sum(line.count("'") for line in lines[:end]) % 2:
        end += 1
    command = shlex.split("\n".join(lines[:end]).removeprefix("$ gradconform "))
    main(command)
    build = pytest.importorskip("torch").__version__.partition("+")[2]
    printed = capsys.readouterr().out.rstrip().replace(f"+{build} ", "+cpu ").splitlines()
    assert len(lines[end:]) == len(printed)
    for said, got in zip(lines[end:], printed, strict=True):
        if said.endswith(" ..."):
            assert got.startswith(said.removesuffix(" ..."))
        elif "not measured" not in said:
            assert said == got


def agree(program: Program) -> None:
    from gradconform.adapters import refgrad as adapter
    from gradoracle import torch_engine

    left, right = (run(program, engine) for engine in (torch_engine.cpu(), adapter.engine()))
    assert compare(left, right, measure(program)) == ()


@pytest.mark.parametrize("block", of("sh", "commands"))
def test_command_lines_are_understood(block: Block) -> None:
    for line in block.text.splitlines():
        for part in line.partition("  #")[0].split("&&"):
            words = shlex.split(part)
            if words:
                understood(words)


def understood(words: list[str]) -> None:
    name = Path(words[0]).name
    if name == "gradconform":
        group, rest = cli, words[1:]
        command = group.get_command(click.Context(group), rest[0])
        assert command is not None, f"no command {rest[0]!r}"
        parser = command.make_parser(click.Context(command))
        parser.parse_args(rest[1:])
    elif name.startswith("python") and words[1:2] == ["-m"] and words[2] != "venv":
        module = ROOT.joinpath(*words[2].split("."))
        assert module.with_suffix(".py").exists() or module.joinpath("__main__.py").exists() or words[2] == "pytest"
    elif name == "python" and words[1].endswith(".py"):
        assert ROOT.joinpath(words[1]).exists()
    elif name == "tox":
        envs = [one for word in words[1:] if not word.startswith("-") for one in word.split(",")]
        assert all(env in ("lint", "typing", "report") or env.startswith("py3") for env in envs)
    else:
        assert name in {"python3", "pip", "pytest", "ruff", "mypy", "git", "cd"}, f"what is {name}?"


@pytest.mark.parametrize("block", of("row"))
def test_rows_are_behaviours(block: Block) -> None:
    def epilogue(scene: Scene) -> None:
        passes.backward(scene, passes.root(scene, 0))

    def prologue(scene: Scene) -> None:
        scene.leaf((2, 3))

    names = {
        "Behaviour": Behaviour,
        "Clause": Clause,
        "Level": Level,
        "FAMILY": "retain-grad",
        "staged": staged,
        "GRAPH": GRAPH,
        "prologue": prologue,
        "epilogue": epilogue,
    }
    made = eval(cleandoc(block.text).rstrip().removesuffix(","), names)
    assert isinstance(made, Behaviour)
    assert made.family in {row.family for row in behaviours().values()}
    assert set(made.needs) <= FEATURES.keys()
    for example in made.examples:
        agree(parse_program(example))
    assert made.generator is not None
    for recipe in recipes(0, 3):
        agree(made.generator(recipe))


@pytest.mark.parametrize("block", of("operator"))
def test_operator_rows_use_what_operators_have(block: Block) -> None:
    assigned = ast.parse(cleandoc(block.text)).body[0]
    assert isinstance(assigned, ast.Assign)
    assert isinstance(assigned.value, ast.Call)
    known = inspect.signature(operator).parameters
    assert {keyword.arg for keyword in assigned.value.keywords} <= known.keys()
    name = ast.literal_eval(assigned.value.args[0]).partition("(")[0]
    assert hasattr(refgrad, name)


def namespace(page: str, scratch: Path) -> dict[str, object]:
    if page == "reports/README.md":
        results = read(made_results(scratch))
        return {
            "header": results.header,
            "behaviours": results.behaviours.values(),
            "notes": results.notes,
            "findings": results.findings.values(),
            "run": lambda: results.cases,
        }
    kinds = {value.__name__: value for value in (Scene, Live, op, staged)}
    return kinds | {"graph": graph, "passes": passes, "GRAPH": GRAPH}


def made_results(scratch: Path) -> Path:
    options = ["--oracle", "torch:cpu", "-k", "notes.n1", "--max-examples", "1", "--jobs", "1"]
    main(["run", *options, "--out", str(scratch / "made")])
    return scratch / "made" / "results.jsonl"


@pytest.mark.parametrize("block", of("python"))
def test_python_runs(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "myengine", refgrad)
    names = namespace(block.page, tmp_path)
    exec(compile(block.text, str(block), "exec"), names)
    if isinstance(make := names.get("engine"), types.FunctionType):
        made: Engine = make()
        program = parse_program("a = torch.ones(2, requires_grad=True)\na.sum().backward()\nobserve(a)\n")
        from gradoracle import torch_engine

        assert compare(run(program, torch_engine.cpu()), run(program, made)) == ()
    for value in names.values():
        if isinstance(value, types.FunctionType) and getattr(value, "__name__", "") == "generate":
            for recipe in recipes(0, 3):
                agree(value(recipe))


@pytest.mark.parametrize("name", ["main", "tests"])
def test_the_readme_has_its_two_command_lines(name: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    after = text.partition(f"<!-- {name} -->\n")[2]
    line = after.split("```sh\n")[1].split("\n```")[0]
    assert "\n" not in line
    subprocess.run(["bash", "-n", "-c", line], check=True)
