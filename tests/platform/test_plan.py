"""What `make run` decides to start, before it starts anything."""

import socket
from pathlib import Path

import pytest

from callcenter_site import env
from tools.stack import StackError, find_free_port, start_livekit, start_redis
from tools.stack.plan import Plan, make_plan
from tools.stack.programs import order, programs, supervisor_config
from tools.stack.steps import prepared_fingerprint, prepared_stamp

KEYS = ("given-key", "a-given-secret-of-more-than-thirty-two")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Nothing set but free ports and a VAR_DIR of this test's."""
    for name in ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET", "REDIS_URL", "DATABASE_URL"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("PORT", str(find_free_port()))
    monkeypatch.setenv("LIVEKIT_PORT", str(find_free_port(media=True)))
    return monkeypatch


def _plan() -> Plan:
    return make_plan(env.load())


def _names(plan: Plan) -> list[str]:
    return [part.name for part in programs(plan, ())]


def test_with_nothing_set_livekit_and_redis_are_ours() -> None:
    plan = _plan()
    assert plan.livekit_port == plan.env.livekit_port
    assert plan.redis_url == f"redis://127.0.0.1:{plan.redis_port}/0"
    steps_and_processes = ["prepare", "web", "answering", "tasks", "beat", "voicebot", "announce"]
    assert _names(plan) == ["redis", "livekit", *steps_and_processes]


def test_a_taken_redis_port_is_replaced_by_a_free_one(machine: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        machine.setattr("tools.stack.plan._REDIS_PORT", port)
        assert _plan().redis_port not in {None, port}


def test_a_loopback_livekit_nobody_answers_at_is_started_there_with_the_keys_given(machine: pytest.MonkeyPatch) -> None:
    port = find_free_port(media=True)
    _set_livekit(machine, f"ws://127.0.0.1:{port}")
    plan = _plan()
    assert plan.livekit_port == port
    assert (plan.env.livekit_api_key, plan.env.livekit_api_secret) == KEYS
    assert plan.environment()["LIVEKIT_URL"] == f"ws://127.0.0.1:{port}"


def test_a_livekit_that_answers_is_used(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with start_livekit(tmp_path / "other", keys=KEYS) as other:
        _set_livekit(machine, other.url)
        plan = _plan()
    assert plan.livekit_port is None
    assert "livekit" not in _names(plan)


def test_what_is_no_livekit_is_not_taken_for_one(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with start_redis(tmp_path / "other") as other:
        _set_livekit(machine, other.url.replace("redis:", "ws:").removesuffix("/0"))
        with pytest.raises(StackError, match=r"^LIVEKIT_URL: port .* taken by a program that is not"):
            _plan()


def test_a_livekit_elsewhere_that_does_not_answer_is_named(machine: pytest.MonkeyPatch) -> None:
    _set_livekit(machine, "ws://livekit.invalid:7880")
    with pytest.raises(StackError, match=r"^LIVEKIT_URL: no LiveKit server answers"):
        _plan()


def test_a_redis_given_is_used(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with start_redis(tmp_path / "other") as other:
        machine.setenv("REDIS_URL", other.url)
        plan = _plan()
    assert (plan.redis_port, plan.redis_url) == (None, other.url)
    assert "redis" not in _names(plan)


def test_pages_come_before_the_preparation_where_it_was_done_before(tmp_path: Path) -> None:
    plan = _plan()
    assert order(plan)[""] == ("prepare",)
    (tmp_path / "db.sqlite3").touch()
    prepared_stamp(tmp_path).write_text(prepared_fingerprint(plan.env.database_url))
    assert order(plan)[""] == ("web", "answering")


def test_new_migrations_are_applied_before_pages(tmp_path: Path) -> None:
    (tmp_path / "db.sqlite3").touch()
    prepared_stamp(tmp_path).write_text("of older migrations")
    assert order(_plan())[""] == ("prepare",)


@pytest.mark.parametrize("prepared", [True, False])
def test_every_program_is_started_once_whatever_the_order(prepared: bool, tmp_path: Path) -> None:
    plan = _plan()
    if prepared:
        (tmp_path / "db.sqlite3").touch()
        prepared_stamp(tmp_path).write_text(prepared_fingerprint(plan.env.database_url))
    started = [name for names in order(plan).values() for name in names]
    assert sorted(started) == sorted(set(_names(plan)) - {"redis", "livekit"})


def test_a_percent_sign_in_a_path_survives_the_supervisors_expansion(
    machine: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine.setenv("VAR_DIR", str(tmp_path / "50%full"))
    plan = _plan()
    text = supervisor_config(plan, programs(plan, ()))
    assert "50%%full" in text
    assert "50%full/" not in text


def test_the_media_servers_own_variables_do_not_overrule_its_file() -> None:
    command = next(part.command for part in programs(_plan(), ()) if part.name == "livekit")
    assert command[:1] == ["env"]
    assert "LIVEKIT_PORT" in command


def _set_livekit(machine: pytest.MonkeyPatch, url: str) -> None:
    machine.setenv("LIVEKIT_URL", url)
    machine.setenv("LIVEKIT_API_KEY", KEYS[0])
    machine.setenv("LIVEKIT_API_SECRET", KEYS[1])
