"""The whole product as `make run` starts it, for tests and benchmarks."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Final

from tools.setup import ROOT
from tools.stack.ports import find_free_port
from tools.stack.process import Running, start

_SECONDS: Final = 300
# What the person running the tests has set for a product of his own must not leak into theirs.
_OWN: Final = (
    "DATABASE_URL",
    "REDIS_URL",
    "LIVEKIT_URL",
    "LIVEKIT_PUBLIC_URL",
    "LIVEKIT_API_KEY",
    "LIVEKIT_API_SECRET",
)


def start_product(var_dir: Path, **variables: str) -> Running:
    """Web, tasks, beat, voice worker, LiveKit and Redis on free ports; `url` is the web address.

    `variables` are environment variables (DATABASE_URL, VOICE_PROVIDER, …). Returns once every part is well or the
    announcement has given up waiting; `ready(var_dir)` tells which. Raises `StackError` with the end of the log.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _OWN}
    # Set but empty counts as not set, for a `.env` file too.
    environment |= dict.fromkeys(_OWN, "")
    environment |= {"VAR_DIR": str(var_dir), "DEMO_PASSWORD": "demo-password-1", "RATE_LIMIT_PUBLIC": "100000/m"}
    environment |= {"PORT": str(find_free_port()), "LIVEKIT_PORT": str(find_free_port(media=True))}
    environment |= variables
    marker = var_dir / "ready.json"
    marker.unlink(missing_ok=True)
    running = start(
        "product",
        [sys.executable, "-m", "tools.stack.run"],
        url=f"http://127.0.0.1:{environment['PORT']}",
        log=var_dir / "logs" / "product.log",
        ready=marker.is_file,
        seconds=_SECONDS,
        env=environment,
        cwd=ROOT,
    )
    running.stop_seconds = 40
    return running


def ready(var_dir: Path) -> dict[str, object]:
    """Addresses of a started product (`url`, `livekit_url`, `redis_url`) and `unwell`, the parts that were not ok."""
    found: dict[str, object] = json.loads((var_dir / "ready.json").read_text())
    return found
