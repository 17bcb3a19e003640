"""Starts the project's servers: for `make run`, for the tests, for the benchmarks.

    with start_redis(var_dir) as redis, start_livekit(var_dir, keys=("key", secret)) as livekit:
        redis.url, livekit.url

Each `start_*` returns a `Running` (`url`, `stop()`, `kill()`, context manager) once the server answers.
"""

from tools.stack.browser import chromium_path
from tools.stack.livekit import start_livekit
from tools.stack.ports import find_free_port
from tools.stack.postgres import start_postgres
from tools.stack.process import Running, StackError, wait_until
from tools.stack.redis import start_redis

__all__ = [
    "Running",
    "StackError",
    "chromium_path",
    "find_free_port",
    "start_livekit",
    "start_postgres",
    "start_redis",
    "wait_until",
]
