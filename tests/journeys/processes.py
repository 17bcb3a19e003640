"""Processes of the running product and of browsers, as a journey disturbs them."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil


def of_browser(name: str) -> psutil.Process:
    """The browser that was started with `--journey=<name>`."""
    for process in psutil.Process().children(recursive=True):
        if f"--journey={name}" in " ".join(process.cmdline()):
            return process
    raise AssertionError(f"no browser {name}")


def web_server(var_dir: Path) -> psutil.Process:
    """The product's web process."""
    return _of_product(var_dir, lambda command: any("daphne" in part for part in command))


def celery(var_dir: Path, part: str) -> psutil.Process:
    """The product's Celery process of that part: `worker` or `beat`."""
    return _of_product(var_dir, lambda command: part in command and any(word.endswith("/celery") for word in command))


def _of_product(var_dir: Path, is_it: Callable[[list[str]], bool]) -> psutil.Process:
    for process in psutil.process_iter(["cmdline", "environ"]):
        mine = (process.info["environ"] or {}).get("VAR_DIR") == str(var_dir)
        if mine and is_it(process.info["cmdline"] or []):
            return process
    raise AssertionError(f"no such process of {var_dir} runs")


def runs_anew(var_dir: Path, part: str, before: psutil.Process) -> bool:
    """Whether another Celery process has taken the place of `before`."""
    try:
        return bool(celery(var_dir, part) != before)
    except AssertionError:
        return False


def kill(process: psutil.Process) -> None:
    """As if the machine had lost its power: no goodbye to anybody."""
    for each in [*process.children(recursive=True), process]:
        # What a distribution puts on PATH may be a script that waits for the browser.
        with suppress(psutil.NoSuchProcess):
            each.kill()


def freeze(process: psutil.Process) -> list[psutil.Process]:
    """The process and all below it stand still, as on a laptop that was closed; hand them to `thaw`."""
    frozen = [process, *process.children(recursive=True)]
    for each in frozen:
        each.suspend()
    return frozen


def thaw(frozen: list[psutil.Process]) -> None:
    """They go on where they were."""
    for each in reversed(frozen):
        each.resume()
