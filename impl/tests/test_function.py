"""Custom Functions: programs that do on refgrad what they do on PyTorch, which runs beside it."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest

Same = Callable[[str], None]

PRELUDE = """
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
"""

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
    "tangents": """
from importlib import import_module
fw = import_module(torch.__name__ + ".autograd.forward_ad")
def tell(call):
    print(attempt(call))
def mk(forward, jvp=None, backward=None, setup=None):
    return make(forward, backward, setup, **({} if jvp is None else {"jvp": staticmethod(jvp)}))
def un(t):
    made = fw.unpack_dual(t)
    return made.primal.tolist(), made.tangent if made.tangent is None else made.tangent.tolist()
p=torch.tensor([1.,2.]); t=torch.tensor([3.,4.]); x=torch.tensor([1.,2.],requires_grad=True)
with fw.dual_level():
    d=fw.make_dual(p,t); dx=fw.make_dual(x,t)
    tell(lambda: un(mk(lambda c,x:x*2,
            lambda c,g:(print(c.saved_tensors,g,fw._is_fwd_grad_enabled(),torch.is_grad_enabled()),g*2)[1]).apply(d)))
    tell(lambda: un(mk(lambda c,x:x*2, lambda c,g:g*2).apply(p)))
    tell(lambda: mk(lambda c,x:x*2).apply(d))
    tell(lambda: mk(lambda c,x:x*2).apply(p))
    with torch.no_grad(): tell(lambda: un(mk(lambda c,x:x*2, lambda c,g:g*2).apply(d)))
    tell(lambda: un(mk(lambda c,x,k:x*k, lambda c,g,k:(print(g,k),g*2)[1]).apply(d,2.)))
    tell(lambda: un(mk(lambda c,x,k:x*k, lambda c,g,k:(print(g,k),g*2)[1]).apply(d,torch.ones(2))))
    tell(lambda: un(mk(lambda c,x,k:(c.set_materialize_grads(False),x*k)[1],
            lambda c,g,k:(print(g,k),g*2)[1]).apply(d,torch.ones(2))))
    tell(lambda: [un(z) for z in mk(lambda c,x:(x*2,x*3), lambda c,g:(g*2,g*3)).apply(d)])
    tell(lambda: [un(z) for z in mk(lambda c,x:(x*2,x*3), lambda c,g:(g*2,None)).apply(d)])
    tell(lambda: [un(z) for z in mk(lambda c,x:(x*2,x*3), lambda c,g:g*2).apply(d)])
    tell(lambda: un(mk(lambda c,x:x*2, lambda c,g:(g,g)).apply(d)))
    tell(lambda: un(mk(lambda c,x:x*2, lambda c,g:None).apply(d)))
    tell(lambda: un(mk(lambda c,x:x*2, lambda c,g:3).apply(d)))
    tell(lambda: un(mk(lambda c,x:x*2, lambda c,g:torch.ones(5)).apply(d)))
    tell(lambda: un(mk(lambda c,x:x*2, lambda c,g:g.double()).apply(d)))
    tell(lambda: un(mk(lambda c,x:(x*2,x.argmax()), lambda c,g:(g*2,None)).apply(d)[0]))
    tell(lambda: un(mk(lambda c,x:(x*2,x.argmax()), lambda c,g:(g*2,g)).apply(d)[0]))
    tell(lambda: un(mk(lambda c,x:(x*2,'a'), lambda c,g:(g*2,None)).apply(d)[0]))
    tell(lambda: un(mk(lambda c,x:(x*2,'a'), lambda c,g:(g*2,g)).apply(d)[0]))
    tell(lambda: un(mk(lambda c,x:(c.save_for_forward(x,None),x*2)[1],
            lambda c,g:(print(c.saved_tensors),g*2)[1]).apply(d)))
    tell(lambda: un(mk(lambda c,x:(c.save_for_backward(x),x*2)[1],
            lambda c,g:(print(c.saved_tensors),g*2)[1]).apply(d)))
    tell(lambda: un(mk(lambda c,x:(c.save_for_backward(x),c.save_for_forward(x,x),x*2)[2],
            lambda c,g:(print(len(c.saved_tensors)),g*2)[1]).apply(dx)))
    def both(c,x): c.save_for_backward(x); c.save_for_forward(x,x); return x*2
    F=mk(both, lambda c,g:(print(len(c.saved_tensors),c.saved_for_forward is None),g*2)[1],
            lambda c,g:(print(len(c.saved_tensors)),g*2)[1])
    z=F.apply(dx); tell(lambda: un(z)); tell(lambda: z.sum().backward()); print(x.grad)
    tell(lambda: un(mk(lambda c,x:x, lambda c,g:g).apply(d)))
    tell(lambda: un(mk(lambda c,x:x, lambda c,g:g.view_as(g)).apply(d)))
    tell(lambda: un(mk(lambda c,x:x, lambda c,g:g*1).apply(d)))
    tell(lambda: un(mk(lambda c,x:x.view(-1), lambda c,g:g.view(-1)).apply(d)))
    tell(lambda: un(mk(lambda c,x:x.view(-1), lambda c,g:g*1).apply(d)))
    tell(lambda: un(mk(lambda c,x:x.view(-1), lambda c,g:torch.ones(2).view(-1)).apply(d)))
    def ip(c,x): c.mark_dirty(x); return x.mul_(2)
    for j in (lambda c,g:g.mul_(2), lambda c,g:g*2, lambda c,g:g, lambda c,g:g.mul_(2).clone()):
        e=fw.make_dual(p.clone(),t.clone()); tell(lambda: (un(mk(ip,j).apply(e)),un(e)))
    tell(lambda: un(mk(lambda c,x,y:(c.mark_dirty(x),x.mul_(y))[1],
            lambda c,g,h:(print(g,h),h)[1]).apply(p.clone(),d)))
    tell(lambda: un(mk(lambda c,x:(lambda y:(c.mark_non_differentiable(y),y)[1])(x*2), lambda c,g:None).apply(d)))
    tell(lambda: un(mk(lambda c,x:(lambda y:(c.mark_non_differentiable(y),y)[1])(x*2), lambda c,g:g).apply(d)))
    z=mk(lambda c,x:x*2, lambda c,g:g*2,lambda c,g:g*2).apply(dx); tell(lambda: (fw.unpack_dual(z).tangent.grad_fn,
            z.grad_fn.name()))
    tell(lambda: un(mk(lambda x:x*2, lambda c,g:g*c.k, setup=lambda c,i,o: (setattr(c,'k',2),
            c.save_for_forward(i[0]), print(un(i[0]),un(o)))).apply(d)))
    tell(lambda: un(mk(lambda c,x:(print(un(x)),x*2)[1], lambda c,g:g*2).apply(d)))
    with fw._set_fwd_grad_enabled(False): tell(lambda: un(mk(lambda c,x:x*2, lambda c,g:g*2).apply(d)))
    tell(lambda: un(mk(lambda c,x:(x*2,x*2), lambda c,g:[g,g]).apply(d)))
""",
    "parameters and copies": """
import copy
def tell(call):
    print(attempt(call))
P=torch.nn.Parameter
x=torch.ones(2); p=P(x)
with torch.no_grad(): p.add_(1)
print(x._version,p._version,x.tolist(),p._base is None, p.is_leaf, p.grad, p.requires_grad)
q=copy.deepcopy(p); print(type(q).__name__, q.requires_grad,q._version, q)
(p*2).sum().backward(); print(p.grad, type(p.grad).__name__)
q=copy.deepcopy(p); print(q.grad)
y=torch.ones(2,requires_grad=True)*2
for f in (lambda: P(y).grad_fn, lambda: P(), lambda: P(torch.ones(2,dtype=torch.int64)),
        lambda: P(torch.ones(2,dtype=torch.int64),requires_grad=False), lambda: P(3),
        lambda: type(P(x)*2).__name__, lambda: isinstance(x,P), lambda: isinstance(p,torch.Tensor),
        lambda: P(P(x)), lambda: P(x).data, lambda: type(P(x).detach()).__name__, lambda: P(x)[0],
        lambda: P(requires_grad=False), lambda: P(data=x), lambda: type(P(x).requires_grad_()).__name__,
        lambda: P([1.]), lambda: P.__name__, lambda: str(P(torch.ones(1,1))), lambda: f"{P(torch.ones(1))}",
        lambda: P(x,3), lambda: P(x,1,2), lambda: p.grad_fn, lambda: p.add_(1), lambda: p.data.add_(1),
        lambda: p._version, lambda: setattr(p,'data',torch.zeros(2)), lambda: p, lambda: type(p.clone()).__name__,
        lambda: type(p.view(2)).__name__): print(attempt(f))
with torch.inference_mode(): p=P(torch.ones(2)); print(p.is_inference(),p.requires_grad); p=P(x)
print(p.is_inference(),p.requires_grad)
d=torch.detach_copy(y); print(d.grad_fn.name(), d.requires_grad,

               d.grad_fn.next_functions[0][0].name())
tell(lambda: d.sum().backward())
print(torch.detach_copy(x).requires_grad, d.data_ptr()==y.data_ptr())
with torch.no_grad(): print(torch.detach_copy(y).requires_grad)
tell(lambda: torch.detach_copy(3))
print(torch.detach(y).requires_grad); tell(lambda: torch.detach(3)); tell(lambda: torch.detach_(y).is_leaf)
""",
    "in transforms": """
def tell(call):
    print(attempt(call))
class Sq(torch.autograd.Function):
    @staticmethod
    def forward(x): return x*x
    @staticmethod
    def setup_context(ctx,inputs,output): ctx.save_for_backward(inputs[0]); ctx.save_for_forward(inputs[0])
    @staticmethod
    def backward(ctx,g): return g*2*ctx.saved_tensors[0]
    @staticmethod
    def jvp(ctx,t): return t*2*ctx.saved_tensors[0]
class SqR(Sq): generate_vmap_rule=True
class SqV(Sq):
    @staticmethod
    def vmap(info,in_dims,x): print(info.batch_size,info.randomness,in_dims); return SqV.apply(x), in_dims[0]
class Old(torch.autograd.Function):
    @staticmethod
    def forward(ctx,x): return x*x
    @staticmethod
    def backward(ctx,g): return g
class Both(SqV): generate_vmap_rule=True
f=torch.func
x=torch.tensor([1.,2.,3.]); s=torch.tensor(3.)
tell(lambda: f.grad(Sq.apply)(s)); tell(lambda: f.grad(f.grad(Sq.apply))(s))
tell(lambda: f.vjp(Sq.apply,x)[1](torch.ones(3))); tell(lambda: f.jvp(Sq.apply,(x,),(torch.ones(3),)))
tell(lambda: f.jacrev(Sq.apply)(x)); tell(lambda: f.jacfwd(Sq.apply)(x))
tell(lambda: f.hessian(lambda x: Sq.apply(x).sum())(x))
for C in (Sq,SqR,SqV,Old,Both):

           tell(lambda: f.vmap(C.apply)(x)); tell(lambda: f.vmap(f.grad(C.apply))(x))
           tell(lambda: f.grad(lambda x: f.vmap(C.apply)(x).sum())(x)); tell(lambda: f.grad(C.apply)(s))
           tell(lambda: f.jacrev(C.apply)(x));tell(lambda: f.jacfwd(C.apply)(x))
           tell(lambda: f.vmap(C.apply,in_dims=1,out_dims=1)(torch.ones(2,3)*2))
           tell(lambda: f.vmap(lambda x,y: C.apply(y)+x,in_dims=(0,None))(x,s))
class Mul(torch.autograd.Function):
    generate_vmap_rule=True
    @staticmethod
    def forward(x,y): return x*y, x+y
    @staticmethod
    def setup_context(ctx,inputs,output): ctx.save_for_backward(*inputs); ctx.save_for_forward(*inputs)
    @staticmethod
    def backward(ctx,g,h): x,y=ctx.saved_tensors; return g*y+h,g*x+h
    @staticmethod
    def jvp(ctx,t,u): x,y=ctx.saved_tensors; return t*y+u*x,t+u
tell(lambda: f.vmap(Mul.apply,in_dims=(0,None))(x,s))
tell(lambda: f.grad(lambda x,y: sum(z.sum() for z in f.vmap(Mul.apply,in_dims=(0,None))(x,y)),argnums=(0,1))(x,s))
tell(lambda: f.vmap(f.grad(lambda x,y: Mul.apply(x,y)[0]),in_dims=(0,None))(x,s))
tell(lambda: f.jvp(lambda x: Mul.apply(x,x),(x,),(x,)))
xr=torch.tensor([1.,2.,3.],requires_grad=True)
y=f.vmap(Mul.apply,in_dims=(0,None))(xr,s)
tell(lambda: (y[0].requires_grad, torch.autograd.grad(y[0].sum()+y[1].sum(),xr)))
tell(lambda: f.vmap(lambda x: Mul.apply(x,x))(xr)[0].grad_fn is not None)
""",
    "rules for vmap": """
def tell(call):
    print(attempt(call))
f=torch.func
x=torch.ones(3,2); s=torch.tensor(3.)
def mk(v, fw=lambda x: x*2):
    class G(torch.autograd.Function):
        @staticmethod
        def forward(x): return fw(x)
        @staticmethod
        def setup_context(ctx,i,o): pass
        @staticmethod
        def backward(ctx,*g): return g[0]*2
        vmap=staticmethod(v)
    return G
for v in (lambda i,d,x: (x,(0,0)), lambda i,d,x: (x,0,0), lambda i,d,x: ((x,x),0), lambda i,d,x: ((x,x),(0,None)),
        lambda i,d,x: ((x,x),(0,)), lambda i,d,x: (x,'a'), lambda i,d,x: (x,None), lambda i,d,x: [x,0],
                lambda i,d,x: (x*2,0), lambda i,d,x:((x,3),(0,None)), lambda i,d,x:((x,[x]),(0,[0])),
                lambda i,d,x:((x,[x]),0), lambda i,d,x: (x.sum(),None), lambda i,d,x: ([x,x],0)):
    tell(lambda: f.vmap(mk(v).apply)(x))
class L(torch.autograd.Function):
    generate_vmap_rule=True
    @staticmethod
    def forward(x,k=2.,*rest): return x*k
    @staticmethod
    def setup_context(ctx,inputs,output):
        ctx.k=inputs[1]
        ctx.set_materialize_grads(False)
        print(ctx.needs_input_grad, inputs[0].shape)
    @staticmethod
    def backward(ctx,g): return g*ctx.k,None
tell(lambda: f.vmap(L.apply)(x)); tell(lambda: f.vmap(lambda x: L.apply(x,k=3.))(x))
tell(lambda: f.vmap(f.grad(lambda x: L.apply(x).sum()))(x)); tell(lambda: f.vmap(f.vmap(L.apply))(x))
tell(lambda: f.jvp(L.apply,(x,),(x,)))
class NB(torch.autograd.Function):
    generate_vmap_rule=True
    @staticmethod
    def forward(x,y): return x*y
    @staticmethod
    def setup_context(ctx,inputs,output): ctx.save_for_backward(*inputs,output,None)
    @staticmethod
    def backward(ctx,g): x,y,o,n=ctx.saved_tensors; print(x.shape,y.shape,o.shape,n); return g*y, g*x
tell(lambda: f.grad(lambda x,y: f.vmap(NB.apply,in_dims=(0,None))(x,y).sum(),argnums=(0,1))(x,torch.ones(2)))
tell(lambda: f.grad(lambda x,y: f.vmap(NB.apply,in_dims=(1,0),out_dims=1)(x,y).sum(),argnums=(0,1))(x,torch.ones(2)))
tell(lambda: f.grad(lambda x,y: f.vmap(NB.apply,in_dims=(0,0))(x,y).sum(),argnums=(0,1))(x,torch.ones(3)))
def hook(x): return NB.apply(x,x)
tell(lambda: f.vmap(f.grad(lambda x: hook(x).sum()))(x)); tell(lambda: f.jacrev(hook)(torch.ones(2)))
tell(lambda: f.hessian(lambda x: hook(x).sum())(torch.ones(2)))
class Dirty(torch.autograd.Function):
    @staticmethod
    def forward(x): return x.mul_(2)
    @staticmethod
    def setup_context(ctx,inputs,output): ctx.mark_dirty(inputs[0])
    @staticmethod
    def backward(ctx,g): return g*2
tell(lambda: f.grad(lambda x: Dirty.apply(x.clone()).sum())(x))
tell(lambda: f.grad(lambda x: Dirty.apply(x).sum())(x.clone()))
class View(torch.autograd.Function):
    @staticmethod
    def forward(x): return x
    @staticmethod
    def setup_context(ctx,inputs,output): print(inputs[0] is output)
    @staticmethod
    def backward(ctx,g): return g*5
tell(lambda: f.grad(lambda x: View.apply(x).sum())(x)); tell(lambda: f.grad(lambda x: View.apply(x).mul_(2).sum())(x))
class ND(torch.autograd.Function):
    @staticmethod
    def forward(x): return x*2,x*3
    @staticmethod
    def setup_context(ctx,inputs,output): ctx.mark_non_differentiable(output[1])
    @staticmethod
    def backward(ctx,g,h): print(h); return g*2
tell(lambda: f.grad(lambda x: sum(t.sum() for t in ND.apply(x)))(x))
class Old(torch.autograd.Function):
    @staticmethod
    def forward(ctx,x): return x*2
    @staticmethod
    def backward(ctx,g): return g*2
y=torch.ones(2,requires_grad=True)
tell(lambda: torch.autograd.grad(Old.apply(y),y,torch.eye(2),is_grads_batched=True))
""",
}


@pytest.fixture(scope="module", autouse=True)
def forward_mode_loaded() -> None:
    """PyTorch loads a part of itself at the first tangent, with warnings of its own."""
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.func.jvp(torch.exp, (torch.ones(1),), (torch.ones(1),))


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_pytorch(name: str, same: Same) -> None:
    same(PRELUDE + PROGRAMS[name])


def test_a_tangent_of_integers_is_refused(same: Callable[[str], None]) -> None:
    same("""
        import importlib
        fw = importlib.import_module(torch.__name__ + ".autograd.forward_ad")
        def tangent(made):
            class J(torch.autograd.Function):
                forward = staticmethod(lambda ctx, a: a * 2)
                jvp = staticmethod(lambda ctx, t: made(t))
            with fw.dual_level():
                return fw.unpack_dual(J.apply(fw.make_dual(torch.ones(2), torch.ones(2))))
        print(attempt(lambda: tangent(lambda t: t.long())), attempt(lambda: tangent(lambda t: t.bool())))
        print(attempt(lambda: tangent(lambda t: t * 3)))
    """)
