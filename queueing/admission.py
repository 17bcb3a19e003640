"""Who may wait for whom, and what becomes of the others: pure functions on departments at one moment."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Cause(TextChoices):
    """Why a caller does not wait (any longer) for a department."""

    CLOSED = "closed", _("closed")
    FULL = "full", _("full")
    UNSTAFFED = "unstaffed", _("nobody at work")
    TIMED_OUT = "timed_out", _("waited too long")
    REMOVED = "removed", _("taken out by a supervisor")


class Rule(TextChoices):
    """What a department has for a caller it cannot serve."""

    EITHER = "either", _("offer a message or a callback")
    MESSAGE = "message", _("offer to take a message")
    CALLBACK = "callback", _("offer a callback")
    OVERFLOW = "overflow", _("send on to another department")
    AI_ONLY = "ai_only", _("go on with the AI alone")
    KEEP = "keep", _("wait all the same")


@dataclass(frozen=True, slots=True)
class Standing:
    """A department at one moment. `max_waiting` 0: no limit; `overflow_to`: where it sends callers on."""

    id: int
    rules: Mapping[Cause, Rule] = field(default_factory=dict)
    is_active: bool = True
    is_open: bool = True
    is_staffed: bool = True
    waiting: int = 0
    max_waiting: int = 0
    overflow_to: int | None = None

    def rule(self, cause: Cause) -> Rule:
        """What it says for this cause. One that is switched off serves nobody: there is no waiting for it."""
        said = self.rules.get(cause, Rule.EITHER)
        return Rule.OVERFLOW if said is Rule.KEEP and not self.is_active else said


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where the caller waits (`department`), or who refused him, why and with what offer.

    `left` are the departments that sent him on, each with its cause, in order.
    """

    department: int | None = None
    left: tuple[tuple[int, Cause], ...] = ()
    refused_by: int | None = None
    cause: Cause | None = None
    rule: Rule = Rule.KEEP


def obstacle(standing: Standing, *, newcomer: bool) -> Cause | None:
    """Why nobody may wait there; None when one may, or must all the same. A full line is no matter to who is in it."""
    causes = {
        Cause.CLOSED: not (standing.is_active and standing.is_open),
        Cause.FULL: newcomer and 0 < standing.max_waiting <= standing.waiting,
        Cause.UNSTAFFED: not standing.is_staffed,
    }
    return next((cause for cause, so in causes.items() if so and standing.rule(cause) is not Rule.KEEP), None)


def route(
    start: int, look: Callable[[int], Standing], *, been: Collection[int] = (), cause: Cause | None = None
) -> Verdict:
    """Where a caller of `start` goes. `cause`: he waits there already and must leave; `been`: who has sent him on.

    Nobody is sent twice to one department: where a chain of overflows ends in a circle, or nowhere, the first
    department refuses him, and offers a message or a callback.
    """
    here, left, seen = start, list[tuple[int, Cause]](), {*been}
    while True:
        standing = look(here)
        why = cause if here == start and cause else obstacle(standing, newcomer=True)
        rule = standing.rule(why) if why else Rule.KEEP
        if why is None or rule is Rule.KEEP:
            return Verdict(department=here, left=tuple(left))
        if rule is not Rule.OVERFLOW:
            return Verdict(None, tuple(left), here, why, rule)
        seen.add(here)
        left.append((here, why))
        if standing.overflow_to is None or standing.overflow_to in seen:
            return Verdict(None, (), start, left[0][1], Rule.EITHER)
        here = standing.overflow_to
