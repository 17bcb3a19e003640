"""`make run`: starts everything on this machine and stays in the foreground until Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callcenter_site import env as environment
from tools.stack.plan import Plan, make_plan
from tools.stack.process import StackError, tail
from tools.stack.programs import order, programs, supervisor_config
from tools.stack.supervise import supervise


def main() -> int:
    """Exit status 0 after an ordinary stop, 1 where something failed, 2 for a wrong environment."""
    try:
        env = environment.load()
    except environment.BadEnvironment as problem:
        print(f"The environment is wrong:\n{problem}", file=sys.stderr)
        return 2
    try:
        with _only_one(env.var_dir):
            return _run(make_plan(env))
    except StackError as problem:
        print(problem, file=sys.stderr)
        return 1


def _run(plan: Plan) -> int:
    var_dir = plan.env.var_dir
    os.environ.update(plan.environment())
    ready, redis = var_dir / "ready.json", var_dir / "redis.url"
    ready.unlink(missing_ok=True)
    if plan.redis_port:
        redis.write_text(plan.redis_url)
    config = var_dir / "supervisord.conf"
    for folder in ("logs", "static"):  # whitenoise looks for the second one and complains where it is not
        (var_dir / folder).mkdir(exist_ok=True)
    steps = order(plan)
    config.write_text(supervisor_config(plan, programs(plan, steps[""])))
    print(f"Starting: web on {plan.web_url}, LiveKit at {plan.env.livekit_url}, state in {var_dir}", flush=True)
    try:
        failed = supervise(config, steps)
    finally:
        ready.unlink(missing_ok=True)
        redis.unlink(missing_ok=True)
    if failed:
        log = var_dir / "logs" / f"{failed}.log"
        print(f"\nThe step '{failed}' failed; everything was stopped. The end of {log}:\n{tail(log)}", file=sys.stderr)
        return 1
    print("Stopped.", flush=True)
    return 0


@contextmanager
def _only_one(var_dir: Path) -> Iterator[None]:
    """Two stacks on one VAR_DIR would share a database and a schedule."""
    var_dir.mkdir(parents=True, exist_ok=True)
    with (var_dir / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(
                f"It is running already with this state ({var_dir}). Stop it first, or start a second one beside it:\n"
                "VAR_DIR=/another/folder PORT=8001 LIVEKIT_PORT=7890 make run"
            ) from None
        yield


if __name__ == "__main__":
    sys.exit(main())
