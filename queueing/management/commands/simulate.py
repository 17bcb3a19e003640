"""What a day would have been with other agents."""

import json
import random
import re
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from math import inf
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from queueing import arrivals as history
from queueing.simulation import read
from queueing.simulation.day import BadInput, Day, Need, Plan, Team, needed, play
from queueing.simulation.model import Arrival
from queueing.simulation.plot import svg
from queueing.simulation.report import as_json, needs, table

_INTERVALS = (15, 30, 60)
_AGENTS = "all day; A+B=N serve both; =N/refunds:7+vip:3/en+ar: with these skills and languages, otherwise all"
_T = TypeVar("_T")


class Command(BaseCommand):
    """`simulate`: callers of a past day or of a file, agents by the hour, and what came of it."""

    help = "Play a day's callers with the agents you say, and tell waits, service level and occupancy."

    def add_arguments(self, parser: CommandParser) -> None:
        """Callers, agents, rules, results."""
        callers = parser.add_mutually_exclusive_group(required=True)
        callers.add_argument("--day", type=_day, metavar="YYYY-MM-DD", help="callers of a past day, from the database")
        callers.add_argument(
            "--arrivals", metavar="FILE", help="CSV: time, department, handling[, patience][, priority][, language]"
        )
        parser.add_argument("--time-zone", type=_zone, default=settings.TIME_ZONE, help="of --day; UTC by default")
        parser.add_argument("--department", action="append", default=[], metavar="SLUG", help="only these")
        parser.add_argument("--agents", action="append", default=[], metavar="SLUG=N", help=_AGENTS)
        parser.add_argument("--staffing", metavar="FILE", help="CSV: department, hour, agents[, skills][, languages]")
        parser.add_argument(
            "--own-skills", action="store_true", help="agents have those of their department's, in turn"
        )
        parser.add_argument(
            "--declines", type=_declined, metavar="PERCENT", help="of the offers; as on --day by default"
        )
        parser.add_argument(
            "--priority",
            action="append",
            type=_share,
            default=[],
            metavar="P=PERCENT",
            help="of the callers, at random",
        )
        parser.add_argument("--within", type=_seconds, metavar="S", help="service level threshold")
        parser.add_argument("--answer-delay", type=_seconds, metavar="S", help="seconds an offer rings")
        parser.add_argument("--wrap-up", type=_seconds, metavar="S")
        parser.add_argument("--max-wait", type=_seconds, metavar="S", help="0: no limit")
        parser.add_argument("--patience", type=_seconds, metavar="S", help="mean, where it is not known; 0: endless")
        parser.add_argument("--target-service-level", type=_percent, metavar="PERCENT", help="find the agents needed")
        parser.add_argument("--interval", type=int, choices=_INTERVALS, default=60, help="minutes of a row")
        parser.add_argument("--seed", type=int, default=1, help="of what has to be drawn")
        parser.add_argument("--json", metavar="FILE")
        parser.add_argument("--svg", metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Play and print; CommandError names the option or the line."""
        plans = history.plans()
        arrivals = _arrivals(options, plans)
        names = {call.department for call in arrivals}
        seen = history.declines(options["day"], options["time_zone"]) if options["day"] is not None else {}
        plans = {name: _changed(plans.get(name, Plan()), options, seen.get(name, 0.0)) for name in names}
        found = self._needs(arrivals, plans, options["target_service_level"])
        days = self._days(arrivals, plans, found, options)
        _write(options["json"], json.dumps(as_json(days, found), indent=2, ensure_ascii=False) + "\n", "--json")
        _write(options["svg"], svg(days, target=options["target_service_level"]), "--svg")

    def _days(
        self, arrivals: Sequence[Arrival], plans: Mapping[str, Plan], found: Sequence[Need], options: Mapping[str, Any]
    ) -> list[Day]:
        staff = _staffing(options)
        if not staff and not found:
            raise CommandError("Say who works, with --agents or --staffing, or ask with --target-service-level.")
        if not staff:
            staff = {Team((need.department,)): dict(need.agents) for need in found}
            self.stdout.write("\nWith these agents:")
        if options["own_skills"]:
            staff = history.with_own_skills(staff)
        days = _or_error("", lambda: play(arrivals, staff, plans, minutes=options["interval"], seed=options["seed"]))
        for day in days:
            plan = plans.get(day.department)
            self._print(f"{day.department}, within {plan.within:g} s" if plan else "all departments", table(day))
        return days

    def _needs(self, arrivals: Sequence[Arrival], plans: Mapping[str, Plan], target: float | None) -> list[Need]:
        if target is None:
            return []
        found = []
        for name, plan in sorted(plans.items()):
            need = _or_error("--target-service-level", partial(needed, arrivals, name, plan, target))
            self._print(f"{name}: agents for {target:.0%} within {plan.within:g} s, every hour", needs(need))
            found.append(need)
        return found

    def _print(self, title: str, lines: Sequence[str]) -> None:
        self.stdout.write("\n" + title)
        for line in lines:
            self.stdout.write("  " + line)


def _arrivals(options: Mapping[str, Any], plans: Mapping[str, Plan]) -> list[Arrival]:
    found = _come(options, plans)
    shares: list[tuple[int, float]] = options["priority"]
    if not shares:
        return found
    if sum(share for _, share in shares) > 1:
        raise CommandError("--priority: these are more than all callers.")
    draw = random.Random(options["seed"])  # noqa: S311
    kinds = [(priority, share) for priority, share in shares] + [(0, 1 - sum(share for _, share in shares))]
    priorities = draw.choices([one for one, _ in kinds], [share for _, share in kinds], k=len(found))
    return [call._replace(priority=priority) for call, priority in zip(found, priorities, strict=True)]


def _come(options: Mapping[str, Any], plans: Mapping[str, Plan]) -> list[Arrival]:
    mean, wanted = options["patience"], options["department"]
    draw = random.Random(options["seed"])  # noqa: S311
    patience: Callable[[], float] | None = None if mean is None else lambda: draw.expovariate(1 / mean) if mean else inf
    if options["day"] is not None:
        _or_error("--department", lambda: history.known(wanted, plans))
        return _or_error("--day", lambda: _past(options, patience))
    path = options["arrivals"]
    found = _or_error(path, lambda: read.arrivals(_lines(path, "--arrivals"), patience or (lambda: inf)))
    chosen = [call for call in found if not wanted or call.department in wanted]
    if not chosen:
        raise CommandError(f"--department: nobody in {path} calls {', '.join(wanted)}.")
    return chosen


def _past(options: Mapping[str, Any], patience: Callable[[], float] | None) -> list[Arrival]:
    return history.of_day(
        options["day"],
        options["time_zone"],
        departments=options["department"],
        seed=options["seed"],
        patience=patience,
    )


def _staffing(options: Mapping[str, Any]) -> read.Staff:
    path = options["staffing"]
    skills = history.skills()
    staff = _or_error(path, lambda: read.staffing(_lines(path, "--staffing"), skills)) if path else {}
    for text in options["agents"]:
        who, _, told = text.partition("/")
        able, _, spoken = told.partition("/")
        names, sign, count = who.rpartition("=")
        if not sign or not count.isascii() or not count.isdigit() or int(count) > 10_000:
            raise CommandError(f"--agents: “{text}” is not like support=5.")
        group = _or_error("--agents", partial(read.groups, names, text))
        team = _or_error("--agents", partial(read.team, group, able, spoken, skills, text))
        staff[team] = dict.fromkeys(range(24), int(count))
    return staff


def _changed(plan: Plan, options: Mapping[str, Any], declines: float) -> Plan:
    """The department's settings with what the options say instead; `declines`: as the day's offers were."""
    longest = options["max_wait"]
    given = {
        "answer_delay": options["answer_delay"],
        "wrap_up": options["wrap_up"],
        "max_wait": inf if longest == 0 else longest,
        "declines": declines if options["declines"] is None else options["declines"],
    }
    rules = replace(plan.rules, **{name: value for name, value in given.items() if value is not None})
    within = plan.within if options["within"] is None else options["within"]
    return replace(plan, rules=rules, within=within)


def _lines(path: str, option: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CommandError(f"{option}: {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{option}: {path} is not UTF-8 text.") from error


def _write(path: str | None, text: str, option: str) -> None:
    try:
        if path:
            Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{option}: {path} cannot be written: {error.strerror}.") from error


def _or_error(where: str, act: Callable[[], _T]) -> _T:
    try:
        return act()
    except BadInput as error:
        raise CommandError(f"{where}: {error}" if where else str(error)) from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is no day like 2026-03-31.") from None


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        raise ArgumentTypeError(f"“{text}” is no time zone like Asia/Riyadh.") from None


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 86_400:
        raise ArgumentTypeError(f"“{text}” is no number of seconds.")
    return value


def _declined(text: str) -> float:
    try:
        value = float(text.removesuffix("%")) / 100
    except ValueError:
        value = -1.0
    if not 0 <= value <= history.MOST_DECLINED:
        raise ArgumentTypeError(f"“{text}” is no percentage from 0 to {history.MOST_DECLINED:.0%}.")
    return value


def _share(text: str) -> tuple[int, float]:
    priority, _, share = text.partition("=")
    if not re.fullmatch(r"-?\d{1,4}", priority, re.ASCII):
        raise ArgumentTypeError(f"“{text}” is not like 5=10, priority 5 for a tenth of the callers.")
    return int(priority), _percent(share)


def _percent(text: str) -> float:
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        value = 0.0
    if not 1 <= value <= 100:
        raise ArgumentTypeError(f"“{text}” is no percentage from 1 to 100.")
    return value / 100
