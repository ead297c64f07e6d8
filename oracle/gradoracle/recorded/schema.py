"""The JSON Schema of a recording's header."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def schema() -> dict[str, Any]:
    """The schema as `jsonschema` takes it."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("recording.schema.json").read_text("utf-8"))
    return found
