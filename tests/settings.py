"""The settings of the tests: the product's own, read in an environment of the tests' making.

pytest-django reads the settings before it reads any conftest.py, so the environment is made here. Nothing of the
developer's own environment or `.env` reaches the tests, and each process of a parallel run has a VAR_DIR of its own.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tools.stack import find_free_port

# What the product reads and a developer may have set: a test must not depend on it.
_FORGOTTEN = (
    "ALLOWED_HOSTS", "AVATAR_PROVIDER", "COMPANY_NAME", "CORS_ALLOWED_ORIGINS", "CUSTOMER_TOKEN_SECRET",
    "DEBUG", "DEFAULT_LANGUAGE",
    "ELEVENLABS_API_KEY", "ELEVENLABS_BASE_URL", "ELEVENLABS_VOICE_ID", "GOOGLE_API_KEY",
    "GOOGLE_BASE_URL", "REALTIME_MODEL", "REALTIME_STT", "REALTIME_VOICE",
    "LIVEKIT_PUBLIC_URL", "LIVEKIT_URL", "LLM_MODEL", "MAX_AI_CALLS",
    "WARM_AI_CALLS", "READY_AI_ROOMS",
    "NUM_PROXIES", "OPENAI_API_KEY", "OPENAI_BASE_URL", "PORT", "PUBLIC_URL", "SMALLEST_API_KEY", "SMALLEST_BASE_URL",
    "PROMPTS_DIR", "WELCOME_LANGUAGES", "SMALLEST_VOICE_ID", "STT_MODEL",
    "LLM_API_KEY", "LLM_BASE_URL", "STT_API_KEY", "STT_BASE_URL", "TTS_API_KEY", "TTS_BASE_URL",
    "STT_FALLBACK", "LLM_FALLBACK", "TTS_FALLBACK", "REALTIME_FALLBACK", "AI_CALL_MINUTES", "AI_CALL_MEMORY_MB",
    "TAVUS_API_KEY", "TAVUS_BASE_URL", "TTS_MODEL", "TTS_PROVIDER", "TTS_VOICE",
)  # fmt: skip


def _environment() -> dict[str, str]:
    var_dir = Path(tempfile.mkdtemp(prefix="callcenter-tests-"))
    (var_dir / "static").mkdir()
    atexit.register(shutil.rmtree, var_dir, ignore_errors=True)
    return {
        **dict.fromkeys(_FORGOTTEN, ""),  # empty counts as not set, and keeps `.env` from filling it in
        "VAR_DIR": str(var_dir),
        "SECRET_KEY": "tests-only-secret-key-tests-only-secret-key",
        "DEMO_PASSWORD": "tests-only-password",
        "LIVEKIT_API_KEY": "testkey",
        "LIVEKIT_API_SECRET": "tests-only-livekit-secret-of-more-than-32-bytes",
        "LIVEKIT_PORT": "7880",
        "RATE_LIMIT_PUBLIC": "1000000/m",
        "VOICE_PROVIDER": "offline",
        "REDIS_URL": f"redis://127.0.0.1:{find_free_port()}/0",
        # `TEST_DATABASE=postgres`: conftest.py starts the server there; the workers of a parallel run inherit it.
        "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", "") if _on_postgres() else "",
    }


def _on_postgres() -> bool:
    if os.environ.get("TEST_DATABASE") == "postgres":
        os.environ.setdefault("TEST_DATABASE_URL", f"postgres://postgres@127.0.0.1:{find_free_port()}/postgres")
        return True
    return False


os.environ.update(_environment())

from callcenter_site.settings import *  # noqa: E402, F403
from callcenter_site.settings import CELERY_BROKER_TRANSPORT_OPTIONS, DATABASES, VAR_DIR  # noqa: E402

TELEPHONY = "tests.fakes.FakeTelephony"
# Tasks sent without the `celery_calls` or `celery_runs` fixture lie in this process's memory and are never run.
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS.clear()
# Every test client would look through all static files first, otherwise, which costs more than what it then asks.
WHITENOISE_AUTOREFRESH = True
# Signing in is done a thousand times here and guards nothing.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    # A file, because threads sharing a database in memory do not wait for each other's locks.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
