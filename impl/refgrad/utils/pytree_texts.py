"""What PyTorch says of structures that are written down, and of classes that become containers."""

from __future__ import annotations

OLD_REGISTER = (
    "`torch.utils._pytree._register_pytree_node` is deprecated. Please use "
    "`torch.utils._pytree.register_pytree_node` instead."
)
OLD_LEAF = (
    "torch.utils._pytree._is_leaf is private and will be removed in a future release. Please use "
    "torch.utils._pytree.tree_is_leaf instead."
)
OLD_NAMEDTUPLE = (
    "torch.utils._pytree._is_namedtuple_instance is private and will be removed in a future release. Please use "
    "torch.utils._pytree.is_namedtuple_instance instead."
)


def overwritten(cls: object) -> str:
    return f"{cls} is already registered as pytree node. Overwriting the previous registration."


def unknown_protocol(protocol: object) -> str:
    return f"Unknown protocol {protocol}. Available protocols: [1]"


def no_name(cls: object) -> str:
    return (
        f"No registered serialization name for {cls} found. Please update your _register_pytree_node call with a "
        "`serialized_type_name` kwarg."
    )


def namedtuple_without_name(cls: object) -> str:
    return (
        f"Can't serialize TreeSpec of namedtuple class {cls} because we didn't register a serializated_type_name. "
        "Please register using `_register_namedtuple`."
    )


def no_dataclass(cls: object) -> str:
    return (
        f"field_names must be specified with a list of all fields used to initialize {cls}, as it is not a dataclass."
    )


def fields_missing(names: set[str]) -> str:
    return (
        f"field_names does not include all dataclass fields.\nMissing fields in `field_names`: {names}. If you want to "
        "include these fields in the pytree, please add them to `field_names`, otherwise please add them to "
        "`drop_field_names`.\n"
    )


def fields_unexpected(names: set[str]) -> str:
    return (
        f"field_names does not include all dataclass fields.\nUnexpected fields in `field_names`: {names}. Please "
        "remove these fields, or add them to `drop_field_names`.\n"
    )


def no_method_of_its_own(method: str) -> str:
    return f"register_constant(cls) expects `cls` to have a non-default `{method}` implementation."
