"""LiveKit, Redis and PostgreSQL as the tests and `make run` start them. The real ones."""

import socket
import stat
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
import yaml

from tools.stack import StackError, find_free_port, start_livekit, start_postgres, start_redis
from tools.stack.livekit import livekit_config
from tools.stack.ports import MEDIA_OFFSET, is_free
from tools.stack.process import start

KEYS = ("testkey", "a-secret-of-more-than-thirty-two-characters")


def _sockets(pid: int) -> set[str]:
    """Addresses a process listens on, TCP and UDP, as host:port."""
    found = psutil.Process(pid).net_connections("inet")
    return {f"{c.laddr.ip}:{c.laddr.port}" for c in found if c.status in ("LISTEN", "NONE")}


def test_a_port_somebody_listens_on_is_not_free() -> None:
    port = find_free_port()
    assert is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)


def test_livekit_needs_its_media_port_too() -> None:
    port = find_free_port(media=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
        media.bind(("127.0.0.1", port + MEDIA_OFFSET))
        assert is_free(port)
        assert not is_free(port, media=True)


def test_redis_starts_answers_and_stops(tmp_path: Path) -> None:
    with start_redis(tmp_path) as running:
        client = redis.Redis.from_url(running.url)
        assert client.ping()
        assert {address.split(":")[0] for address in _sockets(running.process.pid)} == {"127.0.0.1"}
        client.close()
    assert not psutil.pid_exists(running.process.pid)


def test_livekit_listens_on_loopback_only_media_included(tmp_path: Path) -> None:
    port = find_free_port(media=True)
    with start_livekit(tmp_path, port, keys=KEYS) as running:
        assert running.url == f"ws://127.0.0.1:{port}"
        listening = _sockets(running.process.pid)
        assert {f"127.0.0.1:{port}", f"127.0.0.1:{port + MEDIA_OFFSET}"} <= listening
        assert {address.rsplit(":", 1)[0] for address in listening} == {"127.0.0.1"}
    assert is_free(port, media=True)


def test_livekits_configuration_is_the_owners_secret_and_names_the_webhook(tmp_path: Path) -> None:
    with start_livekit(tmp_path, keys=KEYS, webhook_url="http://127.0.0.1:8123/api/livekit/webhook"):
        file = tmp_path / "livekit.yaml"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        written = yaml.safe_load(file.read_text())
    assert written["keys"] == dict([KEYS])
    assert written["webhook"] == {
        "api_key": KEYS[0],
        "urls": ["http://127.0.0.1:8123/api/livekit/webhook"],
        "filter_params": {
            "include_events": ["participant_joined", "participant_left", "participant_connection_aborted"]
        },
    }
    assert written["rtc"]["interfaces"] == {"includes": ["lo"]}
    assert written["rtc"]["udp_port"] == written["port"] + MEDIA_OFFSET


def test_tcp_media_stay_closed() -> None:
    assert livekit_config(7880, "http://x", *KEYS)["rtc"]["tcp_port"] == 0


def test_postgres_starts_as_any_user_and_leaves_nothing(tmp_path: Path) -> None:
    with start_postgres(tmp_path) as running:
        with psycopg.connect(running.url) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        home = psutil.Process(running.process.pid).cwd()
        children = psutil.Process(running.process.pid).children(recursive=True)
    assert not any(child.is_running() for child in children)
    assert not Path(home).exists()


def test_a_server_that_ends_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no such thing"):
        start("broken", ["sh", "-c", "echo no such thing; exit 3"], url="", log=tmp_path / "log", ready=lambda: False)


def test_stopping_ends_what_the_server_had_started(tmp_path: Path) -> None:
    marker = tmp_path / "child"
    script = f"sleep 600 & echo $! > {marker}; wait"
    running = start("parent", ["sh", "-c", script], url="", log=tmp_path / "log", ready=marker.is_file)
    child = psutil.Process(int(marker.read_text()))
    running.stop()
    running.stop()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
