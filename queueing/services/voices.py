"""Whether the agent who has a caller may speak in the caller's room: not while he talks with a colleague elsewhere."""

from django.db import transaction

from calls.telephony import telephony
from queueing import selectors, targets
from queueing.states import EntryState

_LOOKS = 5


def settle(call_id: str) -> None:
    """Make LiveKit agree with the database. Over the network: never inside a transaction; TelephonyError."""
    for _ in range(_LOOKS):
        entry = selectors.open_entry(call_id)
        if entry is None or entry.agent is None or entry.state != EntryState.CONNECTED:
            return
        speaks = not targets.is_consulting(call_id)
        call = entry.call
        telephony().permit(
            call.room_name, entry.agent.identity, publish=speaks, hidden=False, video=call.video, data=speaks
        )
        # Two may settle at once, and the one who looked first be the last to be heard.
        if targets.is_consulting(call_id) is speaks:
            continue
        return


def settle_later(call_id: str) -> None:
    """After the commit, and again until LiveKit has been told."""
    from queueing.tasks import settle_voices

    transaction.on_commit(lambda: settle_voices.delay(call_id), robust=True)
