"""Which texts of a results file may become links: https addresses and issues on GitHub, nothing else."""

from __future__ import annotations

import re

_ISSUE = re.compile(r"([A-Za-z0-9_.-]+)(?:/([A-Za-z0-9_.-]+))?#(\d+)", re.ASCII)


def web(url: str) -> str:
    """The address if it is one to follow, else ""."""
    return url if url.startswith("https://") and not re.search(r"[\s\x00-\x1f]", url) else ""


def issue(name: str) -> str:
    """The address of `pytorch#34082` or `owner/repository#1`, "" for anything else."""
    match = _ISSUE.fullmatch(name)
    if match is None:
        return ""
    owner, repository, number = match.groups()
    return f"https://github.com/{owner}/{repository or owner}/issues/{number}"
