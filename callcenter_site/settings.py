"""All settings, read once from the environment (`callcenter_site.env`)."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from callcenter_site import env as environment
from callcenter_site.logs import configure
from voicebot.providers import table

env = environment.load()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = env.var_dir
VERSION = "1.0.0"

SECRET_KEY = env.secret_key
DEBUG = env.debug
ALLOWED_HOSTS = env.allowed_hosts
PUBLIC_URL = env.public_url
SECURE = PUBLIC_URL.startswith("https://")

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "ninja",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "corsheaders",
    "csp",
    "auditlog",
    "django_prometheus",
    "django_structlog",
    "common",
    "calls",
    "queueing",
    "knowledge",
    "voicebot",
    "agents_ui",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "calls.middleware.ApiBoundary",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "calls.idempotency.IdempotencyMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "callcenter_site.urls"
ASGI_APPLICATION = "callcenter_site.asgi.application"
WSGI_APPLICATION = None

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- state -----------------------------------------------------------------------------------------------------
DATABASES = {"default": environment.database(env.database_url, env.database_pool, prepared=env.database_prepared)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.redis_url,
        "OPTIONS": {"pool_class": "common.cache.SharedPool"},
    }
}
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        # The core layer drops messages over its capacity without an error; the publish/subscribe layer does not queue.
        "BACKEND": "common.layer.Layer",
        "CONFIG": {"hosts": [env.redis_url]},
    }
}

# --- tasks -----------------------------------------------------------------------------------------------------
REDIS_URL = env.redis_url
CELERY_BROKER_URL = env.redis_url
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Celery itself would close the database's connection after every task; `celery.py` looks after it.
CELERY_DB_REUSE_MAX = 1_000_000_000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_VISIBILITY_TIMEOUT = 120
# A request must not wait for a lost Redis: deadlines and sweeps do later what a task could not do now.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 120, "socket_timeout": 5, "socket_connect_timeout": 2}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"visibility_timeout": 120}
CELERY_TIMEZONE = "UTC"

# --- LiveKit ---------------------------------------------------------------------------------------------------
LIVEKIT_URL = env.livekit_url
LIVEKIT_PUBLIC_URL = env.livekit_public_url
LIVEKIT_API_KEY = env.livekit_api_key
LIVEKIT_API_SECRET = env.livekit_api_secret
LIVEKIT_AGENT_NAME = "receptionist"
TELEPHONY = "calls.telephony.LiveKitTelephony"

# --- calls -----------------------------------------------------------------------------------------------------
COMPANY_NAME = env.company_name
CUSTOMER_TOKEN_SECRET = env.customer_token_secret
DEFAULT_LANGUAGE = env.default_language
PROMPTS_DIR = env.prompts_dir
CALL_LANGUAGES, WELCOME_LANGUAGES = env.call_languages, env.welcome_languages
MAX_AI_CALLS, WARM_AI_CALLS, READY_AI_ROOMS = env.max_ai_calls, env.warm_ai_calls, env.ready_ai_rooms
RATE_LIMIT_PUBLIC = env.rate_limit_public
NINJA_NUM_PROXIES = env.num_proxies
JOIN_SECONDS = 60
GRACE_SECONDS = 30
AI_JOIN_SECONDS = 10
AI_LEASE_SECONDS = 5
HEARTBEAT_SECONDS = 15

# --- voice -----------------------------------------------------------------------------------------------------
VOICE_PROVIDER = env.voice_provider
TTS_PROVIDER = env.tts_provider
SILENCE_SECONDS = env.silence_seconds
TURN_TAKING = env.turn_taking
AI_CALL_MINUTES, AI_CALL_MEMORY_MB = env.ai_call_minutes, env.ai_call_memory_mb
STT_FALLBACK, STT_FALLBACK_API_KEY = env.stt_fallback, env.stt_fallback_api_key
LLM_FALLBACK, LLM_FALLBACK_API_KEY = env.llm_fallback, env.llm_fallback_api_key
TTS_FALLBACK, TTS_FALLBACK_API_KEY = env.tts_fallback, env.tts_fallback_api_key
REALTIME_FALLBACK = env.realtime_fallback
# What a department may choose: its name, and the sets of variables of which one is needed.
VOICE_PARTS = {
    "voices": {name: (part.title or part.label, part.needs) for name, part in table.VOICES.items()},
    "speakers": {name: (part.title or part.label, part.needs) for name, part in table.SPEAKERS.items()},
}
STT_MODEL, LLM_MODEL, TTS_MODEL, TTS_VOICE = env.stt_model, env.llm_model, env.tts_model, env.tts_voice
OPENAI_API_KEY, OPENAI_BASE_URL = env.openai_api_key, env.openai_base_url
STT_API_KEY, STT_BASE_URL = env.stt_api_key, env.stt_base_url
LLM_API_KEY, LLM_BASE_URL = env.llm_api_key, env.llm_base_url
TTS_API_KEY, TTS_BASE_URL = env.tts_api_key, env.tts_base_url
GOOGLE_API_KEY, GOOGLE_BASE_URL = env.google_api_key, env.google_base_url
REALTIME_MODEL, REALTIME_VOICE, REALTIME_STT = env.realtime_model, env.realtime_voice, env.realtime_stt
ELEVENLABS_API_KEY, ELEVENLABS_VOICE_ID = env.elevenlabs_api_key, env.elevenlabs_voice_id
ELEVENLABS_BASE_URL = env.elevenlabs_base_url
SMALLEST_API_KEY, SMALLEST_VOICE_ID = env.smallest_api_key, env.smallest_voice_id
SMALLEST_BASE_URL = env.smallest_base_url
AVATAR_PROVIDER = env.avatar_provider
TAVUS_API_KEY = env.tavus_api_key
TAVUS_REPLICA_ID, TAVUS_PERSONA_ID = env.tavus_replica_id, env.tavus_persona_id
TAVUS_BASE_URL = env.tavus_base_url

# --- sign-in ---------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "agents_ui.accounts.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = False
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "callcenter_site.views.csrf_failure"

DEMO_PASSWORD = env.demo_password

# --- audit -----------------------------------------------------------------------------------------------------
# Configuration only: a call's history is its own log. Fields the engine moves are not configuration.
AUDITLOG_INCLUDE_TRACKING_MODELS = (
    {"model": "queueing.Department"},
    {"model": "queueing.Faq"},
    {"model": "queueing.OpeningHours"},
    {"model": "queueing.SpecialDay"},
    {"model": "queueing.Disposition"},
    {
        "model": "queueing.Agent",
        "include_fields": ["user", "display_name", "language", "auto_answer", "is_active"],
    },
    {"model": "queueing.Membership"},
    {"model": "knowledge.Article"},
    {"model": "calls.ApiKey", "exclude_fields": ["key_hash", "last_used_at"]},
    {"model": "calls.Company", "exclude_fields": ["admissions"]},
    {
        "model": "auth.User",
        "exclude_fields": ["last_login"],
        "mask_fields": ["password"],
        "mask_callable": "common.audit.hidden",
        "m2m_fields": ["groups", "user_permissions"],
    },
    {"model": "auth.Group", "m2m_fields": ["permissions"]},
)

# --- browsers --------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
X_FRAME_OPTIONS = "SAMEORIGIN"
CORS_ALLOWED_ORIGINS = env.cors_allowed_origins
CORS_ALLOW_CREDENTIALS = False
CORS_URLS_REGEX = r"^/(api/|health$)"
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "idempotency-key", "x-csrftoken"]


def _livekit_sources() -> list[str]:
    """The LiveKit server as the browser reaches it, by socket and by HTTP (region and validate calls)."""
    parts = urlsplit(LIVEKIT_PUBLIC_URL)
    secure = parts.scheme in ("wss", "https")
    return [f"{'wss' if secure else 'ws'}://{parts.netloc}", f"{'https' if secure else 'http'}://{parts.netloc}"]


CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:", "data:", "mediastream:"],
        "worker-src": [SELF, "blob:"],
        "connect-src": [SELF, *_livekit_sources()],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    },
}

# --- languages, files ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ar", "العربية")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 0 if DEBUG else 3600
# One JSON request is small; uploads are checked where they are taken.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

PROMETHEUS_EXPORT_MIGRATIONS = False
LOGGING = configure(debug=DEBUG)
