"""What programs do, read off their structure: which names share memory, what is written, and under which mode.

The predicates here over-approximate: one that holds says that a program may show something, never that it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gradconform.catalogue.sharing import (
    DETACHED,
    NO_WRITES,
    Memory,
    called,
    is_grad,
    keyword,
    takes_view,
    written,
)
from gradoracle.program import (
    Assign,
    Attr,
    Augment,
    Call,
    Class,
    Define,
    Expr,
    For,
    Global,
    Item,
    Lambda,
    Lit,
    Op,
    Program,
    Ref,
    Seq,
    Statement,
    Table,
    With,
    Yield,
    children,
    expressions,
)

DISABLING: frozenset[str] = frozenset({"no_grad", "set_grad_enabled", "inference_mode"})
"""Modes that may disable grad."""


@dataclass(frozen=True, slots=True)
class Place:
    """A statement and the managers that are open around it, outermost first; decorators of its function among them."""

    statement: Statement
    managers: tuple[Expr, ...]


def places(statements: Iterable[Statement], managers: tuple[Expr, ...] = ()) -> Iterator[Place]:
    """Every statement in the order of the text; the body of a loop twice, since its end precedes its beginning too."""
    for statement in statements:
        yield Place(statement, managers)
        inner = managers
        if isinstance(statement, With):
            inner = managers + tuple(manager for manager, _ in statement.managers)
        elif isinstance(statement, Define):
            inner = managers + statement.decorators
        for _ in range(2 if isinstance(statement, For) else 1):
            yield from places(children(statement), inner)


def calls(program: Program, *names: str) -> list[Call]:
    """The calls of any of these names; those inside a loop count twice."""
    return [
        one
        for place in places(program.statements)
        for one in expressions(place.statement)
        if isinstance(one, Call) and called(one) in names
    ]


def grads(program: Program) -> list[Call]:
    """The calls of `torch.autograd.grad`."""
    return [one for one in calls(program, "grad") if is_grad(one)]


def passes(program: Program) -> list[Call]:
    """The calls that run a backward pass."""
    return calls(program, "backward") + grads(program)


def disables(manager: Expr) -> bool:
    """Whether a manager or decorator may disable grad; a name that is bound to one counts."""
    if isinstance(manager, Global):
        return manager.path.rpartition(".")[2] in DISABLING
    return called(manager) in DISABLING or isinstance(manager, Ref)


def disabled(place: Place) -> bool:
    """Whether grad may be disabled at a place by what is open around it."""
    return any(disables(manager) for manager in place.managers)


# Predicates over programs


def hooks_a_written_view(program: Program) -> bool:
    """A tensor hook is registered on a view whose memory was written before."""
    memory, dirty = Memory(), frozenset[str]()
    for place in places(program.statements):
        for one in expressions(place.statement):
            if any(memory.is_view(target) and memory.roots(target) & dirty for target in _hooked(one)):
                return True
        dirty |= memory.written(place.statement)
        memory.bind(place.statement)
    return False


def _hooked(expr: Expr) -> Iterator[Expr]:
    """The tensors that a call registers a hook on."""
    if not isinstance(expr, Call):
        return
    if called(expr) == "register_hook" and isinstance(expr.function, Attr):
        yield expr.function.of
    elif called(expr) == "register_multi_grad_hook" and expr.args:
        yield from expr.args[0].items if isinstance(expr.args[0], Seq) else ()


def reads_a_view_of_a_gradient(program: Program) -> bool:
    """The elements of a view are turned into numbers of Python or NumPy, after a backward pass."""
    memory, passed = Memory(), False
    for place in places(program.statements):
        for one in expressions(place.statement):
            match one:
                case Call(Attr(of, "tolist" | "numpy")) if passed and memory.is_view(of):
                    return True
                case _:
                    passed = passed or called(one) == "backward" or is_grad(one)
        memory.bind(place.statement)
    return False


def uses_views(program: Program) -> bool:
    """Something takes a view."""
    return any(takes_view(one) for statement in program.walk() for one in expressions(statement))


def accumulates_through_views(program: Program) -> bool:
    """Two backward passes or more, in a program that views two tensors or retains the gradient of a result."""
    return len(calls(program, "backward")) > 1 and (
        len(_viewed(program)) > 1 or (uses_views(program) and bool(calls(program, "retain_grad")))
    )


def _viewed(program: Program) -> set[str]:
    """The memories that something takes a view of."""
    memory, found = Memory(), set[str]()
    for place in places(program.statements):
        for one in expressions(place.statement):
            if takes_view(one):
                found |= memory.roots(one)
        memory.bind(place.statement)
    return found


def weighs_through_views(program: Program) -> bool:
    """A backward with a weight in a program with views."""
    return uses_views(program) and any(
        keyword(one, "gradient") or keyword(one, "grad_tensors") or len(one.args) > isinstance(one.function, Global)
        for one in calls(program, "backward")
    )


def takes_view_while_disabled(program: Program) -> bool:
    """A view is taken where grad may be disabled."""
    switched = bool(calls(program, "set_grad_enabled"))
    return any(
        takes_view(one)
        for place in places(program.statements)
        if switched or disabled(place)
        for one in expressions(place.statement)
    )


def requires_grad_after_view(program: Program) -> bool:
    """A view is taken, and later something is told to require grad."""
    seen = False
    for place in places(program.statements):
        if seen and _asks_for_grad(place.statement):
            return True
        seen = seen or any(takes_view(one) for one in expressions(place.statement))
    return False


def _asks_for_grad(statement: Statement) -> bool:
    if isinstance(statement, Assign):
        for target in statement.targets:
            if isinstance(target, Attr) and target.name == "requires_grad":
                return True
    return any(called(one) == "requires_grad_" for one in expressions(statement))


def writes_before_backward(program: Program) -> bool:
    """Something is written in place, and a backward pass runs later."""
    seen = False
    for place in places(program.statements):
        if seen and any(called(one) in ("backward", "grad") for one in expressions(place.statement)):
            return True
        seen = seen or any(True for _ in written(place.statement))
    return False


def writes_unrecorded(program: Program) -> bool:
    """A write that is not recorded, where grad is disabled or through a detached alias, and two backward passes."""
    return len(passes(program)) > 1 and any(
        disabled(place) or any(isinstance(one, Call | Attr) and _detaches(one) for one in expressions(place.statement))
        for place in places(program.statements)
        if any(True for _ in written(place.statement))
    )


def _detaches(expr: Expr) -> bool:
    return called(expr) in DETACHED or (isinstance(expr, Attr) and expr.name in DETACHED)


def writes_through_data(program: Program) -> bool:
    """A write goes through `.data`."""
    memory = Memory()
    for place in places(program.statements):
        if any(memory.through_data(target) for target in written(place.statement)):
            return True
        memory.bind(place.statement)
    return False


def enters_mode_twice(program: Program) -> bool:
    """A `with` block enters by name what a block around it has entered already."""
    for place in places(program.statements):
        if isinstance(place.statement, With):
            inner = [manager for manager, _ in place.statement.managers]
            names = [one for one in (*place.managers, *inner) if isinstance(one, Ref)]
            if len(names) != len(set(names)):
                return True
    return False


def disables_inside_generator(program: Program) -> bool:
    """A generator function yields inside a block that may disable grad."""
    return any(isinstance(place.statement, Yield) and _held(place) for place in places(program.statements))


def _held(place: Place) -> bool:
    return any(called(one) in DISABLING | {"enable_grad"} or isinstance(one, Ref) for one in place.managers)


def grad_allows_unused(program: Program) -> bool:
    """`torch.autograd.grad` is called with `allow_unused` or `materialize_grads`."""
    return any(keyword(one, "allow_unused") or keyword(one, "materialize_grads") for one in grads(program))


def grad_inside_a_function_and_outside(program: Program) -> bool:
    """A function calls `torch.autograd.grad` under `create_graph`, and a gradient is taken outside of it too."""
    inner = [
        one
        for statement in program.walk()
        for one in _inside_functions(statement)
        if isinstance(one, Call) and is_grad(one) and keyword(one, "create_graph")
    ]
    return bool(inner) and len(grads(program)) > 1


def _inputs(call: Call) -> tuple[Expr, ...]:
    given = keyword(call, "inputs") or (call.args[1] if len(call.args) > 1 else None)
    match given:
        case None:
            return ()
        case Seq(_, items):
            return items
        case Table(items):
            return tuple(value for _, value in items)
        case _:
            return (given,)


def grad_for_a_view(program: Program) -> bool:
    """`torch.autograd.grad` is asked for the gradient of a view."""
    memory = Memory()
    for place in places(program.statements):
        asked = [one for one in expressions(place.statement) if isinstance(one, Call) and is_grad(one)]
        if any(memory.is_view(given) for one in asked for given in _inputs(one)):
            return True
        memory.bind(place.statement)
    return False


def hooks_several_inputs(program: Program) -> bool:
    """`torch.autograd.grad` is asked for several gradients in a program with tensor hooks."""
    return bool(calls(program, "register_hook")) and any(len(_inputs(one)) > 1 for one in grads(program))


def _roots_and_weights(program: Program) -> Iterator[tuple[int, int]]:
    """How many roots and weights each call has where both are written out."""
    for one in passes(program):
        if not isinstance(one.function, Global) or not one.args:
            continue
        place = 2 if called(one) == "grad" else 1
        given = keyword(one, "grad_tensors") or keyword(one, "grad_outputs")
        weights = given or (one.args[place] if len(one.args) > place else None)
        if isinstance(weights, Seq):
            yield len(one.args[0].items) if isinstance(one.args[0], Seq) else 1, len(weights.items)


def gives_spare_weights(program: Program) -> bool:
    """A backward pass is given more weights than roots."""
    return any(weights > roots for roots, weights in _roots_and_weights(program))


def gives_several_weights(program: Program) -> bool:
    """A backward pass is given several weights."""
    return any(weights > 1 for _, weights in _roots_and_weights(program))


def reads_flag_under_vmap(program: Program) -> bool:
    """`vmap` is called in a program whose functions read `requires_grad`."""
    reads = any(
        isinstance(inner, Attr) and inner.name == "requires_grad"
        for statement in program.walk()
        for inner in _inside_functions(statement)
    )
    return bool(calls(program, "vmap")) and reads


def _inside_functions(statement: Statement) -> Iterator[Expr]:
    if isinstance(statement, Define):
        for place in places(statement.body):
            yield from expressions(place.statement)
    for one in expressions(statement):
        if isinstance(one, Lambda):
            yield from expressions(one.body)


def infers_inside_function(program: Program) -> bool:
    """A custom Function opens `inference_mode`."""
    return any(
        isinstance(statement, Class)
        and any(
            isinstance(place.statement, With)
            and any(called(manager) == "inference_mode" for manager, _ in place.statement.managers)
            for place in places(statement.methods)
        )
        for statement in program.walk()
    )


def differentiates_a_composite_norm(program: Program) -> bool:
    """`group_norm` or `renorm` is called and a gradient is made to be differentiated."""
    return bool(calls(program, "group_norm", "renorm")) and any(keyword(one, "create_graph") for one in passes(program))


def writes_a_dual_from_itself(program: Program) -> bool:
    """A write in place takes an operand from the memory that it writes, in a program that makes tangents."""
    if not calls(program, "make_dual", "jvp", "jacfwd", "linearize"):
        return False
    memory = Memory()
    for place in places(program.statements):
        targets = memory.written(place.statement)
        if any(memory.roots(operand) & targets for operand in _operands_of_writes(place.statement)):
            return True
        memory.bind(place.statement)
    return False


def _operands_of_writes(statement: Statement) -> Iterator[Expr]:
    if isinstance(statement, Augment):
        yield statement.value
    for one in expressions(statement):
        name = called(one)
        if isinstance(one, Call) and name.endswith("_") and name not in NO_WRITES:
            yield from one.args if isinstance(one.function, Attr) else one.args[1:]


SEVERAL = frozenset(
    """
    aminmax apply eig eigh lstsq lu lu_unpack qr slogdet split_copy split_with_sizes_copy std_mean svd triangular_solve
    unbind_copy unsafe_chunk unsafe_split unsafe_split_with_sizes var_mean
    """.split()
)
"""Operators with several results that have a history and are no views; a custom Function may have them too."""


def writes_a_retained_later_result(program: Program) -> bool:
    """A result that is not the first one of its call retains its gradient, and is written then."""
    memory, later, retained = Memory(), frozenset[str](), frozenset[str]()
    for place in places(program.statements):
        if memory.written(place.statement) & retained:
            return True
        for one in expressions(place.statement):
            for tensor in _retaining(one):
                retained |= memory.roots(tensor) & later
        memory.bind(place.statement)
        for name in _later_results(place.statement):
            later |= memory.roots(Ref(name))
    return False


def _retaining(expr: Expr) -> Iterator[Expr]:
    """The tensors that a call makes retain their gradients."""
    if called(expr) == "retain_grad" and isinstance(expr, Call) and isinstance(expr.function, Attr):
        yield expr.function.of
    elif called(expr) == "backward" and isinstance(expr, Call):
        given = keyword(expr, "inputs")
        yield from given.items if isinstance(given, Seq) else () if given is None else (given,)


def _later_results(statement: Statement) -> Iterator[str]:
    """The names that a statement binds to results that are not the first of their call."""
    if isinstance(statement, Assign):
        for target in statement.targets:
            match target, statement.value:
                case Ref(name), Item(of, index) if called(of) in SEVERAL and index != Lit(0):
                    yield name
                case Ref(name), Attr(of) if called(of) in SEVERAL:
                    yield name
                case Seq(_, (_, *rest)), value if called(value) in SEVERAL:
                    yield from (one.name for one in rest if isinstance(one, Ref))
                case _:
                    pass


BARE = frozenset(
    """
    adaptive_avg_pool1d adaptive_avg_pool2d angle as_strided_scatter batch_norm bilinear
    binary_cross_entropy_with_logits bincount block_diag cat channel_shuffle cholesky cholesky_ex cholesky_inverse
    cholesky_solve combinations conj_physical conv1d conv2d conv_transpose1d conv_transpose2d cross_entropy cumprod
    cumsum det diag diag_embed diagonal_scatter eigh eigvals fft fft2 fftn group_norm hfft histc ifft ifft2 ifftn
    ihfft index_reduce interpolate inv inv_ex inverse irfft irfft2 irfftn isclose isfinite ldexp linear logcumsumexp
    lstsq lu lu_factor matrix_exp matrix_power matrix_rank max_pool1d multi_margin_loss multigammaln mvlgamma ndtr
    norm pad pdist pixel_shuffle pixel_unshuffle poisson_nll_loss qr repeat rfft rfft2 rfftn roll rot90
    scaled_dot_product_attention scatter_reduce select_scatter slice_scatter slogdet solve solve_ex solve_triangular
    tensorinv tile unfold unique_consecutive vander var xlog1py
    """.split()
)
"""Operators, besides those called `..._copy`, of which refgrad does not copy what PyTorch's kernels show of themselves
where autograd does not hear of them; of the others it does, see `impl/refgrad/operators/below.py`."""


def runs_a_bare_kernel(program: Program) -> bool:
    """Inference mode is entered, and an operator is called whose kernel shows itself outside of it."""
    return enters_inference_mode(program) and any(
        isinstance(one, Call) and (called(one) in BARE or called(one).endswith("_copy"))
        for place in places(program.statements)
        for one in expressions(place.statement)
    )


PRODUCTS = frozenset(("mm", "mv", "bmm", "matmul", "dot", "addmm", "linear"))


def multiplies_matrices(program: Program) -> bool:
    """A product of matrices or vectors is made."""
    return any(
        (isinstance(one, Op) and one.symbol == "@") or called(one) in PRODUCTS
        for place in places(program.statements)
        for one in expressions(place.statement)
    )


def enters_inference_mode(program: Program) -> bool:
    """Inference mode is entered, by a block or a decorator."""
    return any(
        isinstance(one, Global) and one.path.endswith("inference_mode")
        for statement in program.walk()
        for one in _mentioned(statement)
    )


def runs_a_bare_kernel_on_a_leaf(program: Program) -> bool:
    """Inside inference mode something is made to require grad, and an operator is called whose kernel shows itself."""
    return runs_a_bare_kernel(program) and any(
        any(called(manager) == "inference_mode" for manager in place.managers)
        and any(isinstance(one, Call) and _requires(one) for one in expressions(place.statement))
        for place in places(program.statements)
    )


def _requires(call: Call) -> bool:
    return keyword(call, "requires_grad") == Lit(True) or called(call) == "requires_grad_"


def _mentioned(statement: Statement) -> Iterator[Expr]:
    yield from expressions(statement)
    if isinstance(statement, Define):
        for decorator in statement.decorators:
            yield from expressions(decorator)
