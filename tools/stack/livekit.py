"""A LiveKit server on loopback only, its media included."""

import os
import shutil
import signal
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from tools.stack.ports import HOST, MEDIA_OFFSET, find_free_port
from tools.stack.process import Running, StackError, start, write_private

# Asked politely it waits until the last participant has left, a forgotten browser tab for ever, and it keeps nothing.
STOP_SIGNAL = signal.SIGKILL
BUILT = Path(__file__).resolve().parents[2] / "var" / "bin" / "livekit-server"


def livekit_program() -> str:
    """The path of a livekit-server: on PATH, else the one `bin/setup` built. Raises `StackError`."""
    found = shutil.which("livekit-server") or (str(BUILT) if BUILT.is_file() else None)
    if not found:
        raise StackError("There is no livekit-server on PATH and none was built yet: run bin/setup")
    return found


# What the product acts on; each of the others (rooms, tracks) would cost a request while a call is being set up.
WEBHOOK_EVENTS = ("participant_joined", "participant_left", "participant_connection_aborted")


def livekit_config(port: int, webhook_url: str, api_key: str, api_secret: str) -> dict[str, Any]:
    """`--bind` alone would leave media on all of the machine's addresses; these keys keep them on loopback."""
    return {
        "port": port,
        "bind_addresses": [HOST],
        "rtc": {
            "tcp_port": 0,
            "udp_port": port + MEDIA_OFFSET,
            "node_ip": HOST,
            "use_external_ip": False,
            "enable_loopback_candidate": True,
            "interfaces": {"includes": ["lo"]},
        },
        "keys": {api_key: api_secret},
        "webhook": {
            "api_key": api_key,
            "urls": [webhook_url],
            "filter_params": {"include_events": list(WEBHOOK_EVENTS)},
        },
        "logging": {"level": "warn"},
    }


def write_livekit_config(path: Path, port: int, webhook_url: str, api_key: str, api_secret: str) -> Path:
    """Writes the configuration, readable by the owner only: it holds the secret."""
    write_private(path, yaml.safe_dump(livekit_config(port, webhook_url, api_key, api_secret), sort_keys=False))
    return path


def livekit_command(config: Path) -> list[str]:
    return [livekit_program(), "--config", str(config)]


def livekit_answers(host: str, port: int, scheme: str = "http") -> bool:
    """True if a LiveKit server answers there: its root says OK."""
    try:
        with urllib.request.urlopen(f"{scheme}://{host}:{port}/", timeout=2) as answer:
            return bool(answer.read(16).strip() == b"OK")
    except (OSError, urllib.error.URLError, ValueError):
        return False


def start_livekit(
    var_dir: Path,
    port: int | None = None,
    *,
    webhook_url: str = "http://127.0.0.1:8000/api/livekit/webhook",
    keys: tuple[str, str],
) -> Running:
    """A LiveKit server with the key pair; its `url` is a LIVEKIT_URL."""
    port = port or find_free_port(media=True)
    config = write_livekit_config(var_dir / "livekit.yaml", port, webhook_url, *keys)
    running = start(
        "livekit",
        livekit_command(config),
        url=f"ws://{HOST}:{port}",
        log=var_dir / "logs" / "livekit.log",
        ready=lambda: livekit_answers(HOST, port),
        # It reads LIVEKIT_PORT and the like itself, and they would win over the file.
        env={name: value for name, value in os.environ.items() if not name.startswith("LIVEKIT_")},
    )
    running.stop_signal = STOP_SIGNAL
    return running
