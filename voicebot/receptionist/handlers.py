"""What each tool does: one gateway call, one sentence."""

from collections.abc import Mapping

from voicebot.receptionist.calling_back import settled
from voicebot.receptionist.contact import find_contact
from voicebot.receptionist.details import detail_rules, normalised
from voicebot.receptionist.ports import Promised, QueuePlace
from voicebot.receptionist.prompts import moment_words, phrase, waiting_sentence
from voicebot.receptionist.rating import names_rating
from voicebot.receptionist.toolkit import ToolContext, ToolResult

Arguments = Mapping[str, str]


async def escalate_to_human(context: ToolContext, arguments: Arguments) -> ToolResult:
    place = await _enqueue(context, arguments, arguments.get("department"))
    return _transferred(context, place, ("escalated",))


async def route_to_department(context: ToolContext, arguments: Arguments) -> ToolResult:
    place = await _enqueue(context, arguments, arguments["department"])
    return _transferred(context, place, ("routed", "escalated"))


async def _enqueue(context: ToolContext, arguments: Arguments, department: str | None) -> QueuePlace:
    return await context.gateway.escalate(
        context.facts.call_id,
        reason=arguments["reason"],
        department=department,
        summary=arguments.get("summary", ""),
        mood=arguments.get("mood", ""),
    )


def _transferred(context: ToolContext, place: QueuePlace, actions: tuple[str, ...]) -> ToolResult:
    department = context.facts.department_named(place.department)
    label = department.label(context.language) if department else place.department
    said = f"{phrase(context.language, 'transferring', department=label)} {_stands(context, place)}"
    return ToolResult(True, f"In the queue of {place.department}, position {place.position}.", said, actions)


def _stands(context: ToolContext, place: QueuePlace) -> str:
    return waiting_sentence(context.language, place.position, place.estimated_wait)


async def queue_status(context: ToolContext, _: Arguments) -> ToolResult:
    place = await context.gateway.queue_place(context.facts.call_id)
    if place is None:
        return ToolResult(True, "Not in a queue.", phrase(context.language, "not_waiting"))
    said = f"{phrase(context.language, 'already_waiting')} {_stands(context, place)}"
    return ToolResult(True, f"Position {place.position}, estimated wait {place.estimated_wait} seconds.", said)


async def move_in_queue(context: ToolContext, arguments: Arguments) -> ToolResult:
    """A transfer asked for by who is in line already: to another department, or the place in this one."""
    department = arguments.get("department")
    if department in (None, context.facts.department):
        return await queue_status(context, arguments)
    return _transferred(context, await _enqueue(context, arguments, department), ("routed",))


async def leave_queue(context: ToolContext, _: Arguments) -> ToolResult:
    await context.gateway.leave_queue(context.facts.call_id)
    return ToolResult(True, "Out of the queue.", phrase(context.language, "left_queue"), ("left_queue",))


async def request_callback(context: ToolContext, arguments: Arguments) -> ToolResult:
    contact = find_contact(arguments["contact"])
    if not contact:
        return ToolResult(
            False, "Neither an email address nor a phone number.", phrase(context.language, "contact_unclear")
        )
    promised = await context.gateway.store_callback(
        context.facts.call_id,
        contact=contact,
        note=arguments.get("note", ""),
        # A minute has passed since it was read back: where that was the minute, it is the next one now.
        due_at=settled(context.facts, arguments.get("when", "")),
    )
    stored = phrase(context.language, "callback_stored", contact=contact, when=_when(context.language, promised))
    if not context.facts.waiting:
        return ToolResult(
            True, f"Stored for {contact}.", f"{stored} {_anything_else(context)}", ("callback_requested",)
        )
    # Who asks to be called back gives up the place in line, and the call is over.
    said = f"{stored} {_farewell(context)}"
    return ToolResult(
        True, f"Stored for {contact}; the call ends.", said, ("callback_requested", "ended"), ends_call=True
    )


def _when(language: str, promised: Promised) -> str:
    """The time of a stored callback, read back."""
    if not promised.chosen and promised.due <= promised.now:
        return phrase(language, "callback_soon")
    key = "callback_at" if promised.chosen else "callback_from"
    return phrase(language, key, moment=moment_words(language, promised.due, promised.now))


async def take_message(context: ToolContext, arguments: Arguments) -> ToolResult:
    await context.gateway.store_message(
        context.facts.call_id, message=arguments["message"], contact=context.facts.contact
    )
    said = f"{phrase(context.language, 'message_stored')} {_anything_else(context)}"
    return ToolResult(True, "Stored.", said, ("message_taken",))


async def set_language(context: ToolContext, arguments: Arguments) -> ToolResult:
    language = arguments["language"]
    await context.gateway.set_language(context.facts.call_id, language)
    said = phrase(language, "language_changed")
    return ToolResult(True, f"Go on in {language}.", said, ("language_changed",), language=language)


async def note_fact(context: ToolContext, arguments: Arguments) -> ToolResult:
    await context.gateway.note_fact(context.facts.call_id, arguments["key"], arguments["value"])
    return ToolResult(True, "Noted; go on with the conversation.", actions=("fact_noted",))


async def collect_detail(context: ToolContext, arguments: Arguments) -> ToolResult:
    """After the caller's yes to what was read back; the gate has put the value into its one form."""
    kind, value = arguments["kind"], arguments["value"]
    if not normalised(kind, value, detail_rules(context.facts)):
        what = phrase(context.language, f"detail_{kind}")
        said = phrase(context.language, "detail_unclear", what=what)
        return ToolResult(False, f"That is no {kind}. Ask the caller again.", said)
    await context.gateway.note_fact(context.facts.call_id, kind, value)
    said = f"{phrase(context.language, 'fact_noted')} {_anything_else(context)}"
    return ToolResult(True, f"Kept: {kind} {value}.", said, ("detail_kept",), goes_on=True)


async def end_call(context: ToolContext, _: Arguments) -> ToolResult:
    return ToolResult(True, "The call ends.", _farewell(context), ("ended",), ends_call=True)


async def rate_call(context: ToolContext, arguments: Arguments) -> ToolResult:
    if not names_rating(context.said, int(arguments["rating"])):
        return ToolResult(False, "The caller has not given that rating. Ask for one.")
    await context.gateway.rate(context.facts.call_id, int(arguments["rating"]))
    said = f"{phrase(context.language, 'survey_thanks')} {_farewell(context)}"
    return ToolResult(True, "Stored; the call ends.", said, ("rated", "ended"), ends_call=True)


def _anything_else(context: ToolContext) -> str:
    return phrase(context.language, "anything_else")


def _farewell(context: ToolContext) -> str:
    return phrase(context.language, "goodbye", company=context.facts.company)
