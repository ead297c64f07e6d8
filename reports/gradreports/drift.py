"""The page on drift: what the report says of two environments of PyTorch that do not do the same."""

from __future__ import annotations

from collections import Counter
from typing import Any

from gradreports.collect import Collected
from gradreports.highlight import lines
from gradreports.records import DRIFT_KINDS, DriftGroup, DriftRecord

DRIFT_PREFIX = "drift: "
"""What the kind of a finding begins with that is about PyTorch and itself."""


def drift_pages(found: Collected) -> list[dict[str, Any]]:
    """One entry for each pair of environments, in the order of the file."""
    titles = {finding.id: finding.title for finding in found.findings}
    return [_page(record, titles) for record in found.drift]


def _page(record: DriftRecord, titles: dict[str, str]) -> dict[str, Any]:
    counts = Counter(group.kind for group in record.groups)
    return {
        "record": record,
        "counts": [(kind, counts[kind]) for kind in DRIFT_KINDS],
        "unexplained": sum(not group.finding for group in record.groups),
        "groups": [_group(group, titles) for kind in DRIFT_KINDS for group in record.groups if group.kind == kind],
    }


def _group(group: DriftGroup, titles: dict[str, str]) -> dict[str, Any]:
    return {
        "group": group,
        "title": titles.get(group.finding, ""),
        "program": lines(group.program),
    }
