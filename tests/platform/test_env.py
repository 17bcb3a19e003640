"""The environment's typed door."""

import stat
import threading
from pathlib import Path

import pytest

from callcenter_site import env


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {"VAR_DIR": str(tmp_path / "var")}


def test_nothing_set_runs_on_this_machine(variables: dict[str, str], tmp_path: Path) -> None:
    loaded = env.load(variables)
    assert loaded.livekit_url == loaded.livekit_public_url == "ws://127.0.0.1:7880"
    assert loaded.public_url == "http://127.0.0.1:8000"
    assert loaded.database_url == f"sqlite:///{tmp_path}/var/db.sqlite3"
    assert loaded.redis_url == "redis://127.0.0.1:6379/0"
    assert loaded.cors_allowed_origins == []
    assert (loaded.rate_limit_public, loaded.default_language, loaded.debug) == ("120/m", "en", False)


def test_an_empty_value_counts_as_not_set(variables: dict[str, str]) -> None:
    assert env.load(variables | {"PORT": "", "COMPANY_NAME": "  "}).port == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("LIVEKIT_PORT", "65534"),
        ("DEBUG", "maybe"),
        ("VOICE_PROVIDER", "parrot"),
        ("TTS_PROVIDER", "parrot"),
        ("AVATAR_PROVIDER", "parrot"),
        ("DEFAULT_LANGUAGE", "fr"),
        ("MAX_AI_CALLS", "-1"),
        ("WARM_AI_CALLS", "some"),
        ("RATE_LIMIT_PUBLIC", "lots"),
        ("RATE_LIMIT_PUBLIC", "0/m"),
        ("CORS_ALLOWED_ORIGINS", "www.example.com"),
        ("CORS_ALLOWED_ORIGINS", "https://www.example.com/page"),
        ("DATABASE_URL", "mysql://root@db/x"),
        ("REDIS_URL", "localhost:6379"),
        ("LIVEKIT_URL", "localhost"),
        ("LIVEKIT_URL", "ws://127.0.0.1:port"),
        ("LIVEKIT_PUBLIC_URL", "ftp://x"),
        ("OPENAI_BASE_URL", "api.openai.com"),
        ("PUBLIC_URL", "calls.example.com"),
        ("ALLOWED_HOSTS", "http://calls.example.com"),
        ("NUM_PROXIES", "many"),
        ("WORKER_DRAIN_SECONDS", "long"),
        ("SILENCE_SECONDS", "20,50"),
        ("CUSTOMER_TOKEN_SECRET", "too short"),
        ("SILENCE_SECONDS", "50,20,300"),
        ("TURN_TAKING", "patience=3"),
        ("TURN_TAKING", "complete=-1"),
        ("TURN_TAKING", "complete"),
        ("STT_FALLBACK", "parrot"),
        ("LLM_FALLBACK", "offline"),
        ("TTS_FALLBACK", "openai@"),
        ("REALTIME_FALLBACK", "http://127.0.0.1:8001/v1"),
        ("AI_CALL_MINUTES", "0"),
        ("AI_CALL_MEMORY_MB", "lots"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_expected(variables: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(env.BadEnvironment) as caught:
        env.load(variables | {name: value})
    assert str(caught.value).startswith(f"{name}: expected ")
    assert len(str(caught.value).splitlines()) == 1


def test_all_wrong_values_are_named_at_once(variables: dict[str, str]) -> None:
    with pytest.raises(env.BadEnvironment) as caught:
        env.load(variables | {"PORT": "x", "DEBUG": "x"})
    assert {line.split(":")[0] for line in str(caught.value).splitlines()} == {"PORT", "DEBUG"}


@pytest.mark.parametrize(
    ("provider", "key"),
    [
        ({"VOICE_PROVIDER": "openai"}, "OPENAI_API_KEY"),
        ({"VOICE_PROVIDER": "gemini-realtime"}, "GOOGLE_API_KEY"),
        ({"TTS_PROVIDER": "elevenlabs"}, "ELEVENLABS_API_KEY"),
        ({"TTS_PROVIDER": "smallest"}, "SMALLEST_API_KEY"),
    ],
)
def test_a_chosen_provider_needs_its_key(variables: dict[str, str], provider: dict[str, str], key: str) -> None:
    with pytest.raises(env.BadEnvironment, match=f"^{key}: expected a value"):
        env.load(variables | provider)
    env.load(variables | provider | {key: "given"})


def test_servers_of_ones_own_need_no_key_of_openai(variables: dict[str, str]) -> None:
    own = {"VOICE_PROVIDER": "openai", "LLM_BASE_URL": "http://127.0.0.1:11434/v1"}
    with pytest.raises(env.BadEnvironment, match=r"^OPENAI_API_KEY: expected a value"):
        env.load(variables | own)
    env.load(variables | own | {"STT_BASE_URL": "http://127.0.0.1:8001/v1"})
    env.load(variables | {"TTS_PROVIDER": "openai", "TTS_BASE_URL": "http://127.0.0.1:8002/v1"})


def test_a_livekit_elsewhere_needs_both_keys(variables: dict[str, str]) -> None:
    elsewhere = variables | {"LIVEKIT_URL": "wss://livekit.example.com"}
    with pytest.raises(env.BadEnvironment, match=r"LIVEKIT_API_KEY: [\s\S]*LIVEKIT_API_SECRET: "):
        env.load(elsewhere)
    loaded = env.load(elsewhere | {"LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "secret"})
    assert (loaded.livekit_api_key, loaded.livekit_api_secret) == ("key", "secret")


def test_half_a_key_pair_is_refused(variables: dict[str, str]) -> None:
    with pytest.raises(env.BadEnvironment, match=r"^LIVEKIT_API_SECRET: "):
        env.load(variables | {"LIVEKIT_API_KEY": "key"})


def test_secrets_are_made_once_and_only_the_owner_reads_them(variables: dict[str, str], tmp_path: Path) -> None:
    first, second = env.load(variables), env.load(variables)
    assert first == second
    assert len(first.livekit_api_secret) >= 32
    assert len(first.secret_key) >= 50
    files = list((tmp_path / "var" / "secrets").iterdir())
    assert {file.name for file in files} == {"secret_key", "livekit_api_secret", "demo_password"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@pytest.mark.race
def test_processes_that_start_together_agree_on_a_secret(tmp_path: Path) -> None:
    made: list[str] = []
    barrier = threading.Barrier(8)

    def start(number: int) -> None:
        barrier.wait()
        made.append(env.made_once(tmp_path, "key", lambda: f"from {number}"))

    threads = [threading.Thread(target=start, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert set(made) == {(tmp_path / "secrets" / "key").read_text()}
    assert [file.name for file in (tmp_path / "secrets").iterdir()] == ["key"]


def test_secrets_do_not_show_when_the_environment_is_printed(variables: dict[str, str]) -> None:
    loaded = env.load(variables | {"OPENAI_API_KEY": "sk-private", "DATABASE_URL": "postgres://u:pw-private@h/n"})
    shown = repr(loaded)
    assert "private" not in shown
    assert loaded.livekit_api_secret not in shown


def test_redis_of_a_running_stack_is_found_without_its_variables(variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "redis.url").write_text("redis://127.0.0.1:7001/0")
    assert env.load(variables).redis_url == "redis://127.0.0.1:7001/0"
    assert env.load(variables | {"REDIS_URL": "redis://r/1"}).redis_url == "redis://r/1"


def test_the_public_address_is_among_the_hosts_served(variables: dict[str, str]) -> None:
    loaded = env.load(variables | {"PUBLIC_URL": "https://calls.example.com", "ALLOWED_HOSTS": "web"})
    assert loaded.allowed_hosts == ["web", "calls.example.com"]


def test_origins_are_a_list_without_slashes(variables: dict[str, str]) -> None:
    loaded = env.load(variables | {"CORS_ALLOWED_ORIGINS": "https://a.example, http://localhost:3000/"})
    assert loaded.cors_allowed_origins == ["https://a.example", "http://localhost:3000"]


def test_the_example_lists_every_variable_and_no_other() -> None:
    source = "".join(path.read_text() for path in (env.ROOT / "callcenter_site").glob("env*.py"))
    example = (env.ROOT / ".env.example").read_text()
    listed = {line[2:].split("=")[0] for line in example.splitlines() if line.startswith("# ") and "=" in line[:25]}
    readers = ("text", "number", "flag", "choice", "url", "names")
    read = {part.split('"')[1] for reader in readers for part in source.split(f"r.{reader}(")[1:] if part[0] == '"'}
    assert listed == read


def test_sqlite_waits_for_locks_and_writes_ahead() -> None:
    config = env.database("sqlite:////tmp/x.sqlite3")
    assert config["NAME"] == "/tmp/x.sqlite3"
    assert config["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in config["OPTIONS"]["init_command"]


def test_postgres_keeps_its_own_options() -> None:
    config = env.database("postgres://u:p@h:5433/n")
    assert (config["ENGINE"], config["HOST"], config["PORT"]) == ("django.db.backends.postgresql", "h", 5433)
    assert "pool" not in config["OPTIONS"]


def test_a_database_behind_a_proxy_is_not_asked_to_keep_statements() -> None:
    assert "prepare_threshold" in env.database("postgres://u:p@h:5433/n")["OPTIONS"]
    assert env.database("postgres://u:p@h:5433/n", prepared=False)["OPTIONS"] == {}


def test_options_in_the_address_of_the_database_are_not_overridden() -> None:
    config = env.database("postgres://u:p@h:5433/n?sslmode=require&options=-c%20lock_timeout%3D5s")
    assert config["OPTIONS"] == {"sslmode": "require", "options": "-c lock_timeout=5s", "prepare_threshold": 1}
