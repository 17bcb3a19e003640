"""Who has proved who he is, and what is known of him. Runs in a thread."""

from calls.models import Call
from knowledge.selectors import LastCall, known_customer
from queueing.models import Department
from voicebot.receptionist.facts import KnownCaller
from voicebot.receptionist.faqs import content_words
from voicebot.receptionist.intents import Reading
from voicebot.receptionist.language import written_in

_LONGEST_TOPIC = 80
_LEAST_WORDS = 3


def known_caller(call: Call) -> KnownCaller | None:
    """None for whoever has not."""
    known = known_customer(call)
    if known is None:
        return None
    last = known.last
    topics, summary = (_topics(last), last.summary) if last is not None else ({}, "")
    return KnownCaller(known.name, known.calls, topics, summary, known.remembered)


def _topics(last: LastCall) -> dict[str, str]:
    """What the last call was about: his own words in their language, in the others its department."""
    department = Department.objects.filter(slug=last.department).first()
    topics = {"en": department.name("en"), "ar": department.name("ar")} if department is not None else {}
    if told := next((text for text in last.words if _tells(text)), ""):
        topics[written_in(told, "en")] = f"“{_short(told)}”"
    return topics


def _tells(text: str) -> bool:
    """Whether a line says what somebody wants, more than to talk with somebody."""
    reading = Reading.of(text)
    return len(content_words(text)) >= _LEAST_WORDS and not reading.wants_person


def _short(text: str) -> str:
    plain = " ".join(text.split()).rstrip(".!")
    return plain if len(plain) <= _LONGEST_TOPIC else f"{plain[:_LONGEST_TOPIC].rsplit(' ', 1)[0]}…"
