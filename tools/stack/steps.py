"""The steps of `make run` that run once: preparing the database, waiting for the pages, telling where everything is."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from callcenter_site import env as environment
from tools.stack.process import wait_until, write_private

_WEB_SECONDS = 90
_ALL_SECONDS = 120


def prepare() -> int:
    """Migrations and demo data, in one process: loading Django is what takes the time."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    print("the database is up to date", flush=True)
    logins = io.StringIO()
    call_command("seed_demo", stdout=logins)
    env = environment.load()
    write_private(env.var_dir / "demo-logins", logins.getvalue())
    prepared_stamp(env.var_dir).write_text(prepared_fingerprint(env.database_url))
    return 0


def prepared_stamp(var_dir: Path) -> Path:
    """The file that says with which migrations a database was last prepared."""
    return var_dir / "prepared"


def prepared_fingerprint(database_url: str) -> str:
    """Of the database's address and of all migrations."""
    digest = hashlib.sha256(database_url.encode())
    for path in sorted(environment.ROOT.glob("*/migrations/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def answering() -> int:
    """Succeeds as soon as pages are served."""
    try:
        wait_until(lambda: _status("/health")[0] == 200, seconds=_WEB_SECONDS, every=0.2)
    except TimeoutError:
        print(f"the web process does not answer on port {_port()}", flush=True)
        return 1
    return 0


def announce() -> int:
    """Waits until every part is well (or says which is not) and prints addresses and logins."""
    try:
        wait_until(lambda: _status("/api/health")[0] == 200, seconds=_ALL_SECONDS, every=2)
        unwell: list[str] = []
    except TimeoutError:
        checks = _status("/api/health")[1].get("checks", {})
        unwell = [name for name, state in checks.items() if state != "ok"] or ["health"]
    env = environment.load()
    print(_welcome(env, unwell), flush=True)
    ready = {"url": _base(), "livekit_url": env.livekit_url, "redis_url": env.redis_url, "unwell": unwell}
    (env.var_dir / "ready.json").write_text(json.dumps(ready))
    return 0


def _welcome(env: environment.Env, unwell: list[str]) -> str:
    base = _base()
    lines = [
        "",
        "The call centre is running."
        if not unwell
        else f"The call centre runs, but not all is well: {', '.join(unwell)}.",
        "",
        f"  Start a call     {base}/callcenter/call-with-audio",
        f"  Agent console    {base}/desk/",
        f"  Wallboard        {base}/desk/wallboard/",
        f"  Admin            {base}/admin/",
        f"  API reference    {base}/api/docs",
        f"  LiveKit          {env.livekit_public_url}",
        "",
        *(f"  {line}" for line in (env.var_dir / "demo-logins").read_text().splitlines()),
        "",
        f"  Logs             {env.var_dir / 'logs'}",
        "  Stop             Ctrl-C",
        "",
    ]
    return "\n".join(lines)


def _port() -> str:
    return os.environ["PORT"]


def _base() -> str:
    return f"http://127.0.0.1:{_port()}"


def _status(path: str) -> tuple[int, dict[str, Any]]:
    """HTTP status and JSON body; status 0 where nobody answers."""
    try:
        with urllib.request.urlopen(_base() + path, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, _json(error.read())
    except (OSError, ValueError):
        return 0, {}


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


STEPS: dict[str, Callable[[], int]] = {"prepare": prepare, "answering": answering, "announce": announce}

if __name__ == "__main__":
    sys.exit(STEPS[sys.argv[1]]())
