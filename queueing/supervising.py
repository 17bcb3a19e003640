"""States of a supervisor's presence in a call, with their transition table."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from common.transitions import Machine


class SupervisionState(TextChoices):
    """What a supervisor does in a call."""

    LISTEN = "listen", _("listens")
    WHISPER = "whisper", _("speaks to the agent")
    BARGE = "barge", _("speaks to everybody")
    TAKEN_OVER = "taken_over", _("took over")
    ENDED = "ended", _("ended")


SUPERVISION_LIVE = frozenset({SupervisionState.LISTEN, SupervisionState.WHISPER, SupervisionState.BARGE})
SUPERVISION_SPEAKING = frozenset({SupervisionState.WHISPER, SupervisionState.BARGE})

_OVER = frozenset({SupervisionState.TAKEN_OVER, SupervisionState.ENDED})

SUPERVISION = Machine[SupervisionState](
    {
        **{state: (SUPERVISION_LIVE - {state}) | _OVER for state in SUPERVISION_LIVE},
        **{state: frozenset[SupervisionState]() for state in _OVER},
    }
)


class SupervisionEnd(TextChoices):
    """Why it ended."""

    LEFT = "left", _("the supervisor left")
    MOVED = "moved", _("the supervisor went to another call")
    TOOK_OVER = "took_over", _("the supervisor took over")
    CALL_ENDED = "call_ended", _("the call ended")
    LOST = "lost", _("nothing more was heard of the supervisor")
