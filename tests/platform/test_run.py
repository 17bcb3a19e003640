"""`make run` for real: what it starts, what it says, and that it leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tools.setup import ROOT
from tools.stack import Running, find_free_port, wait_until
from tools.stack.ports import is_free
from tools.stack.product import ready, start_product

pytestmark = [pytest.mark.journey, pytest.mark.timeout(420)]


def _refused(var_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A start that ends by itself."""
    environment = os.environ | {"VAR_DIR": str(var_dir), "LIVEKIT_API_KEY": "", "LIVEKIT_API_SECRET": ""} | variables
    return subprocess.run(
        [sys.executable, "-m", "tools.stack.run"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def _family(running: Running) -> list[psutil.Process]:
    root = psutil.Process(running.process.pid)
    return [root, *root.children(recursive=True)]


def _named(running: Running, part: str) -> psutil.Process:
    """The direct child with this in its command line."""
    children = psutil.Process(running.process.pid).children()
    return next(child for child in children if part in " ".join(child.cmdline()))


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def var_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("product")


@pytest.fixture(scope="module")
def product(var_dir: Path) -> Iterator[Running]:
    with start_product(var_dir, VOICE_PROVIDER="offline") as running:
        yield running


def test_every_part_becomes_well(product: Running) -> None:
    """The announcement does not wait for a busy machine's voice worker for ever; this does."""
    wait_until(lambda: _answers(f"{product.url}/api/health"), seconds=240, every=2)


def test_the_output_ends_with_addresses_and_logins(product: Running, var_dir: Path) -> None:
    assert ready(var_dir)["url"] == product.url
    output = product.log.read_text()
    closing = output[output.index("The call centre ") :]
    for expected in (f"{product.url}/callcenter/call-with-audio", "/desk/", "agent_a", "agent_b", "supervisor"):
        assert expected in closing
    assert "demo-password-1" in closing


def _speakers(running: Running) -> set[str]:
    """Whose lines are in the output."""
    return {line.split(" |")[0].strip() for line in running.log.read_text().splitlines() if " |" in line[:12]}


def test_lines_carry_the_name_of_their_process(product: Running) -> None:
    assert {"prepare", "voicebot"} <= _speakers(product)
    assert not _answers(f"{product.url}/nothing-there")
    wait_until(lambda: "web" in _speakers(product), seconds=20, every=0.2)


def test_the_questions_of_the_start_are_not_in_the_output(product: Running) -> None:
    assert "/api/health" not in product.log.read_text()


def test_only_loopback_is_bound_media_included(product: Running) -> None:
    bound = set()
    for process in _family(product):
        for connection in _sockets(process):
            if connection.status in ("LISTEN", "NONE") and connection.laddr:
                bound.add(connection.laddr.ip)
    assert bound == {"127.0.0.1"}


def _sockets(process: psutil.Process) -> list[Any]:
    """Its sockets; none of one that has ended meanwhile, as a worker's spare processes do."""
    try:
        return list(process.net_connections("inet"))
    except psutil.NoSuchProcess:
        return []


def test_a_process_that_dies_is_started_again(product: Running) -> None:
    before = _named(product, "daphne")
    before.kill()
    before.wait(10)
    wait_until(lambda: _answers(f"{product.url}/health"), seconds=120)
    assert _named(product, "daphne").pid != before.pid


def test_a_second_one_on_the_same_state_is_refused(product: Running, var_dir: Path) -> None:
    refused = _refused(var_dir, PORT=str(find_free_port()))
    assert refused.returncode == 1
    assert "running already" in refused.stderr


def test_logs_lie_under_var_dir(product: Running, var_dir: Path) -> None:
    assert {"web.log", "tasks.log", "beat.log", "voicebot.log", "livekit.log"} <= {
        file.name for file in (var_dir / "logs").iterdir()
    }


def _call_with_an_ai(base: str) -> None:
    """Makes a call and returns once the AI is in its room: a job process of the worker has it in hand."""
    made = _json(f"{base}/api/room/token", "POST")
    headers = {"Authorization": f"Bearer {made['call_secret']}"}

    def joined() -> bool:
        call = _json(f"{base}/api/calls/{made['call_id']}", headers=headers)
        return any(participant["role"] == "ai" for participant in call["participants"])

    wait_until(joined, seconds=60, every=0.5)


def _json(url: str, method: str = "GET", headers: dict[str, str] | None = None) -> dict[str, Any]:
    sent = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, b"{}" if method == "POST" else None, sent, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def test_a_stop_during_a_call_leaves_nothing_behind(product: Running, var_dir: Path) -> None:
    """Last in this file: it ends the product of the tests above."""
    _call_with_an_ai(product.url)
    family = _family(product)
    assert any("forkserver" in " ".join(process.cmdline()) for process in family)
    product.process.send_signal(signal.SIGTERM)
    assert product.process.wait(90) == 0
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    assert not (var_dir / "redis.url").exists()


@pytest.mark.parametrize("variable", ["PORT", "LIVEKIT_PORT"])
def test_a_taken_port_is_named_with_its_variable(tmp_path: Path, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        free = {"PORT": str(find_free_port()), "LIVEKIT_PORT": str(find_free_port(media=True))}
        refused = _refused(tmp_path, **free | {variable: port, "REDIS_URL": "", "LIVEKIT_URL": ""})
    assert refused.returncode == 1
    assert f"Port {port}" in refused.stderr
    assert f"{variable}=" in refused.stderr


def test_a_wrong_value_stops_the_start_with_its_name(tmp_path: Path) -> None:
    refused = _refused(tmp_path, VOICE_PROVIDER="parrot")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[1] == (
        "VOICE_PROVIDER: expected one of auto, offline, openai, openai-realtime, gemini-realtime."
    )


def test_a_redis_that_does_not_answer_is_named(tmp_path: Path) -> None:
    port = find_free_port()
    assert is_free(port)
    refused = _refused(
        tmp_path, PORT=str(find_free_port()), LIVEKIT_PORT=str(find_free_port(media=True)),
        REDIS_URL=f"redis://127.0.0.1:{port}/0",
    )  # fmt: skip
    assert refused.returncode == 1
    assert refused.stderr.startswith("REDIS_URL: no Redis answers")
