"""The simulation's page: what its form says, and what a past day would have been with those agents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.utils import timezone

from common import clock
from queueing import arrivals as history
from queueing.models import Department
from queueing.simulation.day import BadInput, Day, Need, Plan, Team, clock_time, needed, play
from queueing.simulation.model import Arrival
from queueing.simulation.plot import svg
from queueing.simulation.results import Tally

# A page is asked for by a person who waits; longer days are for the command.
MOST_CALLS = 5_000
MOST_AGENTS = 500
MOST_DELAY = 300
Words = Mapping[str, str]


class Refused(Exception):
    """What was asked cannot be played: the word to say it with, and its field."""

    def __init__(self, word: str, name: str) -> None:
        super().__init__(word)
        self.word = word
        self.field = name


@dataclass(frozen=True)
class Field:
    """Agents of one department in the form."""

    slug: str
    label: str
    value: str

    @property
    def name(self) -> str:
        """The input's name."""
        return f"agents-{self.slug}"


@dataclass(frozen=True)
class Form:
    """The form as it was sent, or as it is offered first."""

    day: str
    target: str
    delay: str
    fields: tuple[Field, ...]
    zone: str
    sent: bool
    declines: str = ""
    own: bool = True


@dataclass(frozen=True)
class Answer:
    """What the page shows under the form. `error` is a word, `error_field` the input it belongs to."""

    panels: Sequence[dict[str, Any]] = ()
    needs: Sequence[dict[str, Any]] = ()
    picture: str = ""
    error: str = ""
    error_field: str = ""


def form_of(sent: Mapping[str, str], language: str) -> Form:
    """The form's values; offered first are yesterday and everybody who belongs to a department."""
    members = Count("memberships", filter=Q(memberships__agent__is_active=True))
    rows = list(Department.objects.filter(is_active=True).annotate(staff=members).order_by("-is_default", "slug"))
    zone = rows[0].time_zone if rows else "UTC"
    yesterday = timezone.localtime(clock.now(), ZoneInfo(zone)).date() - timedelta(days=1)
    fields = tuple(Field(row.slug, row.name(language), sent.get(f"agents-{row.slug}", str(row.staff))) for row in rows)
    return Form(
        day=sent.get("day", yesterday.isoformat()),
        target=sent.get("target", "80"),
        delay=sent.get("delay", "5"),
        fields=fields,
        zone=zone,
        sent="day" in sent,
        declines=sent.get("declines", ""),
        own="own" in sent or "day" not in sent,
    )


def answer(form: Form, words: Words) -> Answer:
    """Play what the form asks for; nothing before it is sent."""
    if not form.sent:
        return Answer()
    names = {row.slug: row.label for row in form.fields}
    try:
        return _played(form, names, words)
    except Refused as refused:
        return Answer(error=words[refused.word], error_field=refused.field)


def _played(form: Form, names: Mapping[str, str], words: Words) -> Answer:
    delay = _number(form.delay, 0, MOST_DELAY, "delay")
    target = _number(form.target, 1, 100, "target") / 100 if form.target else None
    staff: dict[Team, dict[int, int]] = {}
    for row in form.fields:
        staff[Team((row.slug,))] = dict.fromkeys(range(24), _number(row.value, 0, MOST_AGENTS, row.name))
    calls = _calls(form, names)
    declined = _declined(form)
    plans = {name: _played_by(plan, delay, declined.get(name, 0.0)) for name, plan in history.plans().items()}
    try:
        days = play(calls, history.with_own_skills(staff) if form.own else staff, plans)
    except BadInput as error:
        raise Refused("sim_nobody_works", form.fields[0].name) from error
    found = _needs(calls, plans, target) if target else []
    shown = [replace(day, department=names.get(day.department, day.department)) for day in days]
    return Answer(
        panels=[_panel(day, words) for day in shown],
        needs=[_need(need, names) for need in found],
        picture=svg(shown, target=target, words=_picture_words(words), style=False),
    )


def _calls(form: Form, names: Mapping[str, str]) -> list[Arrival]:
    try:
        calls = history.of_day(date.fromisoformat(form.day), ZoneInfo(form.zone), departments=list(names))
    except BadInput as error:
        raise Refused("sim_no_calls", "day") from error
    except ValueError as error:
        raise Refused("sim_bad_day", "day") from error
    if len(calls) > MOST_CALLS:
        raise Refused("sim_too_many", "day")
    return calls


def _needs(calls: Sequence[Arrival], plans: Mapping[str, Plan], target: float) -> list[Need]:
    try:
        return [needed(calls, name, plans[name], target) for name in sorted({call.department for call in calls})]
    except BadInput as error:
        raise Refused("sim_unreachable", "target") from error


def _declined(form: Form) -> dict[str, float]:
    """By department the share of offers that are declined: the one given, else as it was on the day."""
    if not form.declines:
        return history.declines(date.fromisoformat(form.day), ZoneInfo(form.zone))
    share = _number(form.declines, 0, round(history.MOST_DECLINED * 100), "declines") / 100
    return {row.slug: share for row in form.fields}


def _played_by(plan: Plan, delay: float, declines: float) -> Plan:
    return replace(plan, rules=replace(plan.rules, answer_delay=delay, declines=declines))


def _number(text: str, least: int, most: int, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9 and least <= int(text) <= most):
        raise Refused("sim_bad_number", name)
    return int(text)


def _panel(day: Day, words: Words) -> dict[str, Any]:
    rows = [_cells(clock_time(row.begin), row) for row in day.intervals]
    return {"name": day.department or words["sim_all"], "rows": rows, "total": _cells(words["sim_total"], day.total)}


def _cells(name: str, row: Tally) -> dict[str, Any]:
    return {
        "name": name,
        "offered": row.offered,
        "answered": row.answered,
        "unanswered": row.offered - row.answered,
        "level": f"{row.service_level:.0%}" if row.offered else "–",
        "asa": f"{row.asa:.0f}",
        "longest": f"{row.longest:.0f}",
        "occupancy": f"{row.occupancy:.0%}",
    }


def _need(need: Need, names: Mapping[str, str]) -> dict[str, Any]:
    hours = [{"name": f"{hour:02}:00", "agents": agents} for hour, agents in need.agents.items()]
    return {"name": names.get(need.department, need.department), "hours": hours}


def _picture_words(words: Words) -> dict[str, str]:
    names = ("title", "all", "in_time", "later", "unanswered", "level", "occupancy", "target", "summary")
    return {name: words[f"sim_{name}"] for name in names}
