"""The company's articles, and what is remembered of its customers. Runs in a thread."""

from knowledge import services
from knowledge.selectors import ANSWERS, Hit, search
from queueing import ewt, selectors
from queueing.standing import is_staffed
from voicebot.gateway.reading import ACTOR, call_of, opening_of
from voicebot.receptionist.ports import DepartmentStatus, Passage, Source


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


def remember(call_id: str, fact: str, consent: str) -> None:
    services.remember(call_of(call_id), fact, consent=consent, actor=ACTOR)


def forget(call_id: str) -> None:
    services.forget(call_of(call_id), actor=ACTOR)


def department_status(slug: str) -> DepartmentStatus:
    department = selectors.department_for(slug)
    line, people = selectors.department_stats([department])[slug], selectors.staffing()[department.pk]
    ahead = line["waiting"] + line["callbacks"]
    # With more people free than callers in front there is nothing to wait for.
    handling = selectors.mean_handling(department.pk)
    wait = ewt.estimate(ahead + 1, people["staffed"], handling, wrap_up=department.wrap_up_seconds)
    return DepartmentStatus(opening_of(department), is_staffed(department.pk), 0 if people["free"] > ahead else wait)
