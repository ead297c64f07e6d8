"""What programs may name: the lists hold together, exist in PyTorch, and leave the dangerous out."""

from __future__ import annotations

import builtins
import copy
import math
from typing import Any

import pytest

from gradoracle import program as p
from gradoracle.program import ProgramError
from gradoracle.vocabulary import (
    ATTRIBUTES,
    BUILTINS,
    GLOBALS,
    MODULES,
    RESERVED,
    check_expression,
    check_name,
    resolve,
)


def test_no_global_is_a_prefix_of_another() -> None:
    assert not GLOBALS & MODULES


def test_every_global_exists() -> None:
    torch = pytest.importorskip("torch")
    roots: dict[str, Any] = {"torch": torch, "math": math, "deepcopy": copy.deepcopy}
    for path in GLOBALS:
        root, *names = path.split(".")
        found = roots[root] if root in roots else getattr(builtins, root)
        for name in names:
            found = getattr(found, name)


DANGEROUS = (
    "open exec eval compile getattr setattr delattr id input vars globals locals dir super object breakpoint exit help "
    "memoryview __import__ torch.load torch.save torch.hub torch.ops torch.classes torch.jit torch.compile torch.os "
    "torch.sys torch._C._jit_init torch._C.import_ir_module torch.from_file torch.package "
    "torch.multiprocessing torch.distributed "
    "torch.utils.cpp_extension torch.set_num_threads torch.fork torch.import_ir_module torch.UntypedStorage "
    "torch.set_default_device torch.autograd.profiler torch.autograd.graph.os torch.nn.functional.torch os sys"
)


@pytest.mark.parametrize("path", DANGEROUS.split())
def test_dangerous_globals_are_not_admitted(path: str) -> None:
    with pytest.raises(ProgramError, match="not admitted"):
        check_expression(p.Global(path))


@pytest.mark.parametrize(
    "name",
    "__class__ __globals__ __dict__ _private format format_map tofile dump dumps map_ apply_ share_memory_ module_load "
    "untyped_storage storage data_ptr tobytes mro f_globals gi_frame tb_frame cr_frame func_globals __ encode decode "
    "_saved_ _execution_engine _cdata _make_subclass read write system _view_func".split(),
)
def test_dangerous_attributes_are_not_admitted(name: str) -> None:
    with pytest.raises(ProgramError):
        check_expression(p.Attr(p.Ref("x"), name))


def test_no_attribute_is_a_dunder_and_underscores_are_listed() -> None:
    assert not [name for name in ATTRIBUTES if name.startswith("__")]
    assert {"_version", "_base", "_is_view", "_backward_hooks"} <= ATTRIBUTES


@pytest.mark.parametrize("name", "grad grad_fn add_ backward _version _saved_self my_field saved_shape keys".split())
def test_the_surface_of_autograd_is_admitted(name: str) -> None:
    check_expression(p.Attr(p.Ref("x"), name))


@pytest.mark.parametrize(
    "name", ["", "1x", "a b", "é", "for", "None", "__x", "x.y", "a\n", *sorted(RESERVED), *sorted(BUILTINS)[:3]]
)
def test_names_that_cannot_be_bound(name: str) -> None:
    with pytest.raises(ProgramError):
        check_name(name)


def test_a_suggestion_is_made() -> None:
    with pytest.raises(ProgramError, match=r"did you mean `torch\.autograd\.backward`"):
        check_expression(p.Global("torch.autograd.backwards"))
    with pytest.raises(ProgramError, match="did you mean `requires_grad`"):
        check_expression(p.Attr(p.Ref("x"), "require_grad"))


def test_resolve_splits_a_path() -> None:
    assert resolve("torch.float32.is_complex") == ("torch.float32", ("is_complex",))
    assert resolve("print") == ("print", ())
    with pytest.raises(ProgramError, match="is a module"):
        resolve("torch.nn")


@pytest.mark.parametrize(
    "expr",
    [
        p.Op("@@", (p.Ref("x"), p.Ref("y"))),
        p.Op("not", (p.Ref("x"), p.Ref("y"))),
        p.Op("*", (p.Ref("x"),)),
        p.Seq("set", ()),
        p.Lit(math.inf),
        p.Lit(2**70),
        p.Lit(complex(-0.0, 1.0)),
        p.Call(p.Global("print"), (), (("__x", p.Lit(1)),)),
        p.Format((p.Lit(1),)),
        p.Format((p.Lit("a"), p.Lit("b"))),
        p.Format((p.FormatPart(p.Ref("x"), "a"),)),
        p.Format((p.FormatPart(p.Ref("x"), "", "100d"),)),
    ],
)
def test_malformed_expressions_are_refused(expr: p.Expr) -> None:
    with pytest.raises(ProgramError):
        check_expression(expr)
