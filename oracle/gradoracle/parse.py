"""Reads programs from text that looks exactly like PyTorch.

The text is parsed by `ast` and turned into the records of `gradoracle.program`; nothing of it is ever executed. What
the language of programs lacks is refused with the line, the name of the construct and what to write instead.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from gradoracle import program as p
from gradoracle.limits import MAX_BLOCK_DEPTH, MAX_EXPRESSION_DEPTH, MAX_STATEMENTS, MAX_TEXT, check_size, problems
from gradoracle.names import bound_in, undefined
from gradoracle.program import Expr, Path, Program, ProgramError, Statement
from gradoracle.vocabulary import BUILTINS, GLOBALS, MAX_INT, MODULES, check_expression, check_name, resolve, suggestion


@dataclass(frozen=True, slots=True)
class Span:
    """Where a statement stands in the text: its first and last line, counted from 1, and the text between."""

    first_line: int
    last_line: int
    text: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A program, and where each of its statements came from."""

    program: Program
    spans: dict[Path, Span]


def parse(text: str) -> Parsed:
    """Read a program from text: Python that PyTorch would run, or a session with `>>>` prompts.

    Raises `ProgramError` for text that is not Python, for what programs cannot hold or may not name, for a name that
    nothing can have bound, and for programs that are too large.
    """
    if len(text) > MAX_TEXT:
        raise ProgramError(f"a program has at most {MAX_TEXT:,} characters, this text has {len(text):,}")
    lines, module = _read(text)
    reader = _Reader(lines)
    program = Program(tuple(reader.block(module.body, docstring=True)))
    spans = dict(_spans(program, reader.spans))
    for path, message in problems(program):
        raise ProgramError(message, spans[path].first_line)
    _refuse_undefined(program, spans, reader.aliases)
    return Parsed(program, spans)


def parse_program(text: str) -> Program:
    """Read a program from text; raises as `parse` does."""
    return parse(text).program


# Text


def _read(text: str) -> tuple[list[str], ast.Module]:
    """The lines of a program, prompts and common indentation taken off, and their syntax tree."""
    plain = textwrap.dedent(text.replace("\r\n", "\n").replace("\r", "\n"))
    try:
        return plain.split("\n"), _syntax(plain)
    except ProgramError:
        lines = plain.split("\n")
        if not any(_PROMPT.match(line) for line in lines):
            raise
        session = [_typed(line) for line in lines]
        return session, _syntax("\n".join(session))


_PROMPT = re.compile(r"\s*>>>(?: |$)")
_CONTINUATION = re.compile(r"\s*\.\.\.(?: |$)")


def _typed(line: str) -> str:
    """What was typed in one line of a session: output becomes an empty line, so that lines keep their numbers."""
    match = _PROMPT.match(line) or _CONTINUATION.match(line)
    return line[match.end() :] if match else ""


def _syntax(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise ProgramError(f"not Python: {error.msg}", error.lineno) from None
    except (RecursionError, MemoryError):
        raise ProgramError("expressions or blocks are nested too deeply") from None
    except ValueError as error:
        raise ProgramError(f"not Python: {error}") from None


def _spans(program: Program, found: dict[int, Span]) -> Iterator[tuple[Path, Span]]:
    stack: list[tuple[Path, Statement]] = [((index,), item) for index, item in enumerate(program.statements)]
    while stack:
        path, statement = stack.pop()
        yield path, found[id(statement)]
        stack.extend(((*path, index), child) for index, child in enumerate(p.children(statement)))


def _refuse_undefined(program: Program, spans: dict[Path, Span], aliases: dict[str, str]) -> None:
    for path, name in undefined(program):
        known = {*bound_in(program.statements), *aliases, *BUILTINS, "torch"}
        raise ProgramError(f"nothing before this line binds `{name}`{suggestion(name, known)}", spans[path].first_line)


# Refusals

_REFUSED: dict[type[ast.AST], str] = {
    ast.While: "`while` is not admitted; write `for i in range(n):`",
    ast.AsyncFor: "`async for` is not admitted; write `for`",
    ast.AsyncWith: "`async with` is not admitted; write `with`",
    ast.AsyncFunctionDef: "`async def` is not admitted; write `def`",
    ast.Await: "`await` is not admitted; call the function",
    ast.Global: "`global` is not admitted; return the value, or append it to a list",
    ast.Nonlocal: "`nonlocal` is not admitted; return the value, or append it to a list",
    ast.Break: "`break` is not admitted; loop over just the items that are needed",
    ast.Continue: "`continue` is not admitted; put the rest of the loop's body under an `if`",
    ast.Match: "`match` is not admitted; write `if` and `elif`",
    ast.NamedExpr: "`:=` is not admitted; assign on a line of its own",
    ast.IfExp: "`a if test else b` is not admitted; write an `if` statement",
    ast.Set: "a set display is not admitted; write a list or a tuple",
    ast.SetComp: "a set comprehension is not admitted; write a list comprehension",
    ast.DictComp: "a dict comprehension is not admitted; write the dict out",
    ast.GeneratorExp: "a generator expression is not admitted; write a list comprehension, `[... for ... in ...]`",
    ast.Starred: "unpacking with `*` is not admitted; write the items out, or index the tuple",
    ast.Yield: "`yield` stands alone on its line only",
    ast.YieldFrom: "`yield from` is not admitted; write a `for` loop that yields",
    ast.Import: "imports stand at the top level of a program",
    ast.ImportFrom: "imports stand at the top level of a program",
}


def _refuse(message: str, node: ast.AST) -> NoReturn:
    raise ProgramError(message, getattr(node, "lineno", None))


def _refuse_node(node: ast.AST) -> NoReturn:
    named = type(node).__name__
    _refuse(_REFUSED.get(type(node), f"`{named}` of Python's syntax is not admitted in programs"), node)


# Imports

# Modules that may be imported as long as nothing of them is used where it counts: annotations are dropped.
_UNUSED = frozenset({"numpy", "typing", "__future__", "warnings", "collections", "dataclasses"})


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """The names that an import binds, with the path that each stands for."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            if alias.asname is None:
                _check_module(alias.name, node)
                root = alias.name.partition(".")[0]
                yield root, root
                continue
            path = alias.name
            # `import refgrad as torch` names the engine, and that is not the program's to say.
            if alias.asname == "torch" and "." not in path:
                path = "torch"
        else:
            if node.level or node.module is None or alias.name == "*":
                _refuse("import names one by one, from `torch` or a module in it", node)
            path = f"{node.module}.{alias.name}"
            if path == "copy.deepcopy":
                path = "deepcopy"
        _check_module(path, node)
        yield alias.asname or alias.name, path


def _check_module(path: str, node: ast.AST) -> None:
    if path in MODULES or path in GLOBALS or path.partition(".")[0] in _UNUSED:
        return
    _refuse(f"`{path}` is not admitted{suggestion(path, MODULES | GLOBALS)}", node)


# Scopes


def _local_names(node: ast.FunctionDef | ast.Lambda) -> frozenset[str]:
    """The names that are the function's own: parameters, and whatever its body binds."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every.extend(item for item in (arguments.vararg, arguments.kwarg) if item)
    names = {item.arg for item in every}
    if isinstance(node, ast.FunctionDef):
        names |= _assigned(node.body)
    return frozenset(names)


def _assigned(body: Sequence[ast.stmt]) -> set[str]:
    """The names that statements bind where they stand, nested functions left out."""
    names: set[str] = set()
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                names.add(node.name)
                continue
            case ast.Lambda() | ast.ListComp():
                continue
            case ast.Name(ctx=ast.Store()):
                names.add(node.id)
            case ast.ExceptHandler(name=str(name)):
                names.add(name)
            case _:
                pass
        stack.extend(ast.iter_child_nodes(node))
    return names


class _Reader:
    """Turns syntax trees into records and keeps where each statement stood."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.spans: dict[int, Span] = {}
        self.aliases: dict[str, str] = {}
        self.kept: list[Statement] = []
        self.scopes: list[frozenset[str]] = []
        self.blocks = 0

    # Statements

    def block(self, body: Sequence[ast.stmt], docstring: bool = False) -> list[Statement]:
        """The statements of a block; one that holds nothing but comments and docstrings becomes `pass`."""
        self.blocks += 1
        if self.blocks > MAX_BLOCK_DEPTH:
            _refuse(f"blocks are nested at most {MAX_BLOCK_DEPTH} deep", body[0])
        if docstring:
            self._import_all(body)
        made = [statement for node in body for statement in self._statement(node)]
        self.blocks -= 1
        if not made and not docstring:
            made = [self._keep(p.Pass(), body[0])]
        return made

    def _import_all(self, body: Sequence[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.aliases.update(_imported(node))
        for name in sorted(_assigned(body) & self.aliases.keys()):
            place = next(node for node in body if name in _assigned([node]))
            if name in ("torch", "math"):
                continue
            _refuse(f"`{name}` is imported and assigned as well; call one of the two something else", place)

    def _statement(self, node: ast.stmt) -> Iterator[Statement]:
        if isinstance(node, ast.Import | ast.ImportFrom) and self.blocks == 1:
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return
        if isinstance(node, ast.AnnAssign) and node.value is None:
            return
        if len(self.kept) >= MAX_STATEMENTS:
            _refuse(f"a program has at most {MAX_STATEMENTS:,} statements", node)
        read = _STATEMENTS.get(type(node))
        if read is None:
            _refuse_node(node)
        yield self._keep(read(self, node), node)

    def _keep(self, statement: Statement, node: ast.stmt) -> Statement:
        first = node
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.decorator_list:
            first_line = node.decorator_list[0].lineno
        else:
            first_line = first.lineno
        last = node.end_lineno or first_line
        self.spans[id(statement)] = Span(first_line, last, self._text(node, first_line, last))
        self.kept.append(statement)
        return statement

    def _text(self, node: ast.stmt, first: int, last: int) -> str:
        if first == last:
            # Columns count bytes of UTF-8.
            line = self.lines[first - 1].encode()
            return line[node.col_offset : node.end_col_offset].decode()
        return textwrap.dedent("\n".join(self.lines[first - 1 : last]))

    def _assign(self, node: ast.Assign) -> Statement:
        return p.Assign(tuple(self._target(target) for target in node.targets), self.expression(node.value))

    def _annotated(self, node: ast.AnnAssign) -> Statement:
        assert node.value is not None
        return p.Assign((self._target(node.target),), self.expression(node.value))

    def _augment(self, node: ast.AugAssign) -> Statement:
        return p.Augment(_BINARY[type(node.op)], self._target(node.target), self.expression(node.value))

    def _target(self, node: ast.expr) -> Expr:
        match node:
            case ast.Name():
                self._bind(node.id, node)
                return p.Ref(node.id)
            case ast.Tuple() | ast.List():
                kind = "tuple" if isinstance(node, ast.Tuple) else "list"
                return p.Seq(kind, tuple(self._target(item) for item in node.elts))
            case ast.Attribute() | ast.Subscript():
                return self.expression(node)
            case _:
                _refuse_node(node)

    def _bind(self, name: str, node: ast.AST) -> None:
        try:
            check_name(name)
        except ProgramError as error:
            _refuse(str(error), node)

    def _evaluate(self, node: ast.Expr) -> Statement:
        value = node.value
        if isinstance(value, ast.Yield):
            return p.Yield(None if value.value is None else self.expression(value.value))
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "observe":
            return self._observe(value)
        return p.Evaluate(self.expression(value))

    def _observe(self, call: ast.Call) -> Statement:
        names = [item.id for item in call.args if isinstance(item, ast.Name)]
        if len(names) < len(call.args) or not names:
            _refuse("`observe` takes the names of variables, `observe(x, y)`", call)
        facets: tuple[str, ...] = ()
        for keyword in call.keywords:
            text = keyword.value
            if keyword.arg != "facets" or not isinstance(text, ast.Constant) or not isinstance(text.value, str):
                _refuse('`observe` takes one keyword, a string: `facets="value grad"`', call)
            facets = tuple(text.value.split())
        return p.Observe(tuple(names), facets)

    def _with(self, node: ast.With) -> Statement:
        managers = []
        for item in node.items:
            name = ""
            if item.optional_vars is not None:
                if not isinstance(item.optional_vars, ast.Name):
                    _refuse("`with ... as` binds one name", node)
                name = item.optional_vars.id
                self._bind(name, node)
            managers.append((self.expression(item.context_expr), name))
        return p.With(tuple(managers), tuple(self.block(node.body)))

    def _define(self, node: ast.FunctionDef) -> p.Define:
        self._bind(node.name, node)
        decorators = tuple(self.expression(item) for item in node.decorator_list)
        return self._function(node, decorators)

    def _function(self, node: ast.FunctionDef, decorators: tuple[Expr, ...]) -> p.Define:
        parameters = self._parameters(node.args, node)
        self.scopes.append(_local_names(node))
        body = tuple(self.block(node.body))
        self.scopes.pop()
        return p.Define(node.name, parameters, body, decorators)

    def _parameters(self, arguments: ast.arguments, node: ast.AST) -> tuple[p.Parameter, ...]:
        if arguments.posonlyargs:
            _refuse("positional-only parameters (`/`) are not admitted; leave the slash out", node)
        if arguments.kwonlyargs and arguments.vararg is None:
            _refuse("a bare `*` among the parameters is not admitted; leave it out", node)
        plain = arguments.args
        unset: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
        made = [self._parameter(*pair) for pair in zip(plain, [*unset, *arguments.defaults], strict=True)]
        if arguments.vararg:
            made.append(self._parameter(arguments.vararg, None, "*"))
        made.extend(map(self._parameter, arguments.kwonlyargs, arguments.kw_defaults))
        if arguments.kwarg:
            made.append(self._parameter(arguments.kwarg, None, "**"))
        return tuple(made)

    def _parameter(self, argument: ast.arg, default: ast.expr | None, star: str = "") -> p.Parameter:
        self._bind(argument.arg, argument)
        return p.Parameter(argument.arg, None if default is None else self.expression(default), star)

    def _class(self, node: ast.ClassDef) -> Statement:
        self._bind(node.name, node)
        if node.keywords or node.decorator_list or len(node.bases) != 1:
            _refuse("a class derives from torch.autograd.Function, without decorators or keywords", node)
        return p.Class(node.name, self.expression(node.bases[0]), tuple(self._methods(node)))

    def _methods(self, node: ast.ClassDef) -> Iterator[p.Define]:
        for item in node.body:
            if isinstance(item, ast.Pass) or (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)):
                continue
            if not isinstance(item, ast.FunctionDef):
                _refuse("a class holds static methods only; write `@staticmethod` and `def`", item)
            static = [mark for mark in item.decorator_list if isinstance(mark, ast.Name) and mark.id == "staticmethod"]
            if not static:
                _refuse(f"method `{item.name}` has to be a static one; write `@staticmethod` above it", item)
            self._bind(item.name, item)
            marks = tuple(self.expression(mark) for mark in item.decorator_list if mark not in static)
            method = self._function(item, marks)
            self._keep(method, item)
            yield method

    def _return(self, node: ast.Return) -> Statement:
        return p.Return(None if node.value is None else self.expression(node.value))

    def _raise(self, node: ast.Raise) -> Statement:
        if node.exc is None:
            _refuse("`raise` alone is not admitted; name the exception", node)
        if node.cause is not None:
            _refuse("`raise ... from` is not admitted; leave `from` out", node)
        return p.Raise(self.expression(node.exc))

    def _try(self, node: ast.Try) -> Statement:
        if node.orelse:
            _refuse("`try` with `else` is not admitted; put these lines at the end of the `try`", node)
        body = tuple(self.block(node.body))
        handlers = tuple(self._handler(handler) for handler in node.handlers)
        return p.Try(body, handlers, tuple(self.block(node.finalbody)) if node.finalbody else ())

    def _handler(self, node: ast.ExceptHandler) -> p.Handler:
        if node.name:
            self._bind(node.name, node)
        error = None if node.type is None else self.expression(node.type)
        return p.Handler(error, node.name or "", tuple(self.block(node.body)))

    def _for(self, node: ast.For) -> Statement:
        if node.orelse:
            _refuse("`for` with `else` is not admitted; put these lines after the loop", node)
        return p.For(self._target(node.target), self.expression(node.iter), tuple(self.block(node.body)))

    def _if(self, node: ast.If) -> Statement:
        test = self.expression(node.test)
        return p.If(test, tuple(self.block(node.body)), tuple(self.block(node.orelse)) if node.orelse else ())

    def _delete(self, node: ast.Delete) -> Statement:
        flat: list[ast.expr] = []
        for target in node.targets:
            flat.extend(target.elts if isinstance(target, ast.Tuple | ast.List) else [target])
        return p.Delete(tuple(self._target(target) for target in flat))

    def _assert(self, node: ast.Assert) -> Statement:
        if node.msg is not None:
            _refuse("`assert` with a message is not admitted; leave the message out", node)
        return p.Assert(self.expression(node.test))

    def _pass(self, _: ast.Pass) -> Statement:
        return p.Pass()

    # Expressions

    def expression(self, node: ast.expr, depth: int = 1) -> Expr:
        """The record of one expression. Raises `ProgramError` for what is not admitted in it."""
        if depth > MAX_EXPRESSION_DEPTH:
            _refuse(f"expressions are nested at most {MAX_EXPRESSION_DEPTH} deep; use a variable in between", node)
        read = _EXPRESSIONS.get(type(node))
        if read is None:
            _refuse_node(node)
        made: Expr = read(self, node, depth + 1)
        try:
            check_expression(made)
            if isinstance(made, p.Call):
                check_size(made)
        except ProgramError as error:
            _refuse(str(error), node)
        return made

    def _many(self, nodes: Iterable[ast.expr], depth: int) -> tuple[Expr, ...]:
        return tuple(self.expression(node, depth) for node in nodes)

    def _constant(self, node: ast.Constant, _: int) -> Expr:
        if isinstance(node.value, bytes):
            _refuse("a bytes literal is not admitted; write a string", node)
        return p.Lit(node.value)

    def _name(self, node: ast.Name, _: int) -> Expr:
        return self._dotted(node.id, (), node)

    def _attribute(self, node: ast.Attribute, depth: int) -> Expr:
        names = [node.attr]
        of = node.value
        while isinstance(of, ast.Attribute):
            names.append(of.attr)
            of = of.value
        if isinstance(of, ast.Name) and self._path(of.id) is not None:
            return self._dotted(of.id, tuple(reversed(names)), node)
        return p.Attr(self.expression(node.value, depth), node.attr)

    def _path(self, name: str) -> str | None:
        """What a name stands for that the program does not bind, or None when it is the program's own."""
        if any(name in scope for scope in self.scopes):
            return None
        if name in self.aliases:
            return self.aliases[name]
        return name if name in BUILTINS or name in ("torch", "math", "observe") else None

    def _dotted(self, name: str, attributes: tuple[str, ...], node: ast.AST) -> Expr:
        path = self._path(name)
        if path is None:
            if not attributes and name not in _PYTHON:
                return p.Ref(name)
            _refuse(f"`{name}` of Python is not admitted in programs", node)
        if path == "observe":
            _refuse("`observe(...)` stands alone on its line", node)
        try:
            found, rest = resolve(".".join((path, *attributes)))
        except ProgramError as error:
            _refuse(str(error), node)
        made: Expr = p.Global(found)
        for attribute in rest:
            made = p.Attr(made, attribute)
            try:
                check_expression(made)
            except ProgramError as error:
                _refuse(str(error), node)
        return made

    def _call(self, node: ast.Call, depth: int) -> Expr:
        function = self.expression(node.func, depth)
        kwargs = []
        for keyword in node.keywords:
            if keyword.arg is None:
                _refuse("unpacking with `**` is not admitted; write the keyword arguments out", node)
            kwargs.append((keyword.arg, self.expression(keyword.value, depth)))
        return p.Call(function, self._many(node.args, depth), tuple(kwargs))

    def _item(self, node: ast.Subscript, depth: int) -> Expr:
        return p.Item(self.expression(node.value, depth), self._index(node.slice, depth))

    def _index(self, node: ast.expr, depth: int) -> Expr:
        if isinstance(node, ast.Slice):
            bounds = (node.lower, node.upper, node.step)
            return p.Slice(*[None if bound is None else self.expression(bound, depth) for bound in bounds])
        if isinstance(node, ast.Tuple):
            return p.Seq("tuple", tuple(self._index_part(item, depth) for item in node.elts))
        return self.expression(node, depth)

    def _index_part(self, node: ast.expr, depth: int) -> Expr:
        return self._index(node, depth) if isinstance(node, ast.Slice) else self.expression(node, depth)

    def _tuple(self, node: ast.Tuple, depth: int) -> Expr:
        return p.Seq("tuple", self._many(node.elts, depth))

    def _list(self, node: ast.List, depth: int) -> Expr:
        return p.Seq("list", self._many(node.elts, depth))

    def _dict(self, node: ast.Dict, depth: int) -> Expr:
        items = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                _refuse("unpacking with `**` is not admitted; write the items out", node)
            items.append((self.expression(key, depth), self.expression(value, depth)))
        return p.Table(tuple(items))

    def _unary(self, node: ast.UnaryOp, depth: int) -> Expr:
        symbol = _UNARY[type(node.op)]
        operand = node.operand
        # A minus that touches a number belongs to the number; `-(1)` and `- 1` apply an operator.
        number = _number(operand)
        if symbol == "-" and number is not None and operand.col_offset == node.col_offset + 1:
            return p.Lit(-number)
        return p.Op(symbol, (self.expression(operand, depth),))

    def _binary(self, node: ast.BinOp, depth: int) -> Expr:
        literal = _complex(node)
        if literal is not None:
            return p.Lit(literal)
        return p.Op(_BINARY[type(node.op)], self._many((node.left, node.right), depth))

    def _bool(self, node: ast.BoolOp, depth: int) -> Expr:
        symbol = "and" if isinstance(node.op, ast.And) else "or"
        if depth + len(node.values) > MAX_EXPRESSION_DEPTH + 2:
            _refuse(f"`{symbol}` joins too many conditions; use a variable in between", node)
        made = self.expression(node.values[0], depth + len(node.values) - 2)
        for index, value in enumerate(node.values[1:], 1):
            made = p.Op(symbol, (made, self.expression(value, depth + len(node.values) - 1 - index)))
        return made

    def _compare(self, node: ast.Compare, depth: int) -> Expr:
        if len(node.ops) > 1:
            _refuse("a chain of comparisons is not admitted; write `a < b and b < c`", node)
        return p.Op(_COMPARE[type(node.ops[0])], self._many((node.left, node.comparators[0]), depth))

    def _lambda(self, node: ast.Lambda, depth: int) -> Expr:
        parameters = self._parameters(node.args, node)
        self.scopes.append(_local_names(node))
        body = self.expression(node.body, depth)
        self.scopes.pop()
        return p.Lambda(parameters, body)

    def _each(self, node: ast.ListComp, depth: int) -> Expr:
        if len(node.generators) > 1 or node.generators[0].ifs or node.generators[0].is_async:
            _refuse("a list comprehension has one `for` and no `if`; write a loop", node)
        part = node.generators[0]
        iterable = self.expression(part.iter, depth)
        target = self._target(part.target)
        self.scopes.append(frozenset(item.id for item in ast.walk(part.target) if isinstance(item, ast.Name)))
        element = self.expression(node.elt, depth)
        self.scopes.pop()
        return p.Each(element, target, iterable)

    def _format(self, node: ast.JoinedStr, depth: int) -> Expr:
        return p.Format(tuple(self._format_part(part, depth) for part in node.values))

    def _format_part(self, node: ast.expr, depth: int) -> p.Lit | p.FormatPart:
        if not isinstance(node, ast.FormattedValue):
            return p.Lit(_plain_text([node]))
        spec = node.format_spec
        text = _plain_text(spec.values) if isinstance(spec, ast.JoinedStr) else ""
        conversion = "" if node.conversion == -1 else chr(node.conversion)
        return p.FormatPart(self.expression(node.value, depth), conversion, text)


def _plain_text(nodes: Sequence[ast.expr]) -> str:
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if len(texts) < len(nodes):
        _refuse("the format in an f-string is plain text", nodes[0])
    return "".join(texts)


def _number(node: ast.expr) -> int | float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    return None


def _complex(node: ast.BinOp) -> complex | None:
    """`1.0+2.0j`, written without spaces, is a literal; with spaces it is a sum."""
    left, right = node.left, node.right
    if not isinstance(right, ast.Constant) or not isinstance(right.value, complex):
        return None
    negative = isinstance(left, ast.UnaryOp) and isinstance(left.op, ast.USub)
    number = left.operand if isinstance(left, ast.UnaryOp) and negative else left
    real = _number(number)
    touching = left.end_lineno == right.lineno and left.end_col_offset == right.col_offset - 1
    tight = not negative or number.col_offset == left.col_offset + 1
    if real is None or not touching or not tight or (isinstance(real, int) and abs(real) > MAX_INT):
        return None
    imaginary = right.value.imag
    match node.op:
        case ast.Add():
            return complex(-real if negative else real, imaginary)
        case ast.Sub():
            return complex(-real if negative else real, -imaginary)
        case _:
            return None


# Names of Python that people write and that programs do not have, for a message that says so.
_PYTHON = frozenset({
    "open", "eval", "exec", "compile", "getattr", "setattr", "delattr", "id", "input", "vars", "globals", "locals",
    "dir", "super", "object", "hash", "bytes", "bytearray", "memoryview", "staticmethod", "classmethod", "property",
    "breakpoint", "exit", "quit", "format", "issubclass", "frozenset", "BaseException", "KeyboardInterrupt",
    "SystemExit", "OSError", "NotImplemented", "ord", "chr", "hex", "bin", "__import__", "__name__", "__file__",
})  # fmt: skip

_UNARY: dict[type[ast.unaryop], str] = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not"}
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_STATEMENTS: dict[type[ast.stmt], Callable[[_Reader, Any], Statement]] = {
    ast.Assign: _Reader._assign, ast.AnnAssign: _Reader._annotated, ast.AugAssign: _Reader._augment,
    ast.Expr: _Reader._evaluate, ast.With: _Reader._with, ast.FunctionDef: _Reader._define,
    ast.ClassDef: _Reader._class, ast.Return: _Reader._return, ast.Raise: _Reader._raise, ast.Try: _Reader._try,
    ast.For: _Reader._for, ast.If: _Reader._if, ast.Delete: _Reader._delete, ast.Assert: _Reader._assert,
    ast.Pass: _Reader._pass,
}  # fmt: skip
_EXPRESSIONS: dict[type[ast.expr], Callable[[_Reader, Any, int], Expr]] = {
    ast.Constant: _Reader._constant, ast.Name: _Reader._name, ast.Attribute: _Reader._attribute,
    ast.Call: _Reader._call, ast.Subscript: _Reader._item, ast.Tuple: _Reader._tuple, ast.List: _Reader._list,
    ast.Dict: _Reader._dict, ast.UnaryOp: _Reader._unary, ast.BinOp: _Reader._binary, ast.BoolOp: _Reader._bool,
    ast.Compare: _Reader._compare, ast.Lambda: _Reader._lambda, ast.ListComp: _Reader._each,
    ast.JoinedStr: _Reader._format,
}  # fmt: skip
