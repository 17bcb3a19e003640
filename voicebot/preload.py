"""Imported once by the fork server: what every call's process shares, loaded and untouched.

Only what has no threads, sockets or database connection may be made here: a fork would break those. What needs them
is `rehearsal`'s.
"""

# First: it sets Django up.
import voicebot.bootstrap  # isort: skip # noqa: F401
import time
from importlib import import_module

import kombu.transport.redis  # noqa: F401
import livekit.local_inference
import redis.asyncio  # noqa: F401
from celery import current_app
from django.conf import settings
from django.utils.module_loading import import_string
from livekit.agents.tokenize.basic import hyphenate_word
from livekit.agents.utils import http_context

from voicebot import session  # noqa: F401
from voicebot.gateway import DjangoGateway  # noqa: F401
from voicebot.offline.espeak import engine
from voicebot.offline.recognition import recogniser
from voicebot.providers.config import config_from
from voicebot.providers.registry import speaker_module, voice_module
from voicebot.providers.table import AVATARS
from voicebot.receptionist.chat import Message
from voicebot.receptionist.lexicon import lexicons
from voicebot.receptionist.pending import pending
from voicebot.receptionist.prompts import book, languages
from voicebot.receptionist.spoken import speak

BEGUN = time.monotonic()
"""When the worker started."""

lexicons()
for _language in languages():
    book(_language)
    speak("1", _language)
pending([Message("assistant", "welcome")])
engine()
# A second and more of a call's own, otherwise: the first news on a stream, the first task sent, the first caption.
import_string(str(settings.CHANNEL_LAYERS["default"]["BACKEND"]))
current_app.finalize()
hyphenate_word("welcome")
livekit.local_inference.init_vad()
# Every certificate of the machine is read for it, and livekit-agents wants it at the end of each call.
http_context._create_ssl_context()  # noqa: SLF001 -- it has no other name, and is kept for the process
_config = config_from(settings)
if _config.offline:
    recogniser()
# Three seconds of a call's own, otherwise.
voice_module(_config)
speaker_module(_config)
if _config.avatar is not None:
    import_module(AVATARS[_config.avatar.provider].module)
