"""Custom Functions: programs that do on refgrad what they do on PyTorch, which runs beside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Same = Callable[[str], None]

PRELUDE = '''
def make(forward, backward=None, setup=None, **more):
    names = {"forward": staticmethod(forward), **more}
    if backward is not None:
        names["backward"] = staticmethod(backward)
    if setup is not None:
        names["setup_context"] = staticmethod(setup)
    return type("F", (torch.autograd.Function,), names)

def same_gradient(ctx, g, *rest):
    return g

def show(t):
    node = t.grad_fn
    following = None if node is None else [(n and n.name(), i) for n, i in node.next_functions]
    return node and node.name(), following, t.requires_grad, t._is_view(), t.output_nr, t._version, t.tolist()

def calling(name, *values):
    def forward(ctx, x):
        y = x * 2
        getattr(ctx, name)(*[v(x, y) if callable(v) else v for v in values])
        return y
    return forward

x = torch.ones(2, requires_grad=True)
'''

PROGRAMS = {
    "marking what is no tensor": """
for name in ("mark_dirty", "mark_non_differentiable", "save_for_backward", "save_for_forward"):
    for value in (3, None, "a"):
        for t in (x, x.detach()):
            print(name, value, attempt(lambda: show(make(calling(name, value), same_gradient).apply(t))))
for name in ("to_save", "non_differentiable", "dirty_tensors"):
    for value in ([1], 5):
        def forward(ctx, x):
            setattr(ctx, name, value)
            return x * 2
        print(name, attempt(lambda: make(forward, same_gradient).apply(x)))
""",
    "attributes of ctx": """
def forward(ctx, x):
    for name in ("to_save", "non_differentiable", "dirty_tensors", "saved_for_forward", "needs_input_grad"):
        print(name, getattr(ctx, name), setattr(ctx, name, 5), getattr(ctx, name), delattr(ctx, name), getattr(ctx,
              name))
    for name in ("materialize_grads", "_is_pure_view", "_materialize_non_diff_grads"):
        print(name, attempt(lambda: getattr(ctx, name)))
        for value in (5, None, False):
            print(name, attempt(lambda: setattr(ctx, name, value)))
    print(ctx.requires_grad, ctx.saved_tensors, ctx._raw_saved_tensors, ctx.metadata, ctx._input_metadata, ctx.__dict__)
    print(ctx.name(), attempt(lambda: ctx.nothing), [(n.name(), i) for n, i in ctx.next_functions])
    ctx.mine = 3
    return x * 2
y = make(forward, same_gradient).apply(x)
print(y.grad_fn.mine, y.grad_fn.__dict__, y.grad_fn, type(y.grad_fn).__name__, type(y.grad_fn).__module__)
print([c.__name__ for c in type(y.grad_fn).__mro__ if c.__name__ in ("FBackward", "BackwardCFunction", "FunctionCtx")])
print(callable(y.grad_fn), isinstance(y.grad_fn, torch.autograd.graph.Node), attempt(lambda: y.grad_fn(1)))
print([(m.shape, m.dtype) for m in y.grad_fn._input_metadata], y)
""",
    "results that are not differentiable": """
def marks(ctx, x): y, z = x * 2, x * 3; ctx.mark_non_differentiable(y); return y, z
def marks_input(ctx, x): ctx.mark_non_differentiable(x); return x
def marks_view(ctx, x): y = x.view(-1); ctx.mark_non_differentiable(y); return y
def marks_dirty(ctx, x): ctx.mark_dirty(x); x.mul_(2); ctx.mark_non_differentiable(x); return x
print([show(t) for t in make(marks, same_gradient).apply(x)])
for forward in (marks_input, marks_view, marks_dirty):
    for t in (x, x.clone(), x.detach()):
        made = attempt(lambda: make(forward, same_gradient).apply(t))
        print(forward.__name__, made if isinstance(made, str) else (show(made), made is t, made._base is t))
        print(attempt(lambda: made.mul_(2)), show(t))
""",
    "inputs returned as they are": """
def one(ctx, x): return x
def two(ctx, x, y): return x, y
def saved(ctx, x): ctx.save_for_backward(x); return x
d = x.detach()
for t in (x, x.clone(), d):
    made = make(one, same_gradient).apply(t)
    print(made is t, show(made), made._base is t, attempt(lambda: show(made.mul_(2))), show(t))
print(attempt(lambda: make(one, same_gradient).apply(d).mul_(x)))
made = make(two, lambda ctx, a, b: (a, b)).apply(x.clone(), d)
print([show(t) for t in made], attempt(lambda: made[0].mul_(2)), attempt(lambda: made[1].mul_(2)))
def backward(ctx, g): print(ctx.saved_tensors[0] is x); return g
make(saved, backward).apply(x).sum().backward()
for t in (x, d):
    for setup in (lambda ctx, i, o: ctx.save_for_backward(*i), lambda ctx, i, o: ctx.save_for_forward(*i),
                  lambda ctx, i, o: print(type(i), o is i[0], o.requires_grad)):
        print(attempt(lambda: show(make(lambda x: x, same_gradient, setup).apply(t))))
c = x.clone()
y = make(lambda ctx, x: (x.add_(1), x)[1], same_gradient).apply(c)
print(show(y), show(c), attempt(lambda: y.mul_(2)))
""",
    "views of inputs": """
stacked = lambda ctx, g: torch.stack([g, g])
def view(ctx, x): return x[0]
def views(ctx, x): return x[0], x[1]
def one_view(ctx, x): return x[0], x[1] * 2
def pure(ctx, x): ctx._is_pure_view = True; return x[0]
def recorded(ctx, x):
    with torch.enable_grad():
        return x[0]
for forward in (view, pure, recorded):
    for t in (x, x.clone(), x.detach()):
        made = make(forward, stacked).apply(t)
        print(forward.__name__, show(made), made._base is t, attempt(lambda: show(made.mul_(2))))
for forward in (views, one_view):
    made = make(forward, stacked).apply(x.clone())
    print(forward.__name__, attempt(lambda: made[0].mul_(2)), attempt(lambda: show(made[1].mul_(2))))
c = x.clone()
v = make(view, stacked).apply(c)
c.mul_(2)
print(attempt(lambda: v.grad_fn), attempt(lambda: v * 2))
with torch.no_grad():
    v = make(view, stacked).apply(c)
print(show(v), attempt(lambda: v.mul_(2)))
c = x.clone()
v = make(pure, stacked).apply(c)
c.mul_(2)
print(show(v))
v.sum().backward()
print(x.grad.tolist())
""",
    "inputs modified in place": """
def dirty(ctx, x): ctx.mark_dirty(x); x.mul_(2); return x
def twice(ctx, x): ctx.mark_dirty(x); x.mul_(2); return x, x
def several(ctx, x): ctx.mark_dirty(x); x.mul_(2); return x, x * 2
def by_other(ctx, x, y): ctx.mark_dirty(x); x.mul_(y); return x
def not_input(ctx, x): y = x * 2; ctx.mark_dirty(y); return y
def not_input_view(ctx, x): y = (x * 2)[0]; ctx.mark_dirty(y); return y
def not_returned(ctx, x): y = x * 2; ctx.mark_dirty(y); return x * 3
base = x.clone()
with torch.no_grad():
    unrecorded = base[0]
for forward in (dirty, twice, several, not_input, not_input_view, not_returned):
    for t in (x, x.clone(), x.detach(), x.clone()[0:1], x[0:1], x.detach()[0], x.split(1)[0], x.clone().split(1)[0],
              unrecorded):
        made = attempt(lambda: make(forward, same_gradient).apply(t))
        results = made if isinstance(made, tuple) else (made,)
        print(forward.__name__, made if isinstance(made, str) else [(r is t, show(r)) for r in results])
b = x.clone()
c = b[0]
r = make(dirty, lambda ctx, g: g * 2).apply(c)
print(r is c, show(c), show(b), r._base is b)
b.sum().backward()
print(x.grad.tolist())
d = torch.ones(2)
print(make(by_other, lambda ctx, g: (g, g)).apply(d, x) is d, show(d))
d = torch.ones(2)
e = d[0]
print(make(by_other, lambda ctx, g: (g, g)).apply(e, x[0]) is e, show(d), show(e))
with torch.no_grad():
    r = make(dirty, same_gradient).apply(x)
print(r is x, show(x), show(r))
h = torch.ones(2, requires_grad=True).clone()
h.retain_grad()
h.register_hook(lambda g: print("hook", g))
make(dirty, lambda ctx, g: g * 2).apply(h)
print(h.retains_grad)
h.sum().backward()
print(h.grad)
""",
    "what backward returns": """
two = lambda ctx, a, b: a * b
def run(value):
    other = torch.ones(2, requires_grad=True)
    x.grad = None
    made = make(two, lambda ctx, g: value(g)).apply(x, other)
    return attempt(lambda: made.sum().backward()), x.grad, other.grad
for value in (lambda g: None, lambda g: (None, None), lambda g: (g,), lambda g: (g, g, g), lambda g: (g, g, None),
              lambda g: [g, g], lambda g: (g, 2), lambda g: (g, "a"), lambda g: (g, [g]), lambda g: (g.int(), g),
              lambda g: (g * 1j, g), lambda g: (torch.ones(3), g), lambda g: (g, torch.ones(5)),
              lambda g: (torch.ones(4, 3, 2), g), lambda g: (g[0], g), lambda g: ((g,), g), lambda g: (g.double(), g),
              lambda g: (g > 0, g)):
    print(run(value))
print(attempt(lambda: make(lambda ctx, a, k: a * k, lambda ctx, g: (g, g)).apply(x, 2).sum().backward()))
print(attempt(lambda: make(lambda ctx, k, a: a * k, lambda ctx, g: (3, g)).apply(2, x).sum().backward()))
print(show(make(lambda ctx, k, a: a * k, lambda ctx, g: (None, g)).apply(2, x)))
def raises(ctx, g): raise KeyError("mine")
print(attempt(lambda: make(lambda ctx, x: x * 2, raises).apply(x).sum().backward()))
""",
    "what forward returns": """
print(make(lambda ctx, k: k).apply(2), make(lambda ctx: torch.ones(2)).apply(), make(lambda ctx, x: ()).apply(x))
print(make(lambda ctx, x: (x * 2,)).apply(x), make(lambda ctx, x: [x]).apply(x), make(lambda ctx, x: None).apply(x))
def forward(ctx, x): return x * 2, x.argmax(), "a", x * 3, None, x.bool()
for materialize, other in ((True, True), (False, True), (True, False)):
    def marking(ctx, x):
        ctx.set_materialize_grads(materialize)
        ctx._materialize_non_diff_grads = other
        return forward(ctx, x)
    made = make(marking, lambda ctx, *g: print(g)).apply(x)
    print([(m.shape, m.dtype) for m in made[0].grad_fn._input_metadata], [getattr(t, "output_nr", t) for t in made])
    made[0].sum().backward()
y = make(lambda ctx, x: (lambda y: (y, y))(x * 2), lambda ctx, a, b: (print(a, b), a + b)[1]).apply(x)
print(y[0] is y[1], show(y[0]))
(y[0] + 10 * y[1]).sum().backward()
y = make(lambda ctx, x: (x * 1j, x.double()), lambda ctx, *g: (print([t.dtype for t in g]), g[1].float())[1]).apply(x)
y[0].abs().sum().backward()
""",
    "arguments": """
def defaults(ctx, x, y=1, z=2): print(y, z, ctx.needs_input_grad); return x * 1
def three(ctx, x, y, z): print(y, z, ctx.needs_input_grad); return x * 1
def rest(ctx, x, *a): print(a, ctx.needs_input_grad); return x * 1
def only(ctx, x, *, k=1): return x * k
def call(f, *a, **k):
    print(f.__name__, len(a), sorted(k), attempt(lambda: show(make(f, same_gradient).apply(*a, **k))))
call(defaults, x, z=5); call(defaults, x); call(defaults, x, y=5); call(defaults, z=5, x=x); call(defaults, y=3)
call(three, x, z=1); call(three, x, z=1, y=2); call(three, x, 1, 2, y=3); call(three, x, x=3); call(three, x, w=3)
call(three, x, 1, 2, 3); call(three, ctx=x, x=x, y=1, z=1); call(three, x, z=5, y=x); call(rest, x, a=3)
call(rest, x, 1, 2); call(only, x, k=3); call(only, x)
def plain(x, k=2.0, m=5.0): return x * k * m
def plain_only(x, *, k=1): return x * k
setup = lambda ctx, i, o: print(len(i), ctx.needs_input_grad)
for a, k in (((x,), {}), ((x,), {"m": 7.0}), ((x, 1, 2, 3), {}), ((), {"k": 2}), ((x,), {"w": 2})):
    print(attempt(lambda: show(make(plain, same_gradient, setup).apply(*a, **k))))
print(attempt(lambda: make(plain_only, same_gradient, setup).apply(x, k=3)))
print(attempt(lambda: make(plain_only, same_gradient, setup).apply(x)))
""",
    "what is not implemented": """
class N(torch.autograd.Function):
    pass
for call in (lambda: N.apply(x), lambda: N.forward(), lambda: N.backward(None), lambda: N.vjp(None),
             lambda: N.jvp(None),
             lambda: N.vmap(None, None), lambda: N.setup_context(None, None, None), lambda: type(N()), lambda: N()(),
             lambda: make(lambda ctx, x: x * 2, same_gradient,
                 vjp=staticmethod(same_gradient)).apply(x).sum().backward(),
             lambda: make(lambda ctx, x: x * 2).apply(x).sum().backward()):
    print(attempt(call))
class Old(torch.autograd.Function):
    def forward(self, x): return x * 2
    def backward(self, g): return g * 2
print(attempt(lambda: show(Old.apply(x))), attempt(lambda: Old.apply(x).sum().backward()), attempt(lambda: Old()(x)))
from warnings import catch_warnings, simplefilter
with catch_warnings():
    simplefilter("ignore")
    f = N()
for name in ("next_functions", "_input_metadata", "metadata", "saved_tensors", "needs_input_grad", "requires_grad"):
    print(name, attempt(lambda: getattr(f, name)))
print(f.name(), N._backward_cls.__name__, N.generate_vmap_rule, N.clear_saved_tensors_on_access)
""",
    "saved tensors": """
def forward(ctx, x): y = x * 2; ctx.save_for_backward(x, y, None); return y
def reads(ctx, g): ctx.saved_tensors; return g
y = make(forward, same_gradient).apply(x)
n = y.grad_fn
print(n.saved_tensors[0] is x, [t is not None and t.grad_fn is n for t in n.saved_tensors], n.to_save)
print(len(n._raw_saved_tensors), n.saved_variables[2])
y.sum().backward()
print(attempt(lambda: n.saved_tensors), attempt(lambda: n._raw_saved_tensors), attempt(lambda: y.sum().backward()))
y = make(forward, reads).apply(x)
y.sum().backward(retain_graph=True)
y.sum().backward()
print(attempt(lambda: y.sum().backward()))
y = make(forward, same_gradient).apply(x)
n = y.grad_fn
y.mul_(2)
print(attempt(lambda: n.saved_tensors))
for flag in (True, False):
    y = make(forward, reads, clear_saved_tensors_on_access=flag).apply(x)
    n = y.grad_fn
    print(attempt(lambda: len(n.saved_tensors)), attempt(lambda: len(n.saved_tensors)), len(n._raw_saved_tensors))
    print(attempt(lambda: n.maybe_clear_saved_tensors()))
    y = make(forward, reads, clear_saved_tensors_on_access=flag).apply(x)
    y.sum().backward(retain_graph=True)
    print(attempt(lambda: y.sum().backward()))
with torch.no_grad():
    kept = []
    def keeps(ctx, x): kept.append(ctx); ctx.save_for_backward(x); print(ctx.needs_input_grad,
              ctx.next_functions); return x * 2
    make(keeps).apply(x)
    print(attempt(lambda: kept[0].saved_tensors), kept[0].next_functions, kept[0].name(), kept[0].to_save)
a = x * 1
w = torch.ones(2)
y = make(lambda ctx, a, w: (ctx.save_for_backward(a, w), a * w)[1], lambda ctx, g: (ctx.saved_tensors, g)).apply(a, w)
w.add_(1)
print(attempt(lambda: y.sum().backward()))
""",
    "boxed gradients": """
def boxed(ctx, grads): print(type(grads).__name__, len(grads)); return grads[0]
y = make(lambda ctx, x: x * 2, boxed, boxed_grads_call=True).apply(x)
y.sum().backward()
print(y.grad_fn.apply(torch.ones(2)), y.grad_fn.apply_boxed([torch.ones(2)]))
y = make(lambda ctx, x: x * 2, same_gradient, boxed_grads_call=True).apply(x)
print(attempt(lambda: y.sum().backward()))
y = make(lambda ctx, x: x * 2, same_gradient).apply(x)
print(y.grad_fn.apply(torch.ones(2)), attempt(lambda: y.grad_fn._register_hook_dict(3)))
""",
    "hooks of the node": """
def backward(ctx, g): print("backward", g); return g * 2
y = make(lambda ctx, x: x * 2, backward).apply(x)
n = y.grad_fn
n.register_hook(lambda a, b: print("post", a, b))
n.register_prehook(lambda a: print("pre", a))
y.register_hook(lambda g: print("tensor", g))
handle = n.register_hook(lambda a, b: (a[0] * 3,))
y.sum().backward(retain_graph=True)
handle.remove()
y.sum().backward()
print(x.grad, n.metadata)
""",
    "differentiating twice": """
from warnings import simplefilter
square = make(lambda ctx, x: (ctx.save_for_backward(x), x**2)[1], lambda ctx, g: g * 2 * ctx.saved_tensors[0])
x = torch.tensor([3.0, 2.0], requires_grad=True)
g, = torch.autograd.grad(square.apply(x).sum(), x, create_graph=True)
print(show(g), torch.autograd.grad(g.sum(), x))
class Power(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): ctx.save_for_backward(x); return x**3
    @staticmethod
    def backward(ctx, g): return Second.apply(ctx.saved_tensors[0], g)
class Second(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, g): ctx.save_for_backward(x, g); return 3 * x * x * g
    @staticmethod
    def backward(ctx, h): x, g = ctx.saved_tensors; return 6 * x * g * h, 3 * x * x * h
g, = torch.autograd.grad(Power.apply(x).sum(), x, create_graph=True)
print(show(g), torch.autograd.grad(g.sum(), x, create_graph=True))
""",
    "once differentiable": """
from importlib import import_module
once = import_module(torch.__name__ + ".autograd.function").once_differentiable
def backward(ctx, g): print(torch.is_grad_enabled()); return g * 2 * ctx.saved_tensors[0]
square = make(lambda ctx, x: (ctx.save_for_backward(x), x**2)[1], once(backward))
w = torch.ones(2, requires_grad=True)
g, = torch.autograd.grad(square.apply(x), x, w, create_graph=True)
print(show(g), type(g.grad_fn).__name__, g)
print(attempt(lambda: torch.autograd.grad(g.sum(), x)), attempt(lambda: g.sum().backward()))
print(torch.autograd.grad(square.apply(x), x, torch.ones(2), create_graph=True))
g, = torch.autograd.grad(make(lambda ctx, x, k: x**2, once(lambda ctx, g: (g, None))).apply(x, 2), x, w,
    create_graph=True)
print(show(g))
""",
    "nested": """
inner = make(lambda ctx, x: x[0], lambda ctx, g: torch.stack([g, g * 0]))
def forward(ctx, x):
    with torch.enable_grad():
        a = x.detach().requires_grad_()
        b = inner.apply(a) * 2
    ctx.save_for_backward(a, b)
    return b.detach()
def backward(ctx, g): a, b = ctx.saved_tensors; return torch.autograd.grad(b, a, g)[0]
make(forward, backward).apply(x).backward()
print(x.grad)
def recorded(ctx, x):
    with torch.enable_grad():
        return x * 2
def recorded_and_marked(ctx, x):
    with torch.enable_grad():
        y = x * 2
        ctx.mark_non_differentiable(y)
        return y
print(show(make(recorded, same_gradient).apply(x)), show(make(recorded_and_marked, same_gradient).apply(x)))
with torch.no_grad():
    print(show(make(recorded, same_gradient).apply(x)))
""",
    "old names": """
from importlib import import_module
module = import_module(torch.__name__ + ".autograd.function")
print(issubclass(module.InplaceFunction, torch.autograd.Function), issubclass(module.NestedIOFunction,
      torch.autograd.Function))
print(sorted(module.__all__), module.Function is torch.autograd.Function)
print(attempt(lambda: module.InplaceFunction(True).inplace), attempt(lambda: module.NestedIOFunction()(x)))
def forward(ctx, x): ctx.mark_shared_storage((x, x)); return x * 2
print(make(forward).apply(torch.ones(1)))
Variable = torch.autograd.Variable
w = torch.ones(1, requires_grad=True)
for call in (lambda: Variable(torch.ones(2)), lambda: Variable(torch.ones(2), requires_grad=True),
             lambda: Variable(w) is w,
             lambda: Variable(torch.ones(2), True), lambda: Variable(3), lambda: Variable(w).requires_grad,
             lambda: (Variable(w).data_ptr() == w.data_ptr(), Variable(w)._version), lambda: isinstance(w, Variable),
             lambda: issubclass(torch.Tensor, Variable), lambda: type(Variable(w)) is torch.Tensor, lambda: Variable(),
             lambda: Variable(torch.ones(2), volatile=True), lambda: Variable(torch.ones(2), False, True),
             lambda: Variable(torch.ones(2, dtype=torch.int64), requires_grad=True), lambda: Variable(data=w),
             lambda: Variable(w, requires_grad=3), lambda: Variable(w, foo=1), lambda: Variable([1, 2]),
             lambda: (Variable(w * 2).grad_fn, Variable(w * 2, True).is_leaf), lambda: Variable(None),
             lambda: torch.autograd.variable(3), lambda: torch.autograd.Variable is torch.autograd.variable.Variable):
    print(attempt(call))
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_pytorch(name: str, same: Same) -> None:
    same(PRELUDE + PROGRAMS[name])
