"""`make check`: everything that can be said about the code without running its tests, a few at a time.

`python -m tools.check [name…]` runs only those named.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.setup import ROOT

BIN = ROOT / ".venv" / "bin"
PACKAGES = (
    *("callcenter_site", "agents_ui", "voicebot", "knowledge", "queueing", "calls", "common"),
    *("tools", "tests", "bench", "evals"),
)


@dataclass(frozen=True)
class Result:
    name: str
    ok: bool
    output: str
    seconds: float


def commands() -> dict[str, list[str]]:
    """By name; the longest first, so that the short ones fill the other core."""
    python, manage = str(BIN / "python"), [str(BIN / "python"), "manage.py"]
    typed = [name for name in PACKAGES if any((ROOT / name).rglob("*.py"))]
    return {
        "mypy": [str(BIN / "mypy"), *typed],
        # What it makes, the tests begin with.
        "migrate": [python, "-m", "tools.stack.migrated"],
        "migrations": [*manage, "makemigrations", "--check", "--dry-run"],
        "django": [*manage, "check"],
        "layers": [str(BIN / "lint-imports"), "--no-cache"],
        "djlint": [python, "-m", "djlint", "--lint", "--quiet", "templates"],
        "ruff": [str(BIN / "ruff"), "check", "--no-cache", "--quiet", "."],
        "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    }


def main(names: list[str]) -> int:
    """Exit status 1 if any failed; only what failed is printed in full."""
    chosen = {name: command for name, command in commands().items() if not names or name in names}
    with ThreadPoolExecutor(max_workers=max(2, min(4, os.cpu_count() or 2))) as pool:
        results = list(pool.map(lambda item: _run(*item), chosen.items()))
    for result in results:
        print(f"{'ok    ' if result.ok else 'FAILED'} {result.name:<11} {result.seconds:5.1f} s", flush=True)
    for result in results:
        if not result.ok:
            print(f"\n--- {result.name}\n{result.output.rstrip()}", flush=True)
    return 0 if all(result.ok for result in results) else 1


def _run(name: str, command: list[str]) -> Result:
    started = time.monotonic()
    # Nothing here needs a server; state of its own keeps a running product's secrets and files out of it.
    environment = {
        **os.environ,
        "VAR_DIR": str(_var_dir()),
        "DATABASE_URL": f"sqlite:///{_var_dir() / 'check.sqlite3'}",
    }
    done = subprocess.run(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return Result(name, done.returncode == 0, done.stdout, time.monotonic() - started)


def _var_dir() -> Path:
    path = ROOT / "var" / "check"
    path.mkdir(parents=True, exist_ok=True)
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
