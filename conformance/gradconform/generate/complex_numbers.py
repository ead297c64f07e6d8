"""Generators for complex numbers: real losses, parts, conjugates, holomorphic functions, operands among real ones."""

from __future__ import annotations

from inspect import cleandoc

from gradconform.generate.spoken import spoken

_VALUES = ("[1+2j, 3-4j]", "[2+0j, -1j]", "[0j, 1+1j]", "[[1-1j, 2j], [0.5+0j, -3+4j]]", "2+1j")
_WEIGHT = ("torch.ones_like(y$n)", "torch.full_like(y$n, 1j)", "torch.full_like(y$n, 2-1j)", "y$n.detach()")

REAL_LOSS = spoken(
    cleandoc("""
        z$n = torch.tensor($values, dtype=$dtype, requires_grad=True)
        y$n = $function
        (y$n * $factor).sum().backward()
        observe(z$n, y$n)
    """),
    values=_VALUES,
    dtype=("torch.complex64", "torch.complex128"),
    function=(
        "(z$n * z$n.conj()).real",
        "z$n.real",
        "z$n.imag",
        "z$n.abs()",
        "z$n.angle()",
        "z$n.real * z$n.imag",
        "(z$n * (1+2j)).imag",
        "(z$n * z$n).real",
        "(z$n.conj() * 2).imag",
        "torch.view_as_real(z$n)",
        "(z$n + z$n.conj()).real",
        "z$n.sum().abs()",
        "(z$n.real + 1j * z$n.imag).abs()",
        "z$n.detach().real * z$n.imag",
        "z$n.abs() ** 2",
    ),
    factor=("1", "2", "-1", "0.5"),
)

HOLOMORPHIC = spoken(
    cleandoc("""
        z$n = torch.tensor($values, dtype=$dtype, requires_grad=True)
        w$n = torch.tensor($constant, dtype=$dtype, requires_grad=True)
        y$n = $function
        y$n.backward($weight)
        observe(z$n, w$n, y$n)
    """),
    values=_VALUES,
    dtype=("torch.complex64", "torch.complex128"),
    constant=("1+1j", "-2j", "3+0j", "0.5-1j"),
    function=(
        "z$n * w$n",
        "z$n * z$n",
        "z$n + w$n",
        "z$n - 2 * w$n",
        "z$n ** 2",
        "z$n ** 3 * w$n",
        "z$n.conj() * w$n",
        "z$n.sum() * w$n",
        "-z$n * (1+1j)",
        "z$n * w$n.conj() + z$n",
        "z$n * z$n.conj()",
        "z$n.clone() * 1j",
        "torch.stack([z$n, z$n * w$n])",
        "z$n.mul(w$n).neg()",
        "z$n.float_power(2) * w$n",
        "z$n.logcumsumexp(-1)",
        "(z$n * w$n).exp()",
        "z$n / (w$n + 8)",
    ),
    weight=_WEIGHT,
)

MIXED = spoken(
    cleandoc("""
        x$n = torch.tensor($reals, dtype=$real, requires_grad=True)
        z$n = torch.tensor($values, dtype=$dtype, requires_grad=True)
        y$n = $function
        y$n.backward($weight)
        observe(x$n, z$n, y$n)
    """),
    reals=("[1.0, 2.0]", "[-0.5, 4.0]", "3.0", "[0.0, 1.0]"),
    real=("torch.float32", "torch.float64"),
    values=_VALUES,
    dtype=("torch.complex64", "torch.complex128"),
    function=(
        "x$n * z$n",
        "x$n + z$n",
        "z$n - x$n",
        "x$n * z$n * x$n",
        "x$n * 1j",
        "x$n * z$n.conj()",
        "x$n.to($dtype) * z$n",
        "torch.complex(x$n, x$n * 2)",
        "(x$n * x$n) * z$n",
        "x$n * (2+1j)",
        "torch.cat([x$n.flatten(), z$n.flatten()])",
    ),
    weight=_WEIGHT,
)

REAL_PLACES = spoken(
    cleandoc("""
        x$n = torch.tensor($reals, dtype=$dtype)
        t$n = x$n.to(torch.float32).requires_grad_()
        y$n = t$n * 2
        $write
        y$n.sum().backward()
        observe(x$n, y$n, t$n)
    """),
    reals=("[1.0, 2.0]", "[3.0]", "[[0.0, 1.0], [2.0, 3.0]]"),
    dtype=("torch.float32", "torch.float64", "torch.int64", "torch.int32", "torch.uint8", "torch.bool"),
    write=(
        "torch.full_like(x$n, $number)",
        "x$n.fill_($number)",
        "y$n.fill_($number)",
        "x$n[0] = $number",
        "y$n[0] = $number",
        "x$n.masked_fill(x$n > 1, $number)",
        "y$n = y$n.masked_fill(x$n > 1, $number)",
        "torch.full((2,), $number, dtype=$dtype)",
        "x$n.new_full((2,), $number)",
    ),
    number=("1j", "2+0j", "1j", "3"),
)

PARTS = spoken(
    cleandoc("""
        x$n = torch.tensor($reals, requires_grad=True)
        z$n = torch.tensor($values, dtype=$dtype, requires_grad=True)
        c$n = z$n * 1
        $write
        observe(c$n)
        (c$n.real * 2 + c$n.imag).sum().backward()
        observe(x$n, z$n, c$n)
    """),
    reals=("2.0", "[3.0]", "-0.5"),
    values=("[1+2j, 3-4j]", "[2+0j, -1j]", "[[1-1j, 2j], [0.5+0j, -3+4j]]", "[4-2j]"),
    dtype=("torch.complex64", "torch.complex128"),
    write=(
        "c$n.real.mul_(2)",
        "c$n.imag = x$n",
        "c$n.real = x$n * x$n",
        "c$n.imag.zero_()",
        "c$n.real = $number",
        "c$n.imag = $number",
        "c$n.real[0] = $number",
        "torch.view_as_real(c$n).mul_(2)",
        "c$n.imag.copy_(c$n.real)",
        "z$n.real = $number",
        "x$n = c$n.real\nc$n.mul_(2)",
        "c$n.detach().imag.zero_()",
        "c$n.real.imag",
    ),
    number=("3.0", "2", "True", "-0.5", "1j", "None", "[1.0]", "torch.ones(3)", "torch.tensor(2.0)"),
)

CONJUGATED = spoken(
    cleandoc("""
        z$n = torch.tensor($values, dtype=$dtype, requires_grad=True)
        y$n = $function
        print(y$n is z$n, y$n.is_conj(), y$n.conj().is_conj(), y$n.resolve_conj() is y$n)
        observe(z$n, y$n)
        y$n.backward($weight)
        observe(z$n)
    """),
    values=_VALUES,
    dtype=("torch.complex64", "torch.complex128", "torch.complex64"),
    function=(
        "z$n.conj()",
        "z$n.conj().conj()",
        "z$n.conj().resolve_conj()",
        "torch.conj(z$n) * 2",
        "z$n.conj_physical()",
        "z$n.resolve_conj()",
        "z$n.conj().clone()",
        "z$n.conj() + z$n",
        "z$n.detach().conj() * z$n",
        "-z$n.conj()",
        "(z$n * 1j).conj()",
        "z$n.conj().sum()",
    ),
    weight=_WEIGHT,
)
