"""A model of few words: it reads the receptionist's prompt as any model would, and decides by the rules."""

import json
import re
from dataclasses import replace
from typing import Any

from voicebot.receptionist import rules
from voicebot.receptionist.chat import Decision, Message
from voicebot.receptionist.facts import CallFacts, DepartmentFacts, Faq
from voicebot.receptionist.language import detect_language

_FAQ = re.compile(r"^- (?P<question>.+?) → (?P<answer>.+)$", re.MULTILINE)
_DEPARTMENT = re.compile(r"^- (?P<slug>[a-z0-9_-]+): (?P<name>[^.\n]+)\.", re.MULTILINE)
_COMPANY = (re.compile(r"receptionist of (.+?)\. "), re.compile(r"الآلي في (.+?)، "))


def decide(request: dict[str, Any]) -> Decision:
    """The answer to a chat completion request."""
    messages = request.get("messages", [])
    system = "\n".join(_text(item) for item in messages if item.get("role") in ("system", "developer"))
    spoken = [item for item in messages if item.get("role") in ("user", "assistant", "tool")]
    if not spoken:
        return Decision("Hello.")
    facts = _facts(system, spoken)
    last = spoken[-1]
    if last["role"] == "tool":
        return Decision(rules.after_tool(facts, _text(last)))
    if last["role"] == "assistant":
        return Decision("Yes?")
    history = [Message(item["role"], _text(item)) for item in spoken[:-1] if item["role"] != "tool"]
    return _offered(request, facts, rules.respond(facts, history, _text(last), typed=True))


def _offered(request: dict[str, Any], facts: CallFacts, decision: Decision) -> Decision:
    """Only tools the request offers can be called."""
    names = {tool["function"]["name"] for tool in request.get("tools", ())}
    if all(call.name in names for call in decision.calls):
        return decision
    return Decision(rules.after_tool(facts, json.dumps({"ok": False})))


def _facts(system: str, spoken: list[dict[str, Any]]) -> CallFacts:
    language = detect_language(_last_words(spoken), detect_language(system[:400], "en"))
    company = next((found[1] for pattern in _COMPANY if (found := pattern.search(system))), "the company")
    return CallFacts("", company, language, departments=_departments(system))


def _departments(system: str) -> tuple[DepartmentFacts, ...]:
    faqs = tuple(Faq({"en": (found["question"],)}, {"en": found["answer"]}) for found in _FAQ.finditer(system))
    found = tuple(DepartmentFacts(item["slug"], {"en": item["name"]}) for item in _DEPARTMENT.finditer(system))
    return (replace(found[0], faqs=faqs), *found[1:]) if found else ()


def _last_words(spoken: list[dict[str, Any]]) -> str:
    return next((_text(item) for item in reversed(spoken) if item["role"] == "user"), "")


def _text(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content if part.get("type") == "text")
