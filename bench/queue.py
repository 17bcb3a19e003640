"""The queue by itself: matching, wallboard, contested accepts, on a PostgreSQL of its own (docs/benchmarks.md).

Every measurement is a process of its own with the product's settings (`python -m bench.line <name>`), so that none
warms another's caches.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.numbers import Row
from tools.setup import ROOT
from tools.stack import start_postgres, start_redis
from tools.stack.product import ready, start_product

PIECES = ("free", "drain", "desk", "sockets", "opening", "wallboard", "contest", "contest_sqlite")
# BENCH_QUEUE=drain,wallboard measures only these.
CHOSEN = tuple(name for name in os.environ.get("BENCH_QUEUE", "").split(",") if name) or PIECES
ANSWER = "rows: "


def queue() -> list[Row]:
    """All pieces, one after the other."""
    rows: list[Row] = []
    with _servers() as environment:
        for name in CHOSEN:
            print(f"bench: queue, {name} …", flush=True)
            rows += _measure(name, environment)
    return rows


@contextmanager
def _servers() -> Iterator[dict[str, str]]:
    """PostgreSQL and Redis; the environment of whoever uses them."""
    with tempfile.TemporaryDirectory(prefix="callcenter-bench-", ignore_cleanup_errors=True) as folder:
        var_dir = Path(folder)
        with start_postgres(var_dir) as postgres, start_redis(var_dir) as redis:
            yield {
                **os.environ,
                "VAR_DIR": folder,
                "DATABASE_URL": postgres.url,
                "REDIS_URL": redis.url,
                "SECRET_KEY": "bench-only-" * 5,
                "LIVEKIT_API_KEY": "benchkey",
                "LIVEKIT_API_SECRET": "bench-only-livekit-secret-of-more-than-32-bytes",
                "VOICE_PROVIDER": "offline",
            }


@contextmanager
def _product(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """The whole product on a database of its own on that server; the environment of whoever joins it."""
    from bench.stack import agent_key

    subprocess.run([sys.executable, "-c", _NEW_DATABASE], cwd=ROOT, env=environment, check=True)
    own = ("VOICE_PROVIDER", "SECRET_KEY", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
    address = environment["DATABASE_URL"].rpartition("/")[0] + "/product"
    var_dir = Path(environment["VAR_DIR"]) / "product"
    with start_product(var_dir, DATABASE_URL=address, **{name: environment[name] for name in own}) as product:
        found = ready(var_dir)
        if found["unwell"]:
            raise RuntimeError(f"the product is not well: {found['unwell']}")
        joined = {**environment, "VAR_DIR": str(var_dir), "DATABASE_URL": address, "REDIS_URL": str(found["redis_url"])}
        key = agent_key(var_dir, joined)
        yield {**joined, "BENCH_URL": product.url, "BENCH_AGENT_KEY": key}


_NEW_DATABASE = """
import os, psycopg
psycopg.connect(os.environ["DATABASE_URL"], autocommit=True).execute("CREATE DATABASE product")
"""


def _measure(name: str, environment: dict[str, str]) -> list[Row]:
    if name == "desk":
        with _product(environment) as joined:
            return _ask(name, joined)
    if name.endswith("_sqlite"):
        environment = {**environment, "DATABASE_URL": f"sqlite:///{environment['VAR_DIR']}/bench.sqlite3"}
    return _ask(name.removesuffix("_sqlite"), environment)


def _ask(name: str, environment: dict[str, str]) -> list[Row]:
    command = [sys.executable, "-m", "bench.line", name]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    answer = next(line for line in done.stdout.splitlines() if line.startswith(ANSWER))
    return [Row(**row) for row in json.loads(answer.removeprefix(ANSWER))]
