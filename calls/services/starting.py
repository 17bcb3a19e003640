"""A caller starts a call: in a room where an AI waits already, if there is one."""

from typing import Any

from calls import standby
from calls.models import Call
from calls.services.lifecycle import RoomInUse, create_call
from calls.states import AIState


def start_call(*, room_name: str | None, **wanted: Any) -> Call:
    """`create_call` with what is `wanted`. RoomInUse when a live call has the room of that name.

    Redis is asked before and after the transaction, never in it.
    """
    with standby.waiting_room(asked=room_name is None) as call_id:
        try:
            call = create_call(call_id=call_id, room_name=room_name, **wanted)
        except RoomInUse:
            if call_id is None:
                raise
            # An AI that was not told in time has put its room on the list once more.
            call = create_call(**wanted)
    if call_id is not None and (call.pk != call_id or call.ai_state != AIState.DISPATCHED):
        standby.send_away(call_id)
    return call
