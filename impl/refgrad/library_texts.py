"""What PyTorch says of operators that a user registers."""

from __future__ import annotations

from typing import Any


def aliasing(name: str, module: Any) -> str:
    return (
        f"{name} (with implementation in {module}): The output of this custom operator (1) must not also be an input "
        "to this custom operator and (2) may not alias any inputs to this custom operator or other returns. The most "
        "common way to trigger this error is if we have y = custom_op(x) and y and x are the same Tensor. Please "
        "instead return a clone of the offending output tensor(s) (e.g. return x.clone()) or refactor the custom "
        "operator to not return y."
    )


def no_formula(operator: str) -> str:
    return (
        f"Trying to backward through {operator} but no autograd formula was registered. Please use register_autograd "
        "to add one."
    )


def no_kernel(name: str) -> str:
    return (
        f"Could not run '{name}' with arguments from the 'CPU' backend. This could be because the operator doesn't"
        " exist for this backend, or was omitted during the selective/custom build process (if using custom build)."
    )


def registered_twice(schema: object, first: str, now: str) -> str:
    return (
        f"Tried to register an operator ({schema}) with the same name and overload name multiple times. Each"
        " overload's schema should only be registered with a single call to def()."
        f" Duplicate registration: registered at {now}. Original registration: registered at {first}"
    )


FALLBACK_ERROR = "NYI: mode='error'"


def unknown_fallback(mode: str) -> str:
    return (
        'false INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/torch/csrc/autograd/init.cpp":653, please report a bug '
        f"to PyTorch. Unsupported AutogradFallbackMode: {mode}"
    )


def no_autograd_kernel(name: str) -> str:
    return (
        f"{name}: an autograd kernel was not registered to the Autograd key(s) but we are trying to backprop through "
        "it. This may lead to silently incorrect behavior. This behavior is deprecated and will be removed in a future "
        "version of PyTorch. If your operator is differentiable, please ensure you have registered an autograd kernel "
        "to the correct Autograd key (e.g. DispatchKey::Autograd, DispatchKey::CompositeImplicitAutograd). If your "
        "operator is not differentiable, or to squash this warning and use the previous behavior, please register "
        "torch::CppFunction::makeFallthrough() to DispatchKey::Autograd."
    )


def no_key(key: str) -> str:
    return f"could not parse dispatch key: {key}"


def kernel_not_callable(kind: type) -> str:
    return f"Input function is required to be a callable but found type {kind}"


def defined_twice(namespace: str, first: str, now: str) -> str:
    return (
        f"Only a single TORCH_LIBRARY can be used to register the namespace {namespace}; please put all of your "
        "definitions in a single TORCH_LIBRARY block.  If you were trying to specify implementations, consider using "
        "TORCH_LIBRARY_IMPL (which can be duplicated).  If you really intended to define operators for a single "
        "namespace in a distributed way, you can use TORCH_LIBRARY_FRAGMENT to explicitly indicate this.  Previous "
        f"registration of TORCH_LIBRARY was registered at {first}; latest registration was registered at {now}"
    )


def kernel_replaced(declaration: str, defined: str, key: str, now: str) -> str:
    return (
        "Warning only once for all operators,  other operators may also be overridden.\n"
        "  Overriding a previously registered kernel for the same operator and the same dispatch key\n"
        f"  operator: {declaration}\n    registered at {defined}\n  dispatch key: {key}\n"
        f"  previous kernel: no debug info\n       new kernel: registered at {now}"
    )


def reserved(namespace: str) -> str:
    return f"{namespace} is a reserved namespace. Please try creating a library with another name."


ONLY_NAME = "Tried to parse a function schema but only the operator name was given"


def missing(name: str, argument: str, declaration: str) -> str:
    return f"{name}() is missing value for argument '{argument}'. Declaration: {declaration}"


def too_many(name: str, most: int, given: int, declaration: str) -> str:
    return f"{name}() expected at most {most} argument(s) but received {given} argument(s). Declaration: {declaration}"


def too_many_positional(name: str, most: int, given: int, declaration: str) -> str:
    return f"{name}() takes {most} positional argument(s) but {given} was/were given.  Declaration: {declaration}"


def unknown_keyword(name: str, argument: str, declaration: str) -> str:
    return f"Unknown keyword argument '{argument}' for operator '{name}'. Schema: {declaration}"


def no_cast(name: str, argument: str, kind: str, place: int, value: Any, declaration: str, details: str) -> str:
    return (
        f"{name}() Expected a value of type '{kind}' for argument '{argument}' but instead found type "
        f"'{type(value).__name__}'.\nPosition: {place}\nValue: {value!r}\nDeclaration: {declaration}\n{details}"
    )


def no_tensor(value: Any) -> str:
    return f"Cast error details: Unable to cast {value} to Tensor"


def no_number(value: Any) -> str:
    return f"Cast error details: Cannot cast {value} to number"


def no_instance(value: Any) -> str:
    return (
        f"Cast error details: Unable to cast Python instance of type {type(value)} to C++ type '?' (#define"
        " PYBIND11_DETAILED_ERROR_MESSAGES or compile in debug mode for details)"
    )


def no_items(value: Any) -> str:
    return f" Python error details: TypeError: '{type(value).__name__}' object is not iterable"


def given_twice(argument: str, declaration: str) -> str:
    return f"Argument '{argument}' specified both as positional and keyword argument. Schema: {declaration}"


DEFAULT_GIVEN_TWICE = (
    '!argument.default_value() INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/aten/src/ATen/core/function_schema.cpp"'
    ":547, please report a bug to PyTorch. "
)


def result_no_tensor(value: Any) -> str:
    return f"Unable to cast {value} to Tensor"


def other_structure(found: object, wanted: object) -> str:
    return (
        "Expected the return from backward to be of the same structure as the inputs. Got:"
        f" {found} (return from backward), {wanted} (inputs)"
    )


def not_functional(operator: object, declaration: str) -> str:
    return (
        f"Cannot register autograd formula for non-functional operator {operator} with schema {declaration}. Please"
        " create a functional operator and register an autograd formula for that."
    )


def schemas_disagree(mutates: object, schema: object, written: object) -> str:
    return (
        f"Attempted to create a custom op with `mutates_args={mutates}` and `schema={schema}. The schema suggests that"
        f" the op mutates {written}which is different from what was provided to us in `mutates_args`. Please make these"
        " consistent."
    )


def unexpected_operator(function: str, op: object) -> str:
    return f"{function}({op}): got unexpected type for op: {type(op)}"


def no_qualname(name: str) -> str:
    return (
        f'Expected `qualname` to be of the form "namespace::name", but got {name}. The qualname passed to the'
        " torch.library APIs must consist of a namespace and a name, e.g. aten::sin"
    )


def no_schema(text: str) -> str:
    return f'define(qualname, schema, ...): expected schema to look like e.g. "(Tensor x) -> Tensor" but got "{text}"'


def unsupported_default(name: str, kind: type) -> str:
    return (
        f"Parameter {name} has an unsupported default value type {kind}. Please file an issue on GitHub so we can"
        " prioritize this."
    )


def mutable_no_tensor(name: str) -> str:
    return f"Parameter {name} is in mutable_args but only Tensors or collections of Tensors can be mutated"


MUTATES_NO_SEQUENCE = (
    "mutates_args must either be a sequence of the names of the arguments that are mutated or the string 'unknown'. "
)


def signature(what: str, given: Any) -> str:
    return f"infer_schema(func): {what} Got func with signature {given})"


def unannotated(name: str) -> str:
    return f"Parameter {name} must have a type annotation."


def unsupported(name: str, kind: Any) -> str:
    return f"Parameter {name} has unsupported type {kind}."


NO_RETURN = "No return type annotation was provided. Please add one."
VARIADIC = "We do not support positional-only args, varargs, or varkwargs."


def mutated_unknown(names: set[str]) -> str:
    return (
        f"{names} in mutates_args were not found in the custom op's signature. mutates_args should contain the names "
        "of all args that the custom op mutates, or just the string 'unknown' if you don't know."
    )
