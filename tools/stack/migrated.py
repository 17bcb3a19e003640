"""An SQLite database with every migration played: made once for a state of the code, then copied.

Playing them takes ten seconds of the processor's time, and each process of the tests and each product they start wants
an empty database. `python -m tools.stack.migrated` makes it beforehand.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tools.setup import ROOT
from tools.stack.process import StackError

_APPS: Final = ("calls", "common", "knowledge", "queueing")
_FOLDER: Final = ROOT / "var" / "migrated"
# What migrations are, what they import, and what gives the groups their rights after the last of them.
_FOLDERS: Final = frozenset({"migrations", "models"})
_MODULES: Final = frozenset({"apps", "clock", "ids", "index", "models", "staff", "zones"})


def copy_migrated(target: Path) -> None:
    """A database of one's own at `target`, as `manage.py migrate` leaves it. Raises `StackError`."""
    with _migrated() as made:
        shutil.copyfile(made, target)


@contextmanager
def _migrated() -> Iterator[Path]:
    """Whoever comes first makes it, the others wait for that."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    made = _FOLDER / f"{_fingerprint()}.sqlite3"
    with (_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.is_file():
            for old in _FOLDER.glob("*.sqlite3"):
                old.unlink()
            _make(made)
        yield made


def _make(target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=_FOLDER) as folder:
        fresh = Path(folder) / "db.sqlite3"
        environment = {**os.environ, "VAR_DIR": folder, "DATABASE_URL": f"sqlite:///{fresh}"}
        environment["DJANGO_SETTINGS_MODULE"] = "callcenter_site.settings"
        command = [sys.executable, "manage.py", "migrate", "--skip-checks", "-v", "0"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackError(f"The migrations could not be played:\n{done.stdout}{done.stderr}")
        database = sqlite3.connect(fresh)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        fresh.replace(target)


def _fingerprint() -> str:
    """Of all that a database is made from, Django's version included."""
    digest = hashlib.sha256((ROOT / "requirements-dev.lock").read_bytes())
    for path in sorted(path for app in _APPS for path in (ROOT / app).rglob("*.py")):
        inside = path.relative_to(ROOT)
        if _FOLDERS.intersection(inside.parts) or path.stem in _MODULES:
            digest.update(str(inside).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:24]


if __name__ == "__main__":
    try:
        with _migrated():
            pass
    except StackError as problem:
        sys.exit(str(problem))
