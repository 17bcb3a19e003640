"""The settings of `python -m evals`: the product's and its provider, with a database and a media server of its own."""

import os
from pathlib import Path

# Before the product's settings are read: what is played never reaches the installation's rows, queues or rooms.
_OWN = Path(os.environ.get("EVALS_DIR") or Path(__file__).resolve().parent.parent / "var" / "evals")
_OWN.mkdir(parents=True, exist_ok=True)
os.environ["DATABASE_URL"] = f"sqlite:///{_OWN / f'plays-{os.getpid()}.sqlite3'}"

from callcenter_site.settings import *  # noqa: E402, F403
from callcenter_site.settings import CELERY_BROKER_TRANSPORT_OPTIONS, CHANNEL_LAYERS  # noqa: E402

EVALS_DIR = _OWN
COMPANY_NAME = "Demo Company"
DEMO_PASSWORD = "nobody-signs-in-here"
TELEPHONY = "tests.fakes.FakeTelephony"
# Tasks lie in this process's memory and are never run; nobody listens to the channels.
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS.clear()
CHANNEL_LAYERS["default"] = {"BACKEND": "evals.nobody.Nobody"}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
