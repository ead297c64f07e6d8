"""A real browser for tests: the few commands of the W3C WebDriver protocol they need, over plain HTTP."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --window-size=1400,1000"
).split()
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
KEYS = {"Escape": "\ue00c", "Enter": "\ue007"}


def missing() -> str:
    """Why no browser can be had, "" if one can."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"needs {' and '.join(absent)} on PATH" if absent else ""


class Browser:
    """One headless Chromium with an empty profile."""

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        self._session = ""

    def __enter__(self) -> Browser:
        command = [str(shutil.which("chromedriver")), "--port=0"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._base = f"http://127.0.0.1:{self._port()}"
        options = {"binary": shutil.which("chromium"), "args": [*_FLAGS, f"--user-data-dir={self._profile}"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self._session = f"/session/{self._call('POST', '/session', _wish(wanted))['sessionId']}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._call("DELETE", self._session)
        finally:
            self._process.terminate()
            self._process.communicate(timeout=20)

    def open(self, page: Path, fragment: str = "") -> None:
        """Open a report afresh and wait until it has drawn what the fragment asks for."""
        self._command("POST", "/url", {"url": "about:blank"})
        self.logs()
        self._command("POST", "/url", {"url": page.as_uri() + fragment})
        self.wait("return document.documentElement.dataset.ready === 'true'")

    def run(self, script: str, *arguments: Any) -> Any:
        """The value that a script returns in the page."""
        return self._command("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script: str, seconds: float = 10.0) -> None:
        """Wait until a script returns something true."""
        until = time.monotonic() + seconds
        while not self.run(script):
            assert time.monotonic() < until, f"still not so after {seconds} s: {script}; {self.logs()}"
            time.sleep(0.02)

    def press(self, *keys: str) -> None:
        """Press keys, each a character or a name of `KEYS`, wherever the focus is."""
        pressed = [KEYS.get(key, key) for key in keys]
        strokes = [{"type": kind, "value": key} for key in pressed for kind in ("keyDown", "keyUp")]
        self._command("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})

    def logs(self) -> list[str]:
        """The console messages since the last look."""
        return [entry["message"] for entry in self._command("POST", "/se/log", {"type": "browser"})]

    def emulate(self, **features: str) -> None:
        """Set media features (prefers_color_scheme="dark") and the medium (media="print")."""
        medium = features.pop("media", "")
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self._cdp("Emulation.setEmulatedMedia", {"media": medium, "features": wanted})

    def resize(self, width: int, height: int) -> None:
        """Set the size of the window."""
        self._command("POST", "/window/rect", {"width": width, "height": height})

    def screenshot(self, path: Path) -> None:
        """The window as PNG."""
        path.write_bytes(base64.b64decode(self._command("GET", "/screenshot")))

    def _cdp(self, command: str, parameters: dict[str, Any]) -> Any:
        return self._command("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def _command(self, method: str, path: str, body: Any = None) -> Any:
        return self._call(method, self._session + path, body)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with _OPENER.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode(errors='replace')[:600]}") from None

    def _port(self) -> int:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "started successfully on port" in line:
                return int(line.rsplit(" ", 1)[1].rstrip(".\n"))
        raise AssertionError("chromedriver did not start")


def _wish(wanted: dict[str, Any]) -> dict[str, Any]:
    return {"capabilities": {"alwaysMatch": wanted}}
