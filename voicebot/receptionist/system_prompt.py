"""The system prompt of a call, from the prompt's file and what the system knows."""

from collections.abc import Iterable

from voicebot.receptionist.facts import CallFacts, DepartmentFacts, localised
from voicebot.receptionist.prompts import book, opening_sentence, refusal_sentence, waiting_sentence
from voicebot.receptionist.weeks import week_sentence


def system_prompt(facts: CallFacts) -> str:
    """The system prompt of this call for a language model."""
    return book(facts.language).system.format(
        company=facts.company,
        caller_name=_plain(facts.caller_name),
        contact=_plain(facts.contact),
        state=facts.state,
        queue=_queue_line(facts),
        departments=_lines(_department_line(item, facts.language) for item in facts.departments),
        faqs=_lines(_faq_lines(facts)),
        notes=_lines((*_known_lines(facts), *(f"{key}: {value}" for key, value in facts.notes))),
    )


def _known_lines(facts: CallFacts) -> Iterable[str]:
    """Of nobody who has not proved who he is."""
    if facts.known is None:
        return
    yield f"verified customer: {_plain(facts.known.name)}"
    if facts.known.calls:
        told = facts.known.summary or localised(facts.known.topics, facts.language)
        yield f"earlier calls: {facts.known.calls}; the last one: {_plain(told)}"


def _plain(value: str) -> str:
    return " ".join(value.split()) or "-"


def _lines(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items) or "-"


def _queue_line(facts: CallFacts) -> str:
    if not facts.waiting:
        outcome = facts.queue_outcome
        return refusal_sentence(facts, facts.refused_by, outcome, facts.queue_offer) if outcome else ""
    return waiting_sentence(facts.language, facts.queue_position, facts.estimated_wait)


def _department_line(department: DepartmentFacts, language: str) -> str:
    label = department.label(language)
    opening = opening_sentence(language, label, department.opening) if department.opening else ""
    week = week_sentence(language, label, department.opening.week) if department.opening else ""
    told = f"{department.slug}: {label}. {localised(department.description, language)} {week} {opening}"
    return " ".join(told.split())


def _faq_lines(facts: CallFacts) -> Iterable[str]:
    for department in facts.departments:
        for faq in department.faqs:
            question = next(iter(faq.questions.get(facts.language) or next(iter(faq.questions.values()), ())), "")
            yield f"{question} → {localised(faq.answer, facts.language)}"
