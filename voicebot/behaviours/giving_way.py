"""A supervisor speaks to everybody in the AI's call: it falls silent, and goes on when he has finished."""

import structlog

from voicebot.receptionist.ports import Pulse
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)


def give_way(call: LiveCall) -> None:
    """Neither speak nor answer while the database says that a supervisor speaks in the call.

    The AI's ears are the caller's microphone: the supervisor himself is not heard, but what the caller answers him is.
    """

    async def heard(pulse: Pulse, before: Pulse | None) -> None:
        if pulse.supervisor_speaks == call.giving_way:
            return
        call.giving_way = pulse.supervisor_speaks
        logger.info("giving way" if call.giving_way else "going on", call_id=call.id)
        # A person takes over: then it does not listen again whatever the supervisor does.
        if call.handing_over:
            return
        call.session.input.set_audio_enabled(not call.giving_way)
        if call.giving_way:
            await call.hush()
        else:
            call.sign_of_life()

    call.listeners.append(heard)
