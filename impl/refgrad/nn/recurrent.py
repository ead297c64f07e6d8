"""Recurrent networks: layers of cells that walk over a sequence, forwards and if wanted backwards."""

from __future__ import annotations

import math
import warnings
from typing import Any

from refgrad.nn import functional, init
from refgrad.nn import recurrent_texts as texts
from refgrad.nn.layers import empty
from refgrad.nn.module import Module
from refgrad.nn.parameter import Parameter
from refgrad.nn.utils.rnn import PackedSequence
from refgrad.operators.names import FUNCTIONS

GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}
"""How many states' worth of numbers each kind computes in a step."""


class RNNBase(Module):
    """What the three kinds have in common; each says how a state follows from another."""

    with_cell = False

    def __init__(
        self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: Any = 0.0, bidirectional: bool = False, proj_size: int = 0,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        place = {"device": device, "dtype": dtype}
        self.mode = mode
        share = float(dropout)
        if isinstance(dropout, bool) or not isinstance(dropout, (int, float)) or not 0 <= dropout <= 1:
            raise ValueError(texts.DROPOUT)
        if dropout > 0 and num_layers == 1:
            warnings.warn(texts.dropout_of_one_layer(dropout), stacklevel=2)
        for name, value in (("input_size", input_size), ("hidden_size", hidden_size)):
            if not isinstance(value, int):
                raise TypeError(f"{name} should be of type int, got: {type(value).__name__}")
        if input_size <= 0:
            raise ValueError(texts.INPUT_SIZE)
        if hidden_size <= 0:
            raise ValueError(texts.HIDDEN_SIZE)
        if num_layers <= 0:
            raise ValueError(texts.LAYERS)
        if proj_size < 0:
            raise ValueError(texts.NEGATIVE_PROJECTION)
        if proj_size >= hidden_size:
            raise ValueError(texts.PROJECTION)
        self.input_size, self.hidden_size, self.num_layers, self.bias = input_size, hidden_size, num_layers, bias
        self.batch_first, self.dropout, self.bidirectional = batch_first, share, bidirectional
        self.proj_size = proj_size
        if mode not in GATES:
            raise ValueError(f"Unrecognized RNN mode: {mode}")
        state = proj_size or hidden_size
        rows = GATES[mode] * hidden_size if GATES[mode] > 1 else hidden_size
        for layer in range(num_layers):
            width = input_size if layer == 0 else state * (2 if bidirectional else 1)
            for suffix in self.suffixes(layer):
                setattr(self, f"weight_ih{suffix}", Parameter(empty((rows, width), **place)))
                setattr(self, f"weight_hh{suffix}", Parameter(empty((rows, state), **place)))
                if bias:
                    setattr(self, f"bias_ih{suffix}", Parameter(empty(rows, **place)))
                    setattr(self, f"bias_hh{suffix}", Parameter(empty(rows, **place)))
                if proj_size:
                    setattr(self, f"weight_hr{suffix}", Parameter(empty((proj_size, hidden_size), **place)))
        self.reset_parameters()

    def suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"][: 2 if self.bidirectional else 1]

    def reset_parameters(self) -> None:
        bound = 1.0 / math.sqrt(self.hidden_size)
        for each in self.parameters():
            init.uniform_(each, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: the memory of parameters has no order here."""

    @property
    def all_weights(self) -> list[list[Any]]:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
        return [
            [getattr(self, name + suffix) for name in names if hasattr(self, name + suffix)]
            for layer in range(self.num_layers)
            for suffix in self.suffixes(layer)
        ]

    def step(self, from_input: Any, state: Any, from_state: Any) -> Any:
        """The state that follows."""
        raise NotImplementedError

    def check(self, input: Any, hx: Any) -> None:
        """Raises ValueError or RuntimeError for sizes and types that do not fit."""
        kind = type(self).__name__
        if input.dim() not in (2, 3):
            raise ValueError(texts.rank(kind, input.dim()))
        places = (0, 1) if self.with_cell else (None,)
        states: list[Any] = []
        ranks = []
        for place in () if hx is None else places:
            states.append(hx if place is None else hx[place])
            ranks.append(states[-1].dim())
        if any(rank != input.dim() for rank in ranks):
            raise RuntimeError(texts.state_ranks(input.dim(), ranks))
        if input.dtype is not self.weight_ih_l0.dtype:
            raise ValueError(texts.types(input.dtype, self.weight_ih_l0.dtype))
        if input.shape[-1] != self.input_size:
            raise RuntimeError(texts.width(self.input_size, input.shape[-1]))
        batch = input.shape[0 if self.batch_first else 1] if input.dim() == 3 else 1
        wanted = [self.proj_size or self.hidden_size, self.hidden_size]
        named = ("hidden[0]", "hidden[1]") if self.with_cell else ("hidden",)
        for name, state, width in zip(named, states, wanted, strict=False):
            size = (self.num_layers * (2 if self.bidirectional else 1), batch, width)
            given = list(state.shape) if input.dim() == 3 else [state.shape[0], 1, state.shape[1]]
            if tuple(given) != size:
                raise RuntimeError(texts.state(name, size, given))
        if hx is not None and self.with_cell and len(hx) != 2:
            raise RuntimeError("lstm expects two hidden states")
        if not input.shape[1 if self.batch_first and input.dim() == 3 else 0]:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")

    def forward(self, input: Any, hx: Any = None) -> Any:
        """All outputs of the last layer, and the last state of every layer."""
        if isinstance(input, PackedSequence):
            return self.forward_packed(input, hx)
        self.check(input, hx)
        single = input.dim() == 2
        if single:
            input = input.unsqueeze(0 if self.batch_first else 1)
            if hx is not None:
                hx = tuple(each.unsqueeze(1) for each in hx) if self.with_cell else hx.unsqueeze(1)
        sequence = input.transpose(0, 1) if self.batch_first else input
        starts = self.starts(sequence, hx)
        ends: list[Any] = []
        for layer in range(self.num_layers):
            outputs = []
            for suffix in self.suffixes(layer):
                made, end = self.walk(sequence, starts[len(ends)], suffix)
                outputs.append(made)
                ends.append(end)
            sequence = FUNCTIONS["cat"](outputs, 2) if len(outputs) > 1 else outputs[0]
            if self.dropout and layer < self.num_layers - 1:
                sequence = functional.dropout(sequence, self.dropout, self.training)
        last = self.gathered(ends)
        if self.batch_first:
            sequence = sequence.transpose(0, 1)
        if single:
            sequence = sequence.squeeze(0 if self.batch_first else 1)
            last = tuple(each.squeeze(1) for each in last) if self.with_cell else last.squeeze(1)
        return sequence, last

    def forward_packed(self, packed: PackedSequence, hx: Any) -> Any:
        """The same of sequences without padding: in each step fewer of them go on."""
        counts = packed.batch_sizes.tolist()
        sequence = packed.data
        if hx is not None and packed.sorted_indices is not None:
            hx = self.reordered(hx, packed.sorted_indices)
        starts = self.starts(sequence.unsqueeze(0)[:, : counts[0]], hx)
        ends: list[Any] = []
        for layer in range(self.num_layers):
            outputs = []
            for suffix in self.suffixes(layer):
                made, end = self.walk_packed(sequence, counts, starts[len(ends)], suffix)
                outputs.append(made)
                ends.append(end)
            sequence = FUNCTIONS["cat"](outputs, 1) if len(outputs) > 1 else outputs[0]
            if self.dropout and layer < self.num_layers - 1:
                sequence = functional.dropout(sequence, self.dropout, self.training)
        last = self.gathered(ends)
        if packed.unsorted_indices is not None:
            last = self.reordered(last, packed.unsorted_indices)
        return PackedSequence(sequence, *packed[1:]), last

    def reordered(self, states: Any, order: Any) -> Any:
        if self.with_cell:
            return tuple(each.index_select(1, order) for each in states)
        return states.index_select(1, order)

    def starts(self, sequence: Any, hx: Any) -> list[Any]:
        """The first state of every layer and direction."""
        count = self.num_layers * (2 if self.bidirectional else 1)
        if hx is None:
            state = sequence.new_zeros((count, sequence.shape[1], self.proj_size or self.hidden_size))
            hx = (state, sequence.new_zeros((count, sequence.shape[1], self.hidden_size))) if self.with_cell else state
        if self.with_cell:
            return list(zip(hx[0].unbind(0), hx[1].unbind(0), strict=True))
        return list(hx.unbind(0))

    def gathered(self, ends: list[Any]) -> Any:
        stack = FUNCTIONS["stack"]
        if self.with_cell:
            return stack([each[0] for each in ends], 0), stack([each[1] for each in ends], 0)
        return stack(ends, 0)

    def walk(self, sequence: Any, state: Any, suffix: str) -> tuple[Any, Any]:
        """One layer in one direction: the outputs, and the last state."""
        backwards = suffix.endswith("reverse")
        parts = self.of_input(sequence, suffix).unbind(0)
        outputs = []
        for part in reversed(parts) if backwards else parts:
            state = self.next_state(part, state, suffix)
            outputs.append(state[0] if self.with_cell else state)
        return FUNCTIONS["stack"](outputs[::-1] if backwards else outputs, 0), state

    def walk_packed(self, sequence: Any, counts: list[int], start: Any, suffix: str) -> tuple[Any, Any]:
        """The same, where step `i` has `counts[i]` sequences, the first ones."""
        backwards = suffix.endswith("reverse")
        parts = self.of_input(sequence, suffix).split(counts, 0)
        state, ended, outputs = self.part(start, 0, counts[-1] if backwards else counts[0]), [], []
        for part in reversed(parts) if backwards else parts:
            held, going = len(state[0] if self.with_cell else state), len(part)
            if going < held:
                ended.append(self.part(state, going, held))
                state = self.part(state, 0, going)
            elif going > held:
                state = self.joined([state, self.part(start, held, going)])
            state = self.next_state(part, state, suffix)
            outputs.append(state[0] if self.with_cell else state)
        made = FUNCTIONS["cat"](outputs[::-1] if backwards else outputs, 0)
        return made, self.joined([state, *reversed(ended)]) if ended else state

    def part(self, state: Any, start: int, stop: int) -> Any:
        """The states of some of the sequences."""
        if self.with_cell:
            return tuple(each.narrow(0, start, stop - start) for each in state)
        return state.narrow(0, start, stop - start)

    def joined(self, states: list[Any]) -> Any:
        cat = FUNCTIONS["cat"]
        return tuple(cat(list(each), 0) for each in zip(*states, strict=True)) if self.with_cell else cat(states, 0)

    def of_input(self, sequence: Any, suffix: str) -> Any:
        """What the inputs of all steps contribute."""
        return functional.linear(sequence, getattr(self, f"weight_ih{suffix}"), getattr(self, f"bias_ih{suffix}", None))

    def next_state(self, part: Any, state: Any, suffix: str) -> Any:
        shown = state[0] if self.with_cell else state
        bias = getattr(self, f"bias_hh{suffix}", None)
        state = self.step(part, state, functional.linear(shown, getattr(self, f"weight_hh{suffix}"), bias))
        projection = getattr(self, f"weight_hr{suffix}", None)
        return state if projection is None else (state[0].matmul(projection.t()), state[1])

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        usual = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
                 "bidirectional": False}  # fmt: skip
        for name, value in usual.items():
            if getattr(self, name) != value:
                text += f", {name}={getattr(self, name)}"
        return text


class RNN(RNNBase):
    """`tanh(W x + U h)` in every step, or a rectifier in the place of the tangent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError(texts.PROJECTION_WITHOUT_CELL)
        if len(args) > 3:
            self.nonlinearity, args = args[3], (*args[:3], *args[4:])
        else:
            self.nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if self.nonlinearity not in ("tanh", "relu"):
            raise ValueError(texts.nonlinearity(self.nonlinearity))
        super().__init__(f"RNN_{self.nonlinearity.upper()}", *args, **kwargs)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return super().forward(input, hx)

    def step(self, from_input: Any, state: Any, from_state: Any) -> Any:
        return FUNCTIONS[self.nonlinearity](from_state + from_input)


class LSTM(RNNBase):
    """Long short-term memory."""

    with_cell = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return super().forward(input, hx)

    def step(self, from_input: Any, state: Any, from_state: Any) -> Any:
        entry, forget, fresh, exit = (from_state + from_input).unsafe_chunk(4, 1)
        cell = forget.sigmoid() * state[1] + entry.sigmoid() * fresh.tanh()
        return exit.sigmoid() * cell.tanh(), cell


class GRU(RNNBase):
    """Gated recurrent units."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError(texts.PROJECTION_WITHOUT_CELL)
        super().__init__("GRU", *args, **kwargs)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return super().forward(input, hx)

    def step(self, from_input: Any, state: Any, from_state: Any) -> Any:
        one, other = from_input.unsafe_chunk(3, 1), from_state.unsafe_chunk(3, 1)
        reset, update = (other[0] + one[0]).sigmoid(), (other[1] + one[1]).sigmoid()
        fresh = (one[2] + other[2] * reset).tanh()
        return (state - fresh) * update + fresh
