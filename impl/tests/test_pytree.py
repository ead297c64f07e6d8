"""Nested containers: how they are taken apart, compared, shown, and what transforms make of them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

HEAD = """
from collections import OrderedDict, defaultdict, deque, namedtuple
p = torch.utils._pytree
N = namedtuple("N", "a b")
class C:
    def __init__(self, a):
        self.a = a
"""

PROGRAMS = [
    """
    size, found = torch.Size([1]), torch.ones(2, 2).max(0)
    containers = [
        1, [1, 2], (1, (2,)), {"b": 1, "a": [2]}, N(1, 2), OrderedDict(x=1), defaultdict(list, a=1), deque([1, 2]),
        deque([1], maxlen=3), None, size, found, [], {}, "abc",
    ]
    for each in containers:
        leaves, spec = p.tree_flatten(each)
        print(leaves, spec, spec.num_leaves, spec.num_nodes, spec.num_children, spec.is_leaf(), spec.context)
        print(spec.type, p.tree_unflatten(leaves, spec), p.tree_leaves(each))
    """,
    """
    print(p.tree_map(lambda a, b: a + b, {"x": [1, 2], "y": 0}, {"y": 5, "x": [3, 4]}), p.tree_map_(print, [1, [2]]))
    for first, second in (([1], (2,)), ([1], 2), ([1, 2], [1]), ({"a": 1}, {"b": 1}), (1, [2]), (N(1, 2), (1, 2))):
        print(attempt(lambda: p.tree_map(lambda a, b: (a, b), first, second)))
    print(p.tree_map_only((int, str), lambda a: 0, [1, "a", 2.0]), p.map_only(int)(lambda a: a + 1)("x"))
    print(p.tree_all_only(int, lambda a: a > 0, [1, "a"]), p.tree_any_only(int, lambda a: a > 1, [1, "a"]))
    print(p.tree_flatten([(1, 2), 3], is_leaf=lambda t: isinstance(t, tuple)), list(p.tree_iter([1, [2]])))
    spec = p.tree_structure([1, 2])
    for leaves in ([1], 3, (1, 2)):
        print(attempt(lambda: p.tree_unflatten(leaves, spec)))
    print(attempt(lambda: p.tree_unflatten([1, 2], 3)), spec.children(), spec.child(0))
    print(spec == p.tree_structure([3, 4]), p._broadcast_to_and_flatten(0, spec))
    print(p.tree_structure({"b": 1, "a": 2}) == p.tree_structure({"a": 1, "b": 2}))
    """,
    """
    print(p.tree_flatten_with_path({"a": [1, (2,)], "b": N(3, 4)}), p.tree_leaves_with_path([1]))
    print([p.keystr(path) for path, _ in p.tree_flatten_with_path({"a": [1], "b": N(3, 4)})[0]])
    print(p.key_get({"a": [5]}, (p.MappingKey("a"), p.SequenceKey(0))), p.tree_map_with_path(lambda k, v: (k, v), [1]))
    """,
    """
    F = torch.func
    x = torch.ones(2)
    p.register_pytree_node(C, lambda c: ([c.a], None), lambda values, context: C(*values))
    print(attempt(lambda: p.register_pytree_node(list, lambda c: (c, None), lambda v, context: list(v))))
    print(p.tree_structure(C(1)), p.tree_map(lambda t: t * 2, [C(3)])[0].a, F.grad(lambda c: c.a.sum())(C(x)).a)
    print(F.grad(lambda d: d["a"].sum())(defaultdict(list, a=x)), F.grad(lambda d: d[0].sum())(deque([x])))
    print(F.vmap(lambda n: n.a + n.b)(N(x, x)), F.vmap(lambda t: torch.stack([t, t]).max(0))(x))
    print(F.vmap(lambda t: N(t, t))(x), F.jacrev(lambda t: OrderedDict(a=t))(x))
    """,
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs(same: Callable[[str], None], program: str) -> None:
    same(HEAD + textwrap.dedent(program))
