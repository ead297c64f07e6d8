"""What anomaly mode says."""

from __future__ import annotations

ANOMALY_ENABLED = (
    "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging."
)


def nan_returned(node_name: str, index: int) -> str:
    return f"Function '{node_name}' returned nan values in its {index}th output."


def error_detected(node_name: str, stack: str | None) -> str:
    if stack is None:
        return no_forward_information(node_name)
    return f"Error detected in {node_name}. Traceback of forward call that caused the error:\n{stack}"


def previous_calculation(node_name: str, stack: str | None) -> str:
    if stack is None:
        return no_forward_information(node_name)
    return (
        f"\n\nPrevious calculation was induced by {node_name}. Traceback of forward call that induced the previous "
        f"calculation:\n{stack}"
    )


def no_forward_information(node_name: str) -> str:
    return (
        f"Error detected in {node_name}. No forward pass information available. Enable detect anomaly during forward "
        "pass for more information."
    )
