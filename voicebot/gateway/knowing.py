"""What is known of the company's articles. Runs in a thread."""

from knowledge import services
from knowledge.selectors import ANSWERS, Hit, search
from voicebot.gateway.reading import ACTOR, call_of
from voicebot.receptionist.ports import Passage, Source


def look_up(call_id: str, question: str) -> tuple[Passage, ...]:
    """In the caller's language; in any other where there is nothing in it."""
    call = call_of(call_id)
    hits = search(question, department=call.department, language=call.language, least=ANSWERS)
    return tuple(map(_passage, hits or search(question, department=call.department, least=ANSWERS)))


def _passage(hit: Hit) -> Passage:
    source = Source(str(hit.article_id), hit.slug, hit.title)
    return Passage(source, hit.language, hit.heading, hit.text, hit.answer, hit.score)


def note_unanswered(call_id: str, question: str) -> None:
    services.note_unanswered(call_of(call_id), question, actor=ACTOR)
