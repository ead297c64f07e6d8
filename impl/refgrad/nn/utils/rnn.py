"""`torch.nn.utils.rnn`: sequences of different lengths, padded to one length or packed without padding."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from refgrad import creation, dtypes
from refgrad.nn.utils import rnn_texts as texts
from refgrad.operators.declare import FUNCTION, KEEP, operator
from refgrad.operators.names import FUNCTIONS
from refgrad.signatures.attaching import public
from refgrad.signatures.built_in import built_in
from refgrad.tensor import Tensor


class PackedSequence_(NamedTuple):  # PyTorch's name
    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(PackedSequence_):
    """The elements of all sequences, step by step: `batch_sizes` says how many sequences have each step."""

    def __new__(
        cls, data: Any, batch_sizes: Any = None, sorted_indices: Any = None, unsorted_indices: Any = None
    ) -> PackedSequence:
        if batch_sizes is None:
            if not isinstance(data, (list, tuple)) or len(data) != 2:
                raise AssertionError(texts.PACKED_PAIR)
            data, batch_sizes = data
        _ = batch_sizes.device  # what is no tensor has none
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def __reduce__(self) -> Any:
        return unpickled, tuple(self)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else type(self)(data, *self[1:])

    def cpu(self, *args: Any, **kwargs: Any) -> PackedSequence:
        return self.to("cpu", *args, **kwargs)

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        return self.to("cuda", *args, **kwargs)

    def double(self) -> PackedSequence:
        return self.to(dtypes.float64)

    def float(self) -> PackedSequence:
        return self.to(dtypes.float32)

    def half(self) -> PackedSequence:
        return self.to(dtypes.float16)

    def long(self) -> PackedSequence:
        return self.to(dtypes.int64)

    def int(self) -> PackedSequence:
        return self.to(dtypes.int32)

    def short(self) -> PackedSequence:
        return self.to(dtypes.int16)

    def char(self) -> PackedSequence:
        return self.to(dtypes.int8)

    def byte(self) -> PackedSequence:
        return self.to(dtypes.uint8)

    def pin_memory(self) -> PackedSequence:
        return type(self)(self.data.pin_memory(), *self[1:])

    def is_pinned(self) -> bool:
        return bool(self.data.is_pinned())

    @property
    def is_cuda(self) -> bool:
        return False


PackedSequence.__module__ = "torch.nn.utils.rnn"
EMPTY_LIKE = public(creation.empty_like, "empty_like")


def unpickled(*parts: Any) -> PackedSequence:
    return PackedSequence(*parts)


def invert_permutation(permutation: Any) -> Any:
    """Where each number stands in a permutation."""
    if permutation is None:
        return None
    EMPTY_LIKE(permutation)  # which says that it is no tensor
    return Tensor._of(np.argsort(permutation._array, kind="stable"))


def packed_forward(a: Any, lengths: Any, batch_first: bool) -> Any:
    if lengths.ndim != 1:
        raise RuntimeError(texts.lengths_rank(lengths.ndim))
    if a.ndim < 2:
        raise IndexError("Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    if not a.size:
        raise RuntimeError("Cannot pack empty tensors.")
    steps = a.swapaxes(0, 1) if batch_first else a
    if len(lengths) != steps.shape[1]:
        raise RuntimeError(texts.lengths_count(len(lengths), steps.shape[1]))
    if (np.diff(lengths) > 0).any():
        raise RuntimeError(texts.LENGTHS_UNSORTED)
    if lengths[-1] <= 0:
        raise RuntimeError(texts.LENGTH_ZERO)
    counts = np.array([(lengths > step).sum() for step in range(int(lengths[0]))], np.int64)
    return np.concatenate([step[:count] for step, count in zip(steps, counts, strict=False)]), counts


def packed_gradient(grads: Any, input_sym_sizes: Any, result1: Any, batch_first: bool) -> Any:
    grad = grads[0]
    sizes = list(input_sym_sizes)
    if batch_first:
        sizes[:2] = sizes[1::-1]
    made, start = grad.new_zeros(tuple(sizes)), 0
    for step, count in enumerate(result1.tolist()[: sizes[0]]):
        made[step, :count] = grad[start : start + count]
        start += count
    return made.transpose(0, 1) if batch_first else made


PACKED = operator(
    "_pack_padded_sequence(Tensor input, Tensor lengths, bool batch_first) -> (result0, result1)",
    packed_forward,
    node="PackPaddedSequenceBackward0",
    gradients={"input": packed_gradient},
    dtype=KEEP,
    public=FUNCTION,
)


PACK = public(PACKED, "_pack_padded_sequence")


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """What is no padding, step by step.

    Raises RuntimeError for lengths that are zero, and for such that do not fall although `enforce_sorted`.
    """
    if not isinstance(lengths, Tensor):
        lengths = creation.tensor(lengths, dtype=dtypes.int64)
    lengths = lengths.to(dtypes.int64)
    order = None
    if not enforce_sorted:
        lengths, order = FUNCTIONS["sort"](lengths, descending=True)
        input = input.index_select(0 if batch_first else 1, order)
    data, counts = PACK(input, lengths, batch_first)
    return PackedSequence(data, counts, order)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Any]:
    """Padded sequences again, and their lengths. Raises ValueError if `total_length` is too small for them."""
    counts = sequence.batch_sizes.tolist()
    if total_length is not None and total_length < len(counts):
        raise ValueError(texts.total_length(total_length, len(counts)))
    data, start = sequence.data, 0
    shape = (total_length or len(counts), counts[0], *data.shape[1:])
    padded = creation.full(shape, padding_value, dtype=data.dtype)
    step = 0
    for count, run in itertools.groupby(counts):
        steps = len(list(run))
        part = data[start : start + steps * count]
        padded[step : step + steps, :count] = part.view((steps, count, *data.shape[1:]))
        start, step = start + steps * count, step + steps
    lengths: Any = creation.tensor([sum(count > place for count in counts) for place in range(counts[0])])
    if batch_first:
        padded = padded.transpose(0, 1)
    back = sequence.unsorted_indices
    if back is None:
        return padded, lengths
    return padded.index_select(0 if batch_first else 1, back), lengths[back]


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:
    """Sequences side by side, the shorter ones filled up. Raises RuntimeError if there are none."""
    if isinstance(sequences, Tensor):
        sequences = sequences.unbind(0)
    elif not isinstance(sequences, Iterable):
        raise RuntimeError(texts.no_sequences_of(type(sequences)))  # noqa: TRY004
    return built_in_pad_sequence(tuple(sequences), batch_first, padding_value, padding_side)


def filled_up(given: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right") -> Any:
    if not given:
        raise RuntimeError(texts.NO_SEQUENCES)
    if padding_side not in ("left", "right"):
        raise RuntimeError(texts.padding_side(padding_side))
    if not given[0].dim():
        raise RuntimeError("ArrayRef: invalid slice, N = 1; size = 0")
    longest = max(len(each) for each in given)
    sizes = (len(given), longest) if batch_first else (longest, len(given))
    padded = creation.full((*sizes, *given[0].shape[1:]), padding_value, dtype=given[0].dtype)
    for place, each in enumerate(given):
        first = longest - len(each) if padding_side == "left" else 0
        row = padded.select(0 if batch_first else 1, place)
        row.narrow(0, first, len(each)).copy_(each)
    return padded


built_in_pad_sequence = built_in(filled_up, "pad_sequence")


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences without what fills them up."""
    rows = padded_sequences if batch_first else padded_sequences.transpose_(0, 1)  # in place, as in PyTorch
    places = creation.arange(rows.shape[1], device=lengths.device)
    return [row[places < length] for row, length in zip(rows, lengths, strict=False)]


def pack_sequence(sequences: Any, enforce_sorted: bool = True) -> PackedSequence:
    """The sequences, packed."""
    lengths = creation.as_tensor([len(each) for each in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """The sequences that were packed."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]
