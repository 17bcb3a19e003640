"""Who is at work and how long a wait would be, read from the queue at the moment it is asked."""

from collections.abc import Mapping
from typing import Any

from voicebot.receptionist.ports import DepartmentStatus
from voicebot.receptionist.prompts import opening_sentence, phrase, wait_words
from voicebot.receptionist.toolkit import ToolContext, ToolResult

STATUS = (
    "Whether a department is open, whether somebody is at work there, and how long the wait would be now. Only this"
    " tool knows; never say it from memory."
)


async def department_status(context: ToolContext, arguments: Mapping[str, Any]) -> ToolResult:
    """The system's own words, so that no model makes up a time."""
    slug = arguments["department"]
    status = await context.gateway.department_status(slug)
    found = context.facts.department_named(slug)
    label = found.label(context.language) if found else slug
    said = f"{status_sentence(context.language, label, status)} {phrase(context.language, 'anything_else')}"
    return ToolResult(True, "Told.", said)


def status_sentence(language: str, department: str, status: DepartmentStatus) -> str:
    """Closed until when; else nobody there, or the wait of who would get in line now."""
    if status.opening is not None and not status.opening.is_open:
        return opening_sentence(language, department, status.opening)
    if not status.staffed:
        return phrase(language, "unstaffed_now", department=department)
    return phrase(language, "staffed_now", department=department, wait=wait_words(language, status.wait))
