"""What is measured, started side by side: the product, a bare worker on the same LiveKit, a bare Django."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import psutil
from livekit import api

from bench.bare_worker import REGISTERED
from bench.processes import voice_worker
from tools.setup import ROOT
from tools.stack import find_free_port
from tools.stack.ports import answers
from tools.stack.process import Running, start
from tools.stack.product import ready, start_product

KEYS = ("benchkey", "bench-only-livekit-secret-of-more-than-32-bytes")


READY_ROOMS = int(os.environ.get("READY_AI_ROOMS", "10"))
"""In so many rooms of the product an AI waits."""


@dataclass
class Stack:
    """Addresses, clients and workers. `http` and `livekit` keep their connections."""

    url: str
    livekit_url: str
    bare_url: str
    var_dir: Path
    ours: psutil.Process
    bare: psutil.Process
    agent_key: str
    http: aiohttp.ClientSession
    livekit: api.LiveKitAPI

    @property
    def livekit_port(self) -> int:
        return urlsplit(self.livekit_url).port or 0

    async def post(self, path: str, body: object = None, *, secret: str = "", expect: int = 200) -> dict[str, object]:
        """POST to the product; its JSON."""
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        async with self.http.post(self.url + path, json=body or {}, headers=headers) as answer:
            told: dict[str, object] = await answer.json()
            if answer.status != expect:
                raise RuntimeError(f"{path}: {answer.status} {told}")
            return told

    def token(self, room: str, identity: str) -> str:
        """A token for a room of the bare worker."""
        grants = api.VideoGrants(room_join=True, room=room)
        return api.AccessToken(*KEYS).with_identity(identity).with_grants(grants).to_jwt()


@contextmanager
def servers() -> Iterator[tuple[Path, str, str, Running]]:
    """State folder, product's address, bare site's address, bare worker."""
    with tempfile.TemporaryDirectory(prefix="callcenter-bench-", ignore_cleanup_errors=True) as folder:
        var_dir = Path(folder)
        keys = {"LIVEKIT_API_KEY": KEYS[0], "LIVEKIT_API_SECRET": KEYS[1], "SECRET_KEY": "bench-only-" * 5}
        with start_product(
            var_dir, VOICE_PROVIDER="offline", MAX_AI_CALLS="12", READY_AI_ROOMS=str(READY_ROOMS), **keys
        ) as product:
            found = ready(var_dir)
            if found["unwell"]:
                raise RuntimeError(f"the product is not well: {found['unwell']}")
            # The receptionist's words are looked up by a setting; nothing else of Django is loaded there.
            told = {"LIVEKIT_URL": str(found["livekit_url"]), "DJANGO_SETTINGS_MODULE": "callcenter_site.settings"}
            environment = {**os.environ, **keys, **told}
            with _bare_site(var_dir) as site, _bare_worker(var_dir, environment) as worker:
                yield var_dir, product.url, site.url, worker


def _bare_site(var_dir: Path) -> Running:
    port = find_free_port()
    return start(
        "bare site",
        [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "0", "bench.bare_site:application"],
        url=f"http://127.0.0.1:{port}",
        log=var_dir / "logs" / "bare_site.log",
        ready=lambda: answers("127.0.0.1", port),
        cwd=ROOT,
    )


def _bare_worker(var_dir: Path, environment: dict[str, str]) -> Running:
    log = var_dir / "logs" / "bare_worker.log"
    return start(
        "bare worker",
        [sys.executable, "-m", "bench.bare_worker"],
        url="",
        log=log,
        ready=lambda: log.is_file() and REGISTERED in log.read_text(),
        seconds=90,
        env=environment,
        cwd=ROOT,
    )


def agent_key(var_dir: Path, more: Mapping[str, str] | None = None) -> str:
    """A key that acts as agent_a, made as an operator would; `more` of the environment."""
    environment = {**os.environ, "VAR_DIR": str(var_dir), "SECRET_KEY": "bench-only-" * 5, **(more or {})}
    command = [
        sys.executable,
        "manage.py",
        "create_api_key",
        "--name",
        "bench",
        "--scope",
        "agent",
        "--user",
        "agent_a",
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def make_stack(var_dir: Path, url: str, bare_url: str, worker: Running) -> Stack:
    """Must be called with an event loop running: the clients are asynchronous."""
    livekit_url = str(ready(var_dir)["livekit_url"])
    return Stack(
        url=url,
        livekit_url=livekit_url,
        bare_url=bare_url,
        var_dir=var_dir,
        ours=voice_worker(var_dir),
        bare=psutil.Process(worker.process.pid),
        agent_key=agent_key(var_dir),
        http=aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)),
        livekit=api.LiveKitAPI(livekit_url, *KEYS),
    )
