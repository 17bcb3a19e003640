"""Typed reading of the environment.

`load()` returns one frozen `Env`; every wrong value is collected and raised as one `BadEnvironment` that names each
variable and what it expects. An empty value counts as not set. A `.env` file in the repository's root is read first;
the real environment wins. Secrets nobody set are made once under `VAR_DIR/secrets`, readable by the owner only.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from callcenter_site import env_voice
from callcenter_site.env_reader import Reader, is_url
from voicebot.providers.spares import Spare
from voicebot.providers.table import AVATARS, SPEAKERS, VOICES

ROOT: Final = Path(__file__).resolve().parent.parent
VOICE_PROVIDERS: Final = ("auto", *VOICES)
TTS_PROVIDERS: Final = ("auto", *SPEAKERS)
AVATAR_PROVIDERS: Final = ("none", *AVATARS)
LANGUAGES: Final = ("en", "ar")
_LEAST_SECRET: Final = 32  # bytes: a key for HS256
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class BadEnvironment(ImproperlyConfigured):
    """One line for each variable that is wrong: its name and what is expected. Values are not repeated."""


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the environment says, checked. Unset texts are empty strings."""

    var_dir: Path
    port: int
    debug: bool
    secret_key: str = field(repr=False)
    allowed_hosts: list[str]
    public_url: str
    cors_allowed_origins: list[str]
    rate_limit_public: str
    num_proxies: int
    database_url: str = field(repr=False)
    database_pool: int
    database_prepared: bool
    redis_url: str = field(repr=False)
    demo_password: str = field(repr=False)
    customer_token_secret: str = field(repr=False)
    company_name: str
    default_language: str
    prompts_dir: str
    call_languages: tuple[str, ...]
    welcome_languages: tuple[str, ...]
    # LiveKit
    livekit_port: int
    livekit_url: str
    livekit_public_url: str
    livekit_api_key: str
    livekit_api_secret: str = field(repr=False)
    # Voice
    voice_provider: str
    tts_provider: str
    max_ai_calls: int
    warm_ai_calls: int
    ready_ai_rooms: int
    worker_drain_seconds: int
    silence_seconds: tuple[int, int, int]
    turn_taking: str
    ai_call_minutes: int
    ai_call_memory_mb: int
    stt_fallback: tuple[Spare, ...]
    llm_fallback: tuple[Spare, ...]
    tts_fallback: tuple[Spare, ...]
    stt_fallback_api_key: str = field(repr=False)
    llm_fallback_api_key: str = field(repr=False)
    tts_fallback_api_key: str = field(repr=False)
    realtime_fallback: tuple[Spare, ...]
    stt_model: str
    llm_model: str
    tts_model: str
    tts_voice: str
    realtime_model: str
    realtime_voice: str
    realtime_stt: str
    openai_api_key: str = field(repr=False)
    openai_base_url: str
    stt_base_url: str
    stt_api_key: str = field(repr=False)
    llm_base_url: str
    llm_api_key: str = field(repr=False)
    tts_base_url: str
    tts_api_key: str = field(repr=False)
    google_api_key: str = field(repr=False)
    google_base_url: str
    elevenlabs_api_key: str = field(repr=False)
    elevenlabs_voice_id: str
    elevenlabs_base_url: str
    smallest_api_key: str = field(repr=False)
    smallest_voice_id: str
    smallest_base_url: str
    avatar_provider: str
    tavus_api_key: str = field(repr=False)
    tavus_replica_id: str
    tavus_persona_id: str
    tavus_base_url: str


def load(environment: Mapping[str, str] | None = None) -> Env:
    """Reads `environment` (default: `.env`, then the process's). Raises `BadEnvironment` naming all that is wrong."""
    if environment is None:
        dotenv = ROOT / ".env"
        if dotenv.is_file():
            environ.Env.read_env(dotenv)
        environment = os.environ
    reader = Reader(environment)
    env = _read(reader)
    if reader.problems:
        raise BadEnvironment("\n".join(reader.problems))
    return env


def made_once(var_dir: Path, name: str, make: Callable[[], str]) -> str:
    """The secret kept in `var_dir/secrets/<name>` (mode 600), made now if nobody has yet. Safe for processes racing."""
    path = var_dir / "secrets" / name
    if not path.is_file():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
        try:
            os.link(draft, path)  # fails where another process was first: then theirs counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def is_loopback(url: str) -> bool:
    """True if the URL's host is this machine only."""
    return urlsplit(url).hostname in LOOPBACK


# A database that is gone is told of after so many seconds, and one that is back is found at the next request.
POOL_WAIT = 3.0


# How PostgreSQL is to keep the statements of `common.prepared`.
_PREPARED = {
    # From the second time on. The first would take a trip more, and a connection may live for one request.
    "prepare_threshold": 1,
    # One plan for all values: making one takes the server longer than most of them save.
    "options": "-c plan_cache_mode=force_generic_plan",
}


def database(url: str, pool: int = 0, *, prepared: bool = True) -> dict[str, Any]:
    """The entry of Django's DATABASES for `url`. Behind a proxy a statement may not be kept: not `prepared`.

    Connections are not kept by their threads: under ASGI every request has a thread of its own. With `pool`, a process
    keeps as many of PostgreSQL's at most, lends one to each request, and tries it before. Not for a process that forks:
    its children would share the sockets.
    """
    config: dict[str, Any] = dict(environ.Env.db_url_config(url))
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            # A transaction that reads first and writes later would fail with "locked" at once instead of waiting.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        # A file, because threads sharing a database in memory do not wait for each other's locks.
        config["TEST"] = {"NAME": f"{tempfile.gettempdir()}/callcenter-test-{os.getuid()}-{os.getpid()}.sqlite3"}
        return config
    # What the address asks for comes first.
    config["OPTIONS"] = {**(_PREPARED if prepared else {}), **config.get("OPTIONS", {})}
    if pool:
        config["OPTIONS"]["pool"] = {"min_size": 1, "max_size": pool, "timeout": POOL_WAIT, "reconnect_timeout": 1.0}
        config["CONN_HEALTH_CHECKS"] = True
    return config


MOST_WARM = 10
"""So many Start Calls at once are answered at once; 40 MB of memory each."""
MOST_IN_ROOMS = 10
"""So many of them wait in a room already while callers are about; 2 % of a processor each."""


def default_max_ai_calls(cores: int | None) -> int:
    """Two calls a core, never fewer than four: a call's job mostly waits for sound."""
    return max(4, 2 * (cores or 1))


def _read(r: Reader) -> Env:
    max_ai_calls = r.number("MAX_AI_CALLS", default_max_ai_calls(os.cpu_count()), 0, 10_000)
    warm_ai_calls = min(r.number("WARM_AI_CALLS", MOST_WARM, 0, 1000), max_ai_calls)
    var_dir = (ROOT / Path(r.text("VAR_DIR", "var")).expanduser()).resolve()
    port = r.number("PORT", 8000, 1, 65535)
    # LiveKit's media take the port two above it.
    livekit_port = r.number("LIVEKIT_PORT", 7880, 1, 65533)
    livekit_url = r.url("LIVEKIT_URL", f"ws://127.0.0.1:{livekit_port}", ("ws", "wss", "http", "https"))
    key, secret = _livekit_keys(r, livekit_url, var_dir)
    public_url = r.url("PUBLIC_URL", f"http://127.0.0.1:{port}", ("http", "https"))
    voice = r.choice("VOICE_PROVIDER", "auto", VOICE_PROVIDERS)
    tts = r.choice("TTS_PROVIDER", "auto", TTS_PROVIDERS)
    avatar = r.choice("AVATAR_PROVIDER", "none", AVATAR_PROVIDERS)
    r.require_part(f"VOICE_PROVIDER={voice}", VOICES.get(voice))
    r.require_part(f"TTS_PROVIDER={tts}", SPEAKERS.get(tts))
    r.require_part(f"AVATAR_PROVIDER={avatar}", AVATARS.get(avatar))
    return Env(
        var_dir=var_dir,
        port=port,
        debug=r.flag("DEBUG", default=False),
        secret_key=r.text("SECRET_KEY") or made_once(var_dir, "secret_key", lambda: secrets.token_urlsafe(48)),
        allowed_hosts=_allowed_hosts(r, public_url),
        public_url=public_url,
        cors_allowed_origins=_origins(r),
        rate_limit_public=_rate(r),
        num_proxies=r.number("NUM_PROXIES", 0, 0, 10),
        database_url=_database_url(r, var_dir),
        database_pool=r.number("DATABASE_POOL", 0, 0, 1000),
        database_prepared=r.flag("DATABASE_PREPARED", default=True),
        redis_url=_redis_url(r, var_dir),
        demo_password=r.text("DEMO_PASSWORD") or made_once(var_dir, "demo_password", lambda: secrets.token_urlsafe(9)),
        customer_token_secret=_customer_token_secret(r),
        company_name=r.text("COMPANY_NAME", "Demo Company"),
        default_language=r.choice("DEFAULT_LANGUAGE", "en", _languages(r)),
        prompts_dir=_prompts_dir(r),
        call_languages=_languages(r),
        welcome_languages=_welcome_languages(r),
        livekit_port=livekit_port,
        livekit_url=livekit_url,
        livekit_public_url=r.url("LIVEKIT_PUBLIC_URL", livekit_url, ("ws", "wss", "http", "https")),
        livekit_api_key=key,
        livekit_api_secret=secret,
        voice_provider=voice,
        tts_provider=tts,
        max_ai_calls=max_ai_calls,
        warm_ai_calls=warm_ai_calls,
        ready_ai_rooms=min(r.number("READY_AI_ROOMS", MOST_IN_ROOMS, 0, 1000), warm_ai_calls),
        worker_drain_seconds=r.number("WORKER_DRAIN_SECONDS", 20, 0, 7200),
        silence_seconds=env_voice.silence(r),
        turn_taking=env_voice.turn_taking(r),
        ai_call_minutes=r.number("AI_CALL_MINUTES", 60, 1, 1440),
        ai_call_memory_mb=r.number("AI_CALL_MEMORY_MB", 1024, 0, 65536),
        stt_fallback=env_voice.fallback(r, "STT", r.names("STT_FALLBACK", [])),
        llm_fallback=env_voice.fallback(r, "LLM", r.names("LLM_FALLBACK", [])),
        tts_fallback=env_voice.fallback(r, "TTS", r.names("TTS_FALLBACK", [])),
        realtime_fallback=env_voice.stand_ins(r, r.names("REALTIME_FALLBACK", [])),
        stt_fallback_api_key=r.text("STT_FALLBACK_API_KEY"),
        llm_fallback_api_key=r.text("LLM_FALLBACK_API_KEY"),
        tts_fallback_api_key=r.text("TTS_FALLBACK_API_KEY"),
        stt_model=r.text("STT_MODEL", "whisper-1"),
        llm_model=r.text("LLM_MODEL", "gpt-4o-mini"),
        tts_model=r.text("TTS_MODEL"),
        tts_voice=r.text("TTS_VOICE"),
        realtime_model=r.text("REALTIME_MODEL"),
        realtime_voice=r.text("REALTIME_VOICE"),
        realtime_stt=env_voice.realtime_ears(r),
        openai_api_key=r.text("OPENAI_API_KEY"),
        openai_base_url=r.url("OPENAI_BASE_URL", "", ("http", "https")),
        stt_base_url=r.url("STT_BASE_URL", "", ("http", "https")),
        stt_api_key=r.text("STT_API_KEY"),
        llm_base_url=r.url("LLM_BASE_URL", "", ("http", "https")),
        llm_api_key=r.text("LLM_API_KEY"),
        tts_base_url=r.url("TTS_BASE_URL", "", ("http", "https")),
        tts_api_key=r.text("TTS_API_KEY"),
        google_api_key=r.text("GOOGLE_API_KEY"),
        google_base_url=r.url("GOOGLE_BASE_URL", "", ("http", "https")),
        elevenlabs_api_key=r.text("ELEVENLABS_API_KEY"),
        elevenlabs_voice_id=r.text("ELEVENLABS_VOICE_ID"),
        elevenlabs_base_url=r.url("ELEVENLABS_BASE_URL", "", ("http", "https")),
        smallest_api_key=r.text("SMALLEST_API_KEY"),
        smallest_voice_id=r.text("SMALLEST_VOICE_ID"),
        smallest_base_url=r.url("SMALLEST_BASE_URL", "", ("http", "https")),
        avatar_provider=avatar,
        tavus_api_key=r.text("TAVUS_API_KEY"),
        tavus_replica_id=r.text("TAVUS_REPLICA_ID"),
        tavus_persona_id=r.text("TAVUS_PERSONA_ID"),
        tavus_base_url=r.url("TAVUS_BASE_URL", "", ("http", "https")),
    )


def _customer_token_secret(r: Reader) -> str:
    value = r.text("CUSTOMER_TOKEN_SECRET")
    if value and len(value.encode()) < _LEAST_SECRET:
        r.wrong("CUSTOMER_TOKEN_SECRET", f"at least {_LEAST_SECRET} characters, shared with the server that signs")
    return value


def _prompts_dir(r: Reader) -> str:
    value = r.text("PROMPTS_DIR")
    if value and not Path(value).is_dir():
        r.wrong("PROMPTS_DIR", "a folder with <language>.md, and <language>.toml for a language of your own")
    return value


def _languages(r: Reader) -> tuple[str, ...]:
    """Built in, and those with a file among the installation's own prompts."""
    own = sorted(path.stem for path in Path(r.text("PROMPTS_DIR")).glob("*.md")) if r.has("PROMPTS_DIR") else []
    return (*LANGUAGES, *(name for name in own if name not in LANGUAGES))


def _welcome_languages(r: Reader) -> tuple[str, ...]:
    named = r.names("WELCOME_LANGUAGES", [])
    if unknown := [name for name in named if name not in _languages(r)]:
        r.wrong("WELCOME_LANGUAGES", f"languages separated by commas, of {', '.join(_languages(r))}, not {unknown[0]}")
    return tuple(named)


def _livekit_keys(r: Reader, livekit_url: str, var_dir: Path) -> tuple[str, str]:
    """Both keys given, or (for a server of ours on this machine) both ours."""
    given = [name for name in ("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET") if r.has(name)]
    if len(given) == 1 or (not given and not is_loopback(livekit_url)):
        needed_by = given[0] if given else "LIVEKIT_URL on another machine"
        r.require(needed_by, ("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"))
        return "", ""
    if given:
        return r.text("LIVEKIT_API_KEY"), r.text("LIVEKIT_API_SECRET")
    return "callcenter", made_once(var_dir, "livekit_api_secret", lambda: secrets.token_hex(32))


def _database_url(r: Reader, var_dir: Path) -> str:
    value = r.text("DATABASE_URL", f"sqlite:///{var_dir / 'db.sqlite3'}")
    if not value.startswith(("sqlite:///", "postgres://", "postgresql://")):
        r.wrong("DATABASE_URL", "postgres://user:password@host:5432/name or sqlite:////path/to/file")
    return value


def _redis_url(r: Reader, var_dir: Path) -> str:
    """`REDIS_URL`, else where `make run` of this VAR_DIR started its own, else the usual address."""
    started = var_dir / "redis.url"
    default = started.read_text().strip() if started.is_file() else "redis://127.0.0.1:6379/0"
    value = r.text("REDIS_URL", default)
    if not is_url(value, ("redis", "rediss")) and not value.startswith("unix:///"):
        r.wrong("REDIS_URL", "redis://host:6379/0, rediss://… or unix:///path/to/socket")
    return value


def _allowed_hosts(r: Reader, public_url: str) -> list[str]:
    hosts = r.names("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
    if any("/" in host or " " in host for host in hosts):
        r.wrong("ALLOWED_HOSTS", "host names separated by commas, without http://")
    public = urlsplit(public_url).hostname or ""
    return hosts if public in hosts or "*" in hosts else [*hosts, public]


def _origins(r: Reader) -> list[str]:
    origins = [origin.rstrip("/") for origin in r.names("CORS_ALLOWED_ORIGINS", [])]
    for origin in origins:
        parts = urlsplit(origin)
        if not is_url(origin, ("http", "https")) or parts.path or parts.query:
            r.wrong(
                "CORS_ALLOWED_ORIGINS", "origins separated by commas, such as https://www.example.com, without a path"
            )
            return []
    return origins


def _rate(r: Reader) -> str:
    value = r.text("RATE_LIMIT_PUBLIC", "120/m")
    if not re.fullmatch(r"[1-9]\d{0,8}/[smhd]", value):
        r.wrong("RATE_LIMIT_PUBLIC", "a number and a unit s, m, h or d, such as 120/m")
    return value
