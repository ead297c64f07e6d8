"""One step of a recurrent network, as modules.

Details observed on PyTorch 2.13.0.
"""

from __future__ import annotations

import math
from typing import Any

from refgrad.nn import functional, init
from refgrad.nn import recurrent_texts as texts
from refgrad.nn.layers import empty
from refgrad.nn.module import Module
from refgrad.nn.parameter import Parameter
from refgrad.operators.names import FUNCTIONS
from refgrad.tensor import Tensor


class RecurrentCell(Module):
    """One step of a recurrent network; `gates` blocks of the state's size come out of input and state."""

    gates = 1

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        place = {"device": device, "dtype": dtype}
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        size = self.gates * hidden_size
        self.weight_ih = Parameter(empty((size, input_size), **place))
        self.weight_hh = Parameter(empty((size, hidden_size), **place))
        self.register_parameter("bias_ih", Parameter(empty(size, **place)) if bias else None)
        self.register_parameter("bias_hh", Parameter(empty(size, **place)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for each in self.parameters():
            init.uniform_(each, -bound, bound)

    def check_rank(self, what: str, given: Any) -> None:
        """Raise ValueError for anything but an example or a batch of them."""
        if given.dim() not in (1, 2):
            raise ValueError(texts.cell_rank(type(self).__name__, what, given.dim()))

    def check_sizes(self, input: Any, *states: Any) -> None:
        """Raise RuntimeError for sizes that are not those of the cell, or batches that differ."""
        if input.size(1) != self.input_size:
            raise RuntimeError(f"input has inconsistent input_size: got {input.size(1)} expected {self.input_size}")
        for place, state in enumerate(states):
            if state.size(0) != input.size(0):
                raise RuntimeError(texts.cell_batches(input.size(0), place, state.size(0)))
            if state.size(1) != self.hidden_size:
                raise RuntimeError(texts.cell_hidden(place, state.size(1), self.hidden_size))

    def parts(self, input: Any, state: Any) -> tuple[Any, Any]:
        from_input = functional.linear(input, self.weight_ih, self.bias_ih)
        return from_input, functional.linear(state, self.weight_hh, self.bias_hh)

    def start(self, input: Any) -> Any:
        return input.new_zeros((input.size(0), self.hidden_size))

    def single_state(self, input: Any, hx: Any) -> tuple[bool, Any, Any]:
        """Whether there is a batch, and input and state as one."""
        self.check_rank("input", input)
        if hx is not None:
            self.check_rank("hidden", hx)
        single = input.dim() == 1
        batch = input.unsqueeze(0) if single else input
        state = self.start(batch) if hx is None else hx.unsqueeze(0) if single else hx
        self.check_sizes(batch, state)
        return single, batch, state

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else f", bias={self.bias}")
        kind = getattr(self, "nonlinearity", "tanh")
        return text if kind == "tanh" else f"{text}, nonlinearity={kind}"


class RNNCell(RecurrentCell):
    """`tanh(W x + U h)`."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Any = None) -> Any:
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        single, batch, state = self.single_state(input, hx)
        one, other = self.parts(batch, state)
        made = FUNCTIONS[self.nonlinearity](one + other)
        return made.squeeze(0) if single else made


class LSTMCell(RecurrentCell):
    """Long short-term memory: input, forget, cell and output gate."""

    gates = 4

    def forward(self, input: Any, hx: Any = None) -> Any:
        self.check_rank("input", input)
        for place, each in enumerate(() if hx is None else hx):
            self.check_rank(f"hx[{place}]", each)
        single = input.dim() == 1
        batch = input.unsqueeze(0) if single else input
        if hx is None:
            state = cell = self.start(batch)
        else:
            if isinstance(hx, Tensor):
                raise TypeError(texts.LSTM_CELL_STATES)
            given = [each.unsqueeze(0) for each in hx] if single else list(hx)
            if len(given) != 2:
                raise RuntimeError("lstm_cell expects two hidden states")
            state, cell = given
        self.check_sizes(batch, state, cell)
        one, other = self.parts(batch, state)
        entry, forget, fresh, exit = (one + other).unsafe_chunk(4, 1)
        cell = forget.sigmoid() * cell + entry.sigmoid() * fresh.tanh()
        made = exit.sigmoid() * cell.tanh()
        return (made.squeeze(0), cell.squeeze(0)) if single else (made, cell)


class GRUCell(RecurrentCell):
    """Gated recurrent unit: reset, update and new."""

    gates = 3

    def forward(self, input: Any, hx: Any = None) -> Any:
        single, batch, state = self.single_state(input, hx)
        one, other = self.parts(batch, state)
        (reset_in, update_in, new_in), (reset_state, update_state, new_state) = (
            one.unsafe_chunk(3, 1),
            other.unsafe_chunk(3, 1),
        )
        reset_gate, update = (reset_in + reset_state).sigmoid(), (update_in + update_state).sigmoid()
        fresh = (new_in + reset_gate * new_state).tanh()
        made = (state - fresh) * update + fresh
        return made.squeeze(0) if single else made
