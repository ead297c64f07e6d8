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
    return f"Could not run '{name}' with arguments from the 'CPU' backend."


def missing(name: str, argument: str, declaration: str) -> str:
    return f"{name}() is missing value for argument '{argument}'. Declaration: {declaration}"


def too_many(name: str, most: int, given: int, declaration: str) -> str:
    return f"{name}() expected at most {most} argument(s) but received {given} argument(s). Declaration: {declaration}"


def unknown_keyword(name: str, argument: str, declaration: str) -> str:
    return f"Unknown keyword argument '{argument}' for operator '{name}'. Schema: {declaration}"


def no_tensor(name: str, argument: str, place: int, value: Any, declaration: str) -> str:
    return (
        f"{name}() Expected a value of type 'Tensor' for argument '{argument}' but instead found type "
        f"'{type(value).__name__}'.\nPosition: {place}\nValue: {value}\nDeclaration: {declaration}\n"
        f"Cast error details: Unable to cast {value} to Tensor"
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
