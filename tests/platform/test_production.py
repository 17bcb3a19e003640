"""compose.yaml and the Dockerfile, as far as they can be judged without containers."""

import re
from typing import Any

import pytest
import yaml

from callcenter_site.env import BadEnvironment, load
from tools.setup import ROOT
from tools.stack.plan import Plan
from tools.stack.programs import programs

PRODUCT = {"web", "tasks", "beat", "voicebot", "migrate"}
SECONDS = {"s": 1, "m": 60}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return found


def _seconds(text: str) -> int:
    return int(text[:-1]) * SECONDS[text[-1]]


def _filled(text: str) -> str:
    """What compose makes of `${NAME:-default}` and `${NAME:?message}` where the required ones are given."""
    given = {
        "PUBLIC_URL": "https://calls.example.com",
        "ALLOWED_HOSTS": "calls.example.com",
        "LIVEKIT_PUBLIC_URL": "wss://livekit.example.com",
    }

    def value(found: re.Match[str]) -> str:
        name, required, default = found.group(1), found.group(2) == ":?", found.group(3)
        return given.get(name, "given" if required else default)

    return re.sub(r"\$\{(\w+)(:[-?])([^}]*)\}", value, text)


def test_the_same_processes_run_as_under_make_run(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == PRODUCT | {"postgres", "redis", "livekit"}


@pytest.mark.parametrize("name", ["web", "tasks", "beat", "voicebot"])
def test_a_process_has_the_command_of_make_run(compose: dict[str, Any], name: str) -> None:
    env = load({"VAR_DIR": "/nonexistent/callcenter", "SECRET_KEY": "x", "DEMO_PASSWORD": "x"} | _livekit_keys())
    plan = Plan(env=env, livekit_port=None, redis_port=None, redis_url=env.redis_url)
    started = {part.name: part for part in programs(plan, ())}[name]
    here, there = started.command, compose["services"][name]["command"]
    # Where it listens, where it keeps its schedule and how much it says may differ.
    differs = {"127.0.0.1", "0.0.0.0", str(env.port), "8000", "-q", "/tmp/celerybeat-schedule"}
    differs |= {f"{env.var_dir}/celerybeat-schedule"}
    program = here[0].rsplit("/", 1)[-1]
    assert [program, *(part for part in here[1:] if part not in differs)] == [p for p in there if p not in differs]
    told = {f"{key}={value}" for key, value in compose["services"][name]["environment"].items()}
    assert set(started.environment) == {one for one in told if one.startswith("DATABASE_POOL=")}


def _livekit_keys() -> dict[str, str]:
    return {"LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "secret"}


def test_the_product_starts_with_the_environment_given(compose: dict[str, Any]) -> None:
    environment = {name: _filled(str(value)) for name, value in compose["services"]["web"]["environment"].items()}
    loaded = load(environment | {"VAR_DIR": "/nonexistent/callcenter", "DEMO_PASSWORD": "x"})
    assert loaded.database_url.startswith("postgres://")
    assert {"calls.example.com", "web"} <= set(loaded.allowed_hosts)
    assert loaded.livekit_public_url == "wss://livekit.example.com"


def test_every_variable_handed_on_is_one_the_product_reads(compose: dict[str, Any]) -> None:
    example = (ROOT / ".env.example").read_text()
    read = set(re.findall(r"^# ([A-Z_]+)=", example, re.MULTILINE))
    assert set(compose["services"]["web"]["environment"]) <= read


def test_no_secret_is_written_down(compose: dict[str, Any]) -> None:
    text = (ROOT / "compose.yaml").read_text()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "LIVEKIT_API_SECRET"):
        assert f"${{{name}:?" in text
    environment = compose["services"]["web"]["environment"]
    assert all(re.fullmatch(r"\$\{\w+:[-?].*\}", environment[name]) for name in environment if "KEY" in name)


def test_migrations_come_before_what_needs_them(compose: dict[str, Any]) -> None:
    for name in PRODUCT - {"migrate"}:
        waits_for = compose["services"][name]["depends_on"]
        assert waits_for["migrate"] == {"condition": "service_completed_successfully"}
    assert compose["services"]["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_what_stays_up_is_watched(compose: dict[str, Any]) -> None:
    watched = {name for name, service in compose["services"].items() if "healthcheck" in service}
    # LiveKit's image has no shell and no client; the product's own health says whether it answers.
    assert watched == set(compose["services"]) - {"migrate", "livekit"}


def test_the_worker_may_finish_its_calls(compose: dict[str, Any]) -> None:
    voicebot = compose["services"]["voicebot"]
    drain = int(voicebot["environment"]["WORKER_DRAIN_SECONDS"])
    assert _seconds(voicebot["stop_grace_period"]) > drain
    assert _seconds(compose["services"]["livekit"]["stop_grace_period"]) > drain


def test_only_media_are_open_to_the_world(compose: dict[str, Any]) -> None:
    ports = {port for service in compose["services"].values() for port in service.get("ports", [])}
    assert {port for port in ports if not port.startswith("127.0.0.1:")} == {"7881:7881/tcp", "7882:7882/udp"}


def test_livekit_is_the_version_that_is_built_here(compose: dict[str, Any]) -> None:
    pinned = re.search(r"livekit/livekit-server (v[\d.]+)", (ROOT / "tools" / "livekit" / "go.mod").read_text())
    assert pinned
    assert compose["services"]["livekit"]["image"].endswith(f":{pinned.group(1)}")
    config = yaml.safe_load(_filled(compose["services"]["livekit"]["environment"]["LIVEKIT_CONFIG"]))
    assert config["webhook"]["urls"] == ["http://web:8000/api/livekit/webhook"]


def test_the_image_installs_by_the_lock_and_drops_its_rights() -> None:
    lines = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes" in lines
    assert "npm ci" in lines
    assert re.search(r"^USER callcenter$", lines, re.MULTILINE)


def test_secrets_and_state_do_not_reach_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", "var", ".git"} <= set(ignored)


def test_the_lock_names_no_registry() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        packages = re.findall(r"^[a-z0-9][^\n]*==[^\n]*", text, re.MULTILINE)
        assert len(packages) > 50
        assert all(package.endswith("\\") for package in packages), "a package without hashes"
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()


def test_production_without_its_secrets_does_not_start() -> None:
    with pytest.raises(BadEnvironment, match="LIVEKIT_API_SECRET"):
        load({"VAR_DIR": "/nonexistent", "LIVEKIT_URL": "ws://livekit:7880", "SECRET_KEY": "x", "DEMO_PASSWORD": "x"})
