"""Imported once by the fork server: what every call's process shares, loaded and untouched.

Only what has no threads, sockets or database connection may be made here: a fork would break those.
"""

# First: it sets Django up.
import voicebot.bootstrap
from voicebot import session  # noqa: F401
from voicebot.gateway import DjangoGateway  # noqa: F401
from voicebot.offline.espeak import engine
from voicebot.offline.recognition import recogniser
from voicebot.providing import OFFLINE, text_provider
from voicebot.receptionist.lexicon import lexicons
from voicebot.receptionist.prompts import book, languages

lexicons()
for _language in languages():
    book(_language)
engine()
if text_provider() == OFFLINE:
    recogniser()
else:
    # Three seconds of a call's own, otherwise.

    import voicebot.providers.openai  # noqa: F401
