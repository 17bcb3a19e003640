"""The raw claim as a plain Celery task: `celery -A bench.line.floor worker`. No Django."""

import os
import time

import redis
from celery import Celery

from bench.line import raw

DONE = "bench:claimed"
app = Celery("floor", broker=os.environ["REDIS_URL"])
# Not the queue of the product, whose tasks nobody works on here.
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=1, task_default_queue="bench")
_open: dict[str, object] = {}


@app.task(name="bench.claim")
def claim(number: int, agent: int, department: int) -> None:
    """Claims, and tells when it was done."""
    if not _open:
        _open["cursor"], _open["redis"] = raw.connect().cursor(), redis.Redis.from_url(os.environ["REDIS_URL"])
    raw.claim(_open["cursor"], agent, department)  # type: ignore[arg-type]
    _open["redis"].rpush(DONE, f"{number} {time.time()}")  # type: ignore[attr-defined]
