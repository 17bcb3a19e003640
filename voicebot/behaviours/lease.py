"""The AI's lease: the job tells the database that it lives, and learns from it what goes on."""

import asyncio

import structlog
from livekit import rtc

from calls.states import AILeft, CallState
from voicebot.receptionist.ports import CallUnknown, GatewayError, Pulse
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)

NEWS_TOPIC = "callcenter.news"
_SECONDS = 2.0
_SECONDS_WHILE_WAITING = 0.7


def keep_lease(call: LiveCall) -> None:
    """Renew the lease every two seconds, more often while the caller waits; leave when fenced out or over.

    Anything that hints at news (a data message of the server, somebody joining) makes the next look come at once;
    the database alone decides what is so.
    """
    hint = asyncio.Event()

    def hinted(packet: rtc.DataPacket) -> None:
        # From the server only: a participant can send data, too.
        if packet.topic == NEWS_TOPIC and packet.participant is None:
            hint.set()

    call.room.on("data_received", hinted)
    call.room.on("participant_connected", lambda _: hint.set())
    call.spawn(_beat(call, hint), "lease")


async def _beat(call: LiveCall, hint: asyncio.Event) -> None:
    while True:
        pulse = await _look(call)
        if pulse is not None:
            await call.take(pulse)
            if not pulse.alive:
                call.leave(AILeft.ENDED if pulse.state == CallState.ENDED else AILeft.FENCED)
                return
        try:
            await asyncio.wait_for(hint.wait(), _SECONDS_WHILE_WAITING if call.facts.waiting else _SECONDS)
        except TimeoutError:
            continue
        finally:
            hint.clear()


async def _look(call: LiveCall) -> Pulse | None:
    try:
        return await call.gateway.heartbeat(call.id, call.epoch)
    except CallUnknown:
        return Pulse(alive=False, state=CallState.ENDED, language=call.language)
    except GatewayError as error:
        # The database is away: the caller is kept company all the same.
        logger.warning("lease not renewed", call_id=call.id, error=repr(error))
        return None
