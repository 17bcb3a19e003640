"""Service level by name. What a formula divides by nothing is unknown: None, never 0 or 100 %."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from queueing.metrics.facts import Outcome, Tally


class Formula(TextChoices):
    """How a department reckons its service level."""

    DEFAULT = "default", _("answered and abandoned calls, without short abandons")
    ANSWERED_ONLY = "answered_only", _("answered calls only")
    IGNORE = "ignore", _("abandoned within the time: do not count")
    NEGATIVE = "negative", _("abandoned within the time: count as missed")
    POSITIVE = "positive", _("abandoned within the time: count as answered")
    IGNORE_SHORT = "ignore_short", _("every offered call, without short abandons")


@dataclass(frozen=True)
class Counts:
    """Stays by outcome. "In time" is within the threshold, the threshold itself included; "late" is beyond it.

    A short abandon is counted in `abandoned_short` alone. `left` are those that ended otherwise, `late_left` the part
    of them that had waited too long; `late_waiting` have waited too long already.
    """

    offered: int = 0
    answered: int = 0
    answered_in_time: int = 0
    abandoned: int = 0
    abandoned_in_time: int = 0
    abandoned_short: int = 0
    left: int = 0
    late_left: int = 0
    waiting: int = 0
    late_waiting: int = 0

    @property
    def decided(self) -> int:
        """Calls with a service level event: answered or abandoned in time, or the threshold has passed."""
        return self.answered + self.abandoned + self.late_left + self.late_waiting


def count(found: Iterable[Tally]) -> Counts:
    """The stays counted."""
    tally: dict[str, int] = {}
    for kind in found:
        for name in ("offered", *_names(kind)):
            tally[name] = tally.get(name, 0) + kind.number
    return Counts(**tally)


def _names(kind: Tally) -> tuple[str, ...]:
    if kind.outcome is Outcome.ANSWERED:
        return ("answered", "answered_in_time") if kind.in_time else ("answered",)
    if kind.outcome is Outcome.ABANDONED:
        if kind.short:
            return ("abandoned_short",)
        return ("abandoned", "abandoned_in_time") if kind.in_time else ("abandoned",)
    name = kind.outcome.value
    return (name,) if kind.in_time else (name, f"late_{name}")


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def default(counts: Counts) -> float | None:
    """Answered in time ÷ (answered + abandoned − short abandons).

    Source: Genesys Cloud, "Configure the service level calculation", short abandons not included. A call that waits or
    has left by another way counts from the moment its threshold passes, after Cisco's service level event.
    """
    return _ratio(counts.answered_in_time, counts.decided)


def answered_only(counts: Counts) -> float | None:
    """Answered in time ÷ answered; a call still waiting past the threshold can only be answered late, and counts.

    Source: Genesys Cloud, "Configure the service level calculation", abandons not included.
    """
    return _ratio(counts.answered_in_time, counts.answered + counts.late_waiting)


def ignore(counts: Counts) -> float | None:
    """ServiceLevelCalls ÷ (ServiceLevelCallsOffered − ServiceLevelAband).

    Source: Cisco Unified ICM/Contact Center, Reporting User Guide, "Service Level Formulas": Ignore Abandoned Calls.
    Its offered calls are those with a service level event; abandons before the short-call timer are none.
    """
    return _ratio(counts.answered_in_time, counts.decided - counts.abandoned_in_time)


def negative(counts: Counts) -> float | None:
    """ServiceLevelCalls ÷ ServiceLevelCallsOffered.

    Source: as `ignore`: Negative impact of abandoned calls. Over the same facts as `default`, which gives the same.
    """
    return _ratio(counts.answered_in_time, counts.decided)


def positive(counts: Counts) -> float | None:
    """(ServiceLevelCalls + ServiceLevelAband) ÷ ServiceLevelCallsOffered.

    Source: as `ignore`: Positive impact of abandoned calls.
    """
    return _ratio(counts.answered_in_time + counts.abandoned_in_time, counts.decided)


def ignore_short(counts: Counts) -> float | None:
    """Answered in time ÷ (everybody who entered the line − short abandons − who still waits in time).

    Source: Genesys Cloud, "Configure the service level calculation", flow-outs included: a caller sent to another
    department or a callback was not answered, however soon it happened.
    """
    in_time = counts.waiting - counts.late_waiting
    return _ratio(counts.answered_in_time, counts.offered - counts.abandoned_short - in_time)


_FORMULAS: dict[Formula, Callable[[Counts], float | None]] = {
    Formula.DEFAULT: default,
    Formula.ANSWERED_ONLY: answered_only,
    Formula.IGNORE: ignore,
    Formula.NEGATIVE: negative,
    Formula.POSITIVE: positive,
    Formula.IGNORE_SHORT: ignore_short,
}


def service_level(counts: Counts, formula: Formula) -> float | None:
    """Between 0 and 1 by the formula's rule; None while no call has been decided."""
    return _FORMULAS[formula](counts)
