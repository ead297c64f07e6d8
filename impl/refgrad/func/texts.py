"""What PyTorch says about the transforms of `torch.func`."""

from __future__ import annotations

from typing import Any

JVP = "jvp(f, primals, tangents)"
GRAD = "grad_and_value(f)(*args)"
VJP = "vjp(f, *primals)"

# ---- arguments ----------------------------------------------------------------------------------------------------


def no_tensor_given(kind: type) -> str:
    return f"Thing passed to transform API must be Tensor, got {kind}"


def unsupported_type(kind: type) -> str:
    return f"Expected tensors, got unsupported type {kind}"


def argnums_type(kind: type) -> str:
    return f"argnums must be int or Tuple[int, ...], got: {kind}"


def argnum_type(kind: type) -> str:
    return f"argnum must be int, got: {kind}"


ARGNUMS_EMPTY = "argnums must be non-empty"


def argnums_twice(argnums: object) -> str:
    return f"argnums elements must be unique, got {argnums}"


def argnum_range(argnum: int, count: int) -> str:
    return f"Got argnum={argnum}, but only {count} positional inputs"


def complex_tensor(name: str, what: str, place: int) -> str:
    return f"{name}: Expected all {what} to be real but received complex tensor at flattened input idx: {place}"


CHUNK_OF_JACREV = "jacrev: `chunk_size` should be greater than 0."

SAVED_HOOKS = (
    "torch.func.{grad, vjp, jacrev, hessian} don't yet support saved tensor hooks. Please open an issue with your use"
    " case."
)

# ---- results ------------------------------------------------------------------------------------------------------


def no_aux(name: str) -> str:
    return f"{name}: output of function f should be a tuple: (output, aux) if has_aux is True"


def result_is_no_tensor(kind: type) -> str:
    return f"{GRAD}: Expected f(*args) to return a Tensor, got {kind}"


def result_is_no_scalar(dims: int) -> str:
    return (
        f"{GRAD}: Expected f(*args) to return a scalar Tensor, got tensor with {dims} dims. Maybe you wanted to use the"
        " vjp or jacrev APIs instead?"
    )


def empty_result(name: str, result: Any) -> str:
    return f"{name}: Expected f to be a function that has non-empty output (got output = {result})"


def results_no_tensors(name: str, kind: type) -> str:
    return f"{name}: expected f(*primals) to return only tensors, got unsupported type {kind}"


def result_type(kind: object) -> str:
    return f"vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got Tensor with dtype {kind}"


def cotangent_structure(cotangents: str, outputs: str) -> str:
    return (
        "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function."
        f" cotangents: {cotangents}, primal output: {outputs}"
    )


# ---- jvp ----------------------------------------------------------------------------------------------------------

PRIMALS_NO_TUPLE = f"{JVP}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals)."
INDEPENDENT = (
    "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not allowed with"
    " strict=True."
)


def tangent_structure(primals: object, tangents: object) -> str:
    return (
        f"{JVP}: Expected primals and tangents to have the same python structure. For example, if primals is a tuple of"
        f" 3 tensors, tangents also must be. Got primals with structure {primals} and tangents with structure"
        f" {tangents}"
    )


def no_tensors_given(what: str) -> str:
    return f"{JVP}: Expected {what} to contain at least one Tensor."


def other_than_tensors(what: str, kind: type) -> str:
    return f"{JVP}: Expected {what} to only contain Tensors, got {kind}"


def linear_structure(tangents: object, primals: object) -> str:
    return f"Expected the tangents {tangents} to have the same argspec as the primals {primals}"


def linear_tangent(place: int, what: str, got: object, wanted: object) -> str:
    return (
        f"tangent:{place} with {what} {got} in flattened pytree doesn't match the {what} {wanted} of the corresponding"
        " primal."
    )


# ---- functionalize and linearize ----------------------------------------------------------------------------------


def unknown_removal(remove: object) -> str:
    return (
        f"functionalize(f, remove='mutations'): received invalid argument for remove={remove}. Valid options are:\n"
        "     remove='mutations': all inplace and out= operators will be removed from the program, and replaced with"
        " their out-of-place equivalents.\n"
        "     remove='mutations_and_views': In addition to the above, all aliasing operators {view} will be replaced"
        " with their non-aliasing counterparts, {view}_copy.\n"
    )


TRACED_CONSTANT = (
    "Attempted to insert a get_attr Node with no underlying reference in the owning GraphModule! Call"
    " GraphModule.add_submodule to add the necessary submodule, GraphModule.add_parameter to add the necessary"
    " Parameter, or nn.Module.register_buffer to add the necessary buffer"
)


# ---- vmap ---------------------------------------------------------------------------------------------------------


def randomness(value: object) -> str:
    return f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {value}"


def chunk_size(value: object) -> str:
    return f"vmap: chunk_size should be None or greater than 0. (got {value})"


def out_dims_kind(name: str, out_dims: object) -> str:
    return (
        f"vmap({name}, ..., out_dims={out_dims}): `out_dims` must be an int, None or a python collection of ints"
        " representing where in the outputs the vmapped dimension should appear."
    )


def in_dims_kind(name: str, in_dims: object) -> str:
    return (
        f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): expected `in_dims` to be int or a (potentially nested) tuple"
        f" matching the structure of inputs, got: {type(in_dims)}."
    )


def no_inputs(name: str) -> str:
    return (
        f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a"
        " function with no inputs. The latter is unsupported."
    )


def in_dims_structure(name: str, in_dims: object, given: object, wanted: object) -> str:
    return (
        f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): in_dims is not compatible with the structure of `inputs`."
        f" in_dims has structure {given} but inputs has structure {wanted}."
    )


def in_dim_kind(name: str, in_dims: object, dim: object) -> str:
    return (
        f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): Got in_dim={dim} for an input but in_dim must be either an"
        " integer dimension or None."
    )


def in_dim_no_tensor(name: str, in_dims: object, dim: object, kind: type) -> str:
    return (
        f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): Got in_dim={dim} for an input but the input is of type"
        f" {kind}. We cannot vmap over non-Tensor arguments, please use None as the respective in_dim"
    )


def in_dim_range(name: str, in_dims: object, dim: object, ndim: int) -> str:
    return (
        f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): Got in_dim={dim} for some input, but that input is a Tensor"
        f" of dimensionality {ndim} so expected in_dim to satisfy -{ndim} <= in_dim < {ndim}."
    )


NOTHING_TO_MAP = "vmap: Expected at least one Tensor to vmap over"


def sizes_differ(sizes: object) -> str:
    return (
        "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes"
        f" {sizes} for the mapped dimension"
    )


def batched_result(name: str) -> str:
    return f"vmap({name}, ...): `{name}` can not return a BatchedTensor when out_dim is None"


def mapped_result_no_tensor(name: str, kind: type) -> str:
    return (
        f"vmap({name}, ...): `{name}` must only return Tensors, got type {kind}. Did you mean to set out_dims= to None"
        " for output?"
    )


def out_dims_structure(name: str, out_dims: object, given: object, wanted: object) -> str:
    return (
        f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure of `outputs`."
        f" out_dims has structure {given} but outputs has structure {wanted}."
    )


NO_CHUNKS = "arg_spec must not be None"

# ---- containers ---------------------------------------------------------------------------------------------------


def number_of_leaves(given: int, expected: int, spec: object) -> str:
    return (
        f"treespec.unflatten(leaves): `leaves` has length {given} but the spec refers to a pytree that holds {expected}"
        f" items ({spec})."
    )


def no_treespec(kind: type) -> str:
    return f"Expected `treespec` to be an instance of PyTreeSpec but got item of type {kind}."


def node_type(expected: object, given: object) -> str:
    return f"Node type mismatch; expected {expected!r}, but got {given!r}."


def node_arity(expected: int, given: int) -> str:
    return f"Node arity mismatch; expected {expected}, but got {given}."


def node_keys(missing: object, extra: object) -> str:
    return (
        "Node keys mismatch; "
        f"{f'missing key(s): {missing}' if missing else ''}{'; ' if missing and extra else ''}"
        f"{f'extra key(s): {extra}' if extra else ''}."
    )


def node_context(expected: object, given: object) -> str:
    return f"Node context mismatch; expected {expected!r}, but got {given!r}."


def registered_twice(cls: object) -> str:
    return f"{cls} is already registered as pytree node."


CHILDREN_SPECS = (
    "`treespec.children_specs` is deprecated. Use `treespec.child(index)` to access a single child, or "
    "`treespec.children()` to get all children."
)
LEAF_SPEC = (
    "`isinstance(treespec, LeafSpec)` is deprecated, use `isinstance(treespec, TreeSpec) and treespec.is_leaf()` "
    "instead."
)
