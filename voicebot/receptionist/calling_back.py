"""The time of a callback: from the caller's words to one the department has. Pure.

A tool's `when` is local time of the department, `2026-11-23 10:00`; `from 2026-11-23 17:00` is any time from then on.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from queueing.callback_times import may_be_chosen, nearest, slots
from voicebot.receptionist.chat import Message
from voicebot.receptionist.contact import find_contact
from voicebot.receptionist.facts import CallbackRules, CallFacts
from voicebot.receptionist.intents import Reading
from voicebot.receptionist.pending import said_any
from voicebot.receptionist.wished_times import Wish, wants_it_soon, wished_time

_WHEN = r"(?:from )?\d{4}-\d{2}-\d{2} \d{2}:\d{2}"
_FROM = "from "
# What is asked on the way to a callback: the caller's lines in between may have named the time.
QUESTIONS = (
    "offer_callback", "offer_either", "ask_message_or_callback", "ask_contact", "ask_contact_typed", "contact_unclear",
    "confirm_callback", "confirm_callback_at", "confirm_callback_nearest", "ask_callback_time",
)  # fmt: skip


def when_key(at: datetime, *, onward: bool = False) -> str:
    """A time as the tool names it."""
    return f"{_FROM if onward else ''}{at:%Y-%m-%d %H:%M}"


def when_told(rules: CallbackRules) -> str:
    """For a model: what to put into `when`; empty where no time can be chosen."""
    first = next(iter(slots(rules.hours, rules.now)), None)
    if first is None:
        return ""
    return (
        f"When, if the caller wants a certain time, as {when_key(first)!r}, or {when_key(first, onward=True)!r} "
        "for any time from then on; left out: as soon as somebody is free. It is the department's local time: "
        f"today is {rules.now:%A %Y-%m-%d}, the next time is {when_key(first)}. "
        "Outside its opening hours the system offers the nearest time."
    )


def settled(facts: CallFacts, when: str) -> datetime | None:
    """The time that can be promised for a tool's `when`; None: none at all."""
    wanted, rules = wanted_at(facts, when), facts.callback
    if wanted is None or rules is None:
        return None
    onward = when.startswith(_FROM)
    if not onward and may_be_chosen(rules.hours, wanted, rules.now):
        return wanted
    return nearest(rules.hours, wanted, rules.now, onward=onward)


def wanted_at(facts: CallFacts, when: str) -> datetime | None:
    """The moment that `when` names; None: it names none."""
    if facts.callback is None or not re.fullmatch(_WHEN, when):
        return None
    with suppress(ValueError):
        naive = datetime.strptime(when.removeprefix(_FROM), "%Y-%m-%d %H:%M")  # noqa: DTZ007 -- the zone comes next
        return naive.replace(tzinfo=facts.callback.now.tzinfo)
    return None


def is_as_wished(facts: CallFacts, when: str, promised: datetime) -> bool:
    """Whether the caller gets what he asked for: that minute, or, where any time will do, that day."""
    wanted = wanted_at(facts, when)
    if wanted is None:
        return False
    return wanted.date() == promised.date() if when.startswith(_FROM) else wanted == promised


def asks_for_call_at(facts: CallFacts, text: str) -> bool:
    """Whether a call is asked for and its time named: "call me tomorrow at ten"."""
    reading = Reading.of(text)
    calling = reading.says("callback") or reading.says("call_me")
    return calling and facts.callback is not None and _wish(facts, text) is not None


def when_wished(facts: CallFacts, history: Sequence[Message], text: str, *, bare: bool = False) -> str:
    """The tool's `when` for the time the caller named, now or on the way to this question; empty: he named none."""
    if wants_it_soon(text) and _wish(facts, text, bare=bare) is None:
        return ""
    own = ((text, bare), *((line, False) for line in _own_lines(history)))
    wishes = (_wish(facts, line, bare=named) for line, named in own)
    wish = next((wish for wish in wishes if wish is not None), None)
    return _choice(facts, wish) if wish is not None else ""


def contact_named(facts: CallFacts, history: Sequence[Message], text: str) -> str:
    """Where to call back: as he said now or on the way to this question, else as it is known."""
    named = (find_contact(line) for line in (text, *_own_lines(history)))
    return next(filter(None, named), facts.contact)


def another_time(facts: CallFacts, arguments: Mapping[str, str], text: str) -> bool:
    """Whether the answer to "shall we call you at …" names another time than the one asked about."""
    wish, asked = _wish(facts, text, bare=True), wanted_at(facts, arguments.get("when", ""))
    if wish is None or asked is None:
        return wish is not None
    return not any(at == asked or (wish.onward and at.date() == asked.date()) for at in wish.options)


def _wish(facts: CallFacts, text: str, *, bare: bool = False) -> Wish | None:
    return wished_time(text, facts.callback.now, bare=bare) if facts.callback is not None else None


def _choice(facts: CallFacts, wish: Wish) -> str:
    """Of the moments that may be meant the first that the department has."""
    rules = facts.callback
    fitting = (at for at in wish.options if rules and may_be_chosen(rules.hours, at, rules.now))
    return when_key(next(fitting, wish.options[0]), onward=wish.onward)


def _own_lines(history: Sequence[Message]) -> Iterator[str]:
    """The caller's lines since the talk came to a callback, newest first."""
    for message in reversed(history):
        if message.role == "user":
            yield message.text
        elif message.role == "assistant" and message.text.strip() and not said_any(message.text, QUESTIONS):
            return
