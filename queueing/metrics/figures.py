"""Figures of an interval, for a department and for an agent: pure functions of the facts. Seconds and ratios."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from queueing.metrics.facts import MICROSECONDS, Outcome, Stay, Tally, Time
from queueing.metrics.service_level import Counts, Formula, count, service_level
from queueing.states import OfferState

# What became of an offer, and the reason that was given for it.
Asked = tuple[str, str]


@dataclass(frozen=True)
class Rules:
    """What a department has set: the threshold in seconds, and how the service level is reckoned."""

    threshold: float
    formula: Formula = Formula.DEFAULT


@dataclass(frozen=True)
class Figures:
    """A department's interval. What is undefined (nobody called, nobody was there) is None."""

    counts: Counts
    service_level: float | None
    asa: float | None
    aht: float | None
    abandonment: float | None
    occupancy: float | None
    longest_wait: float | None
    called_back: int = 0


@dataclass(frozen=True)
class AgentFigures:
    """An agent's interval."""

    asked: int
    declined: int
    missed: int
    answered: int
    talk_seconds: float
    wrap_up_seconds: float
    aht: float | None
    occupancy: float | None
    available_seconds: float
    away_seconds: float
    busy_seconds: float
    declined_for: Mapping[str, int] = field(default_factory=dict)
    """Offers declined, by the reason given; `""` without one."""


def department_figures(stays: Iterable[Stay], staff: Iterable[Time], *, rules: Rules, now: datetime) -> Figures:
    """The figures of `stays`, and of the time of the agents who serve the department."""
    return summed_figures([Tally.of(stay, threshold=rules.threshold, now=now) for stay in stays], staff, rules=rules)


def summed_figures(found: Sequence[Tally], staff: Iterable[Time], *, rules: Rules) -> Figures:
    """The same of stays summed up already, by the same threshold.

    Callbacks that were answered are counted by themselves; of their figures only the handling time is a caller's too.
    """
    came = [tally for tally in found if not tally.callback]
    counts = count(came)
    return Figures(
        counts=counts,
        service_level=service_level(counts, rules.formula),
        asa=speed_of_answer(came),
        aht=handling_time(found),
        abandonment=abandonment(counts),
        occupancy=occupancy(staff),
        longest_wait=max((tally.longest / MICROSECONDS for tally in came), default=None),
        called_back=sum(tally.number for tally in found if tally.callback and tally.outcome is Outcome.ANSWERED),
    )


def speed_of_answer(found: Iterable[Tally]) -> float | None:
    """Mean seconds from entering the line to the accept, over answered calls.

    Source: Cisco Unified ICM/Contact Center, "Average Speed of Answer": AnswerWaitTime ÷ CallsAnswered.
    """
    answered = [tally for tally in found if tally.outcome is Outcome.ANSWERED]
    return _mean(sum(tally.waited for tally in answered), sum(tally.number for tally in answered))


def handling_time(found: Sequence[Tally]) -> float | None:
    """Mean seconds of talk, hold and wrap-up over the calls that are wholly done.

    Source: Genesys Cloud, "Metric definitions", Average Handle: (talk + hold + after-call work) ÷ handled.
    """
    return _mean(sum(tally.handled for tally in found), sum(tally.done for tally in found))


def abandonment(counts: Counts) -> float | None:
    """Abandoned ÷ offered, short abandons taken out of both.

    Source: Genesys Cloud, "Metric definitions", Abandon %, and its short abandons, which are reported by themselves.
    """
    offered = counts.offered - counts.abandoned_short
    return counts.abandoned / offered if offered else None


def occupancy(staff: Iterable[Time]) -> float | None:
    """Time talking and wrapping up ÷ (that + time ready for a call); away is in neither.

    Source: Genesys Cloud, "Metric definitions", Occupancy; as Erlang's formulas have it, traffic ÷ agents.
    """
    busy = free = 0
    for time in staff:
        busy += round(time.busy * MICROSECONDS)
        free += round(time.free * MICROSECONDS)
    return busy / (busy + free) if busy + free else None


def agent_figures(stays: Sequence[Stay], offers: Sequence[Asked], own: Time) -> AgentFigures:
    """The figures of one agent: calls he answered, offers made to him, his time."""
    handled = [seconds for stay in stays if (seconds := stay.handled()) is not None]
    states = Counter(state for state, _reason in offers)
    return AgentFigures(
        asked=len(offers),
        declined=states[OfferState.DECLINED],
        missed=states[OfferState.TIMED_OUT],
        # A caller who left while it rang at the agent's was not answered.
        answered=sum(stay.outcome is Outcome.ANSWERED for stay in stays),
        talk_seconds=sum(stay.talk_seconds or 0.0 for stay in stays),
        wrap_up_seconds=sum(stay.wrap_up_seconds or 0.0 for stay in stays),
        aht=_mean(sum(round(one * MICROSECONDS) for one in handled), len(handled)),
        occupancy=occupancy([own]),
        available_seconds=own.free,
        away_seconds=own.away,
        busy_seconds=own.busy,
        declined_for=Counter(reason for state, reason in offers if state == OfferState.DECLINED),
    )


def _mean(microseconds: int, number: int) -> float | None:
    return microseconds / MICROSECONDS / number if number else None
