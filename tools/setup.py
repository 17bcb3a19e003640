"""Brings a fresh checkout to where it can run, or be tested.

Only the standard library is used: nothing is installed yet. Each step keeps a stamp, the hash of what it was made
from, so that a second run costs milliseconds. A step says what it does before it does it.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV_HOME = VENV / ".uv"
TOOLS_BIN = ROOT / "var" / "bin"
LIVEKIT = TOOLS_BIN / "livekit-server"
LIVEKIT_MODULE = ROOT / "tools" / "livekit"
LIVEKIT_PACKAGE = "github.com/livekit/livekit-server/cmd/server"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Chromium without what draws windows: the same pages and the same WebRTC for less than half the processor's time.
HEADLESS_SHELL = "chromium-headless-shell"


class SetupError(Exception):
    """The machine lacks something, or a step failed; the text says what to do."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Prepare this checkout.")
    parser.add_argument("purpose", nargs="?", choices=["run", "check", "test"], default="run")
    purpose = parser.parse_args().purpose
    TOOLS_BIN.mkdir(parents=True, exist_ok=True)
    try:
        with _one_at_a_time():
            _check_machine()
            _python(dev=purpose != "run")
            _browser_library()
            if purpose != "check":
                _livekit()
            if purpose == "test":
                _chromium()
    except SetupError as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two set-ups of one checkout would tread on each other."""
    with (TOOLS_BIN / ".setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up of this checkout")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- the machine -------------------------------------------------------------------------------------------------
def _check_machine() -> None:
    """Names everything that lacks at once, with how to get it."""
    lacking = []
    if _version("node", "--version") < (20,) or not shutil.which("npm"):
        lacking.append(
            "Node.js 20 or newer with npm. Debian 13, Ubuntu 25.04: apt install nodejs npm; https://nodejs.org"
        )
    if _needs_livekit_build() and _version(_go(), "version") < (1, 25):
        lacking.append(
            "Go 1.25 or newer, to build the LiveKit server once. https://go.dev/dl\n"
            "    Instead of it: a livekit-server on PATH (github.com/livekit/livekit/releases), or a server you\n"
            "    have, named by LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET"
        )
    if lacking:
        raise SetupError("This machine lacks:\n" + "\n".join(f"  - {item}" for item in lacking))


def _version(program: str, *arguments: str) -> tuple[int, ...]:
    """The first version number the program prints; (0,) where it cannot be run."""
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)
    except OSError:
        return (0,)
    found = re.search(r"(\d+)\.(\d+)", done.stdout)
    return tuple(int(part) for part in found.groups()) if found else (0,)


def _go() -> str:
    return shutil.which("go") or shutil.which("go", path="/usr/local/go/bin:/usr/lib/go/bin") or "go"


# --- Python ------------------------------------------------------------------------------------------------------
def _python(*, dev: bool) -> None:
    """Installs exactly what the lock file names. Development tools once installed stay and are kept in step."""
    dev_stamp = VENV / ".stamp-dev"
    lock = ROOT / ("requirements-dev.lock" if dev or dev_stamp.is_file() else "requirements.lock")
    stamp = dev_stamp if lock.name == "requirements-dev.lock" else VENV / ".stamp"
    if _version(str(PYTHON), "--version") < (3, 11):
        say("making the Python environment in .venv")
        shutil.rmtree(VENV, ignore_errors=True)
        _make_environment(VENV, "--without-pip")
    wanted = _fingerprint(lock)
    if _stamped(stamp, wanted):
        return
    say(f"installing the Python packages of {lock.name}")
    # uv trusts its own list of authorities unless told to use the machine's, which a company may have added to.
    environment = {"UV_NATIVE_TLS": "1", **os.environ}
    environment.pop("VIRTUAL_ENV", None)
    # Compiled once here: where Python may not write beside its modules, each process would compile two thousand.
    options = ("-q", "--compile-bytecode", "--python", str(PYTHON), "--require-hashes")
    _run(_uv(), "pip", "sync", *options, str(lock), env=environment)
    stamp.write_text(wanted)


def _make_environment(path: Path, *options: str) -> None:
    done = subprocess.run([sys.executable, "-m", "venv", *options, str(path)], check=False)
    if done.returncode:
        raise SetupError("Python's venv module does not work. Debian, Ubuntu: apt install python3-venv")


def _uv() -> str:
    """uv on PATH, else one installed beside the environment: inside it, `uv pip sync` would remove itself."""
    if _version("uv", "--version") > (0,):
        return "uv"
    own = UV_HOME / "bin" / "uv"
    if not own.is_file():
        say("installing uv, the package installer")
        _make_environment(UV_HOME)
        _run(str(UV_HOME / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", "uv")
    return str(own)


# --- the browser's library -----------------------------------------------------------------------------------------
def _browser_library() -> None:
    """livekit-client by npm, and made small where Django's static files look."""
    modules, vendor = ROOT / "node_modules", ROOT / "tools" / "vendor.mjs"
    stamp = modules / ".stamp"
    wanted = _fingerprint(ROOT / "package-lock.json", vendor)
    if _stamped(stamp, wanted, ROOT / "static" / "vendor" / "livekit-client.esm.mjs"):
        return
    say("installing the browser library")
    _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    _run("node", str(vendor))
    stamp.write_text(wanted)


# --- LiveKit -------------------------------------------------------------------------------------------------------
def _needs_livekit_build() -> bool:
    """False where LIVEKIT_URL names a server that is there, one is on PATH, or ours is built already."""
    url = urlsplit(os.environ.get("LIVEKIT_URL") or _dotenv("LIVEKIT_URL"))
    if url.hostname and (url.hostname not in LOOPBACK or _answers(url.hostname, url.port or 80)):
        return False
    return not shutil.which("livekit-server") and not _stamped(TOOLS_BIN / ".livekit", _livekit_fingerprint(), LIVEKIT)


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _livekit_fingerprint() -> str:
    return _fingerprint(LIVEKIT_MODULE / "go.mod", LIVEKIT_MODULE / "go.sum")


def _livekit() -> None:
    if not _needs_livekit_build():
        return
    go = _go()
    say("fetching the LiveKit server's source (once)")
    _run(go, "mod", "download", cwd=LIVEKIT_MODULE)
    say("building the LiveKit server (once; one to three minutes)")
    fresh = TOOLS_BIN / f"livekit-server.{os.getpid()}"
    command = [go, "build", "-v", "-trimpath", "-ldflags=-s -w", "-o", str(fresh), LIVEKIT_PACKAGE]
    try:
        _build_showing_progress(command)
        fresh.replace(LIVEKIT)
    finally:
        fresh.unlink(missing_ok=True)
    (TOOLS_BIN / ".livekit").write_text(_livekit_fingerprint())


def _build_showing_progress(command: list[str]) -> None:
    """`go build -v` names each package as it compiles it; one line every few seconds tells how far it is."""
    listed = subprocess.run(
        [command[0], "list", "-deps", LIVEKIT_PACKAGE], cwd=LIVEKIT_MODULE, capture_output=True, text=True, check=False
    )
    total = len(listed.stdout.splitlines())
    started = shown = time.monotonic()
    packages = 0
    tail: list[str] = []
    with subprocess.Popen(
        command, cwd=LIVEKIT_MODULE, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as build:
        assert build.stdout is not None
        for line in build.stdout:
            packages += 1
            tail = [*tail[-19:], line]
            if time.monotonic() - shown >= 5:
                shown = time.monotonic()
                say(f"  {packages} of {total} packages compiled, {shown - started:.0f} s")
    if build.returncode:
        raise SetupError("Building the LiveKit server failed:\n" + "".join(tail))
    say(f"  built in {time.monotonic() - started:.0f} s")


# --- a browser for the tests -----------------------------------------------------------------------------------------
def _chromium() -> None:
    """One on PATH (or named by CHROMIUM), else the distribution's, else Playwright's; Debian's headless shell too."""
    if os.environ.get("CHROMIUM"):
        return
    there = any(shutil.which(name) for name in BROWSER_NAMES) or _playwrights_browser()
    # Who has a browser is not asked for his password to save a few minutes.
    if there and (shutil.which(HEADLESS_SHELL) or os.geteuid() != 0 or not _has_packages()):
        return
    say("installing Chromium for the browser tests")
    if _apt("chromium", HEADLESS_SHELL) or there or _apt("chromium"):
        return
    if not _quietly(str(PYTHON), "-m", "playwright", "install", "chromium"):
        raise SetupError(
            "The tests need a Chromium or Chrome. Debian: apt install chromium chromium-headless-shell; or name one\n"
            "you have: CHROMIUM=/path/to/chrome make test"
        )


def _playwrights_browser() -> bool:
    code = (
        "from playwright.sync_api import sync_playwright as s; import os, sys\n"
        "with s() as p: sys.exit(not os.path.exists(p.chromium.executable_path))"
    )
    return _quietly(str(PYTHON), "-c", code)


def _has_packages() -> bool:
    """Debian's; Ubuntu's chromium is a snap, which does not run without its service."""
    return bool(shutil.which("apt-get")) and "ID=debian" in _os_release()


def _apt(*packages: str) -> bool:
    if not _has_packages():
        return False
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if as_root and not _quietly(*as_root, "true"):
        return False
    install = [*as_root, "apt-get", "install", "-y", "-q", "--no-install-recommends", "--no-remove", *packages]
    return _quietly(*install) or (_quietly(*as_root, "apt-get", "update", "-q") and _quietly(*install))


def _os_release() -> list[str]:
    release = Path("/etc/os-release")
    return release.read_text().splitlines() if release.is_file() else []


# --- helpers -----------------------------------------------------------------------------------------------------
def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


def _run(*command: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, env=env, check=False)
    if done.returncode:
        raise SetupError(f"This failed (exit status {done.returncode}): {' '.join(command)}")


def _quietly(*command: str) -> bool:
    """True if the command could be run and succeeded."""
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _fingerprint(*paths: Path) -> str:
    """Of the files' contents, and of where this checkout lies: an environment does not survive being moved."""
    digest = hashlib.sha256(str(ROOT).encode())
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _stamped(stamp: Path, wanted: str, *made: Path) -> bool:
    return stamp.is_file() and stamp.read_text() == wanted and all(path.exists() for path in made)


def _dotenv(name: str) -> str:
    """One variable of the `.env` file, before there is a library to read it with."""
    file = ROOT / ".env"
    text = file.read_text() if file.is_file() else ""
    found = re.search(rf"^\s*(?:export\s+)?{name}\s*=\s*(\S*)", text, re.MULTILINE)
    return found.group(1).strip("\"'") if found else ""


if __name__ == "__main__":
    sys.exit(main())
