"""One call, from the dispatch to the job's end."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from livekit.agents import AgentSession, APIConnectOptions, JobContext
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.room_io import AudioInputOptions, RoomIO, RoomOptions

from calls.states import AILeft
from voicebot.behaviours.avatar import dismiss, show_a_face
from voicebot.behaviours.company import keep_company
from voicebot.behaviours.giving_way import give_way
from voicebot.behaviours.handoff import hand_over
from voicebot.behaviours.lease import keep_lease
from voicebot.behaviours.limits import mind_the_ears, mind_the_end
from voicebot.behaviours.measuring import measure_turns
from voicebot.behaviours.realtime import mind_the_model
from voicebot.behaviours.sharing import learn_rests, share_rests
from voicebot.behaviours.silence import mind_silence, mind_the_reply, say_when_not_understood
from voicebot.behaviours.transcript import flush_transcript, store_transcript
from voicebot.behaviours.typed import TypedTurns, hear_http_turns
from voicebot.behaviours.welcome import prepare_welcome, welcome
from voicebot.naming import GONE, WAITS, call_name, name_process
from voicebot.pacing import pace_captions
from voicebot.pipeline import turn_ears, turn_handling, turn_taking
from voicebot.providers.chains import first_awake
from voicebot.providers.config import config_for
from voicebot.providers.voices import Voices, voices_for
from voicebot.providing import text_engine
from voicebot.realtime import realtime_session
from voicebot.receptionist.facts import CallFacts, VoiceChoice
from voicebot.receptionist.ports import CallUnknown, GatewayError, WorkerGateway
from voicebot.receptionist.rebriefing import recap
from voicebot.receptionist.spoken.stream import spoken_stream
from voicebot.room_voice import RoomVoice
from voicebot.session_agent import Receptionist
from voicebot.session_call import LiveCall
from voicebot.turn_taking.ears import SAMPLE_RATE
from voicebot.waiting_room import wait_for_call

logger = structlog.get_logger(__name__)

# Errors do not close the session: `mind_the_reply` brings a person instead.
_NEVER = 1_000_000
_FIRST_SOUND_SECONDS = 0.3
_WELCOMED_SECONDS = 2.0
# livekit-agents ends a job's process ten seconds after its end.
_RECAP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the dispatch told: which call, and which of its AIs this one is. `waiting`: the call is yet to come."""

    call_id: str
    epoch: int
    waiting: bool = False

    @classmethod
    def parse(cls, metadata: str) -> "Assignment":
        """From the dispatch's metadata. ValueError when it is not ours."""
        try:
            told = json.loads(metadata)
            return cls(str(told["call_id"]), int(told.get("epoch", 0)), told.get("waiting") is True)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("dispatch metadata names no call") from error


async def answer_call(ctx: JobContext, gateway: WorkerGateway) -> None:
    """Join the call's room and be its receptionist. Returns when everything runs; the job lives on.

    Where the call is yet to come it returns at once, and the rest follows when it has come.
    """
    # A job that the worker took itself has none of LiveKit's metadata.
    assignment = Assignment.parse(ctx.job.metadata or ctx.job.room.metadata)
    structlog.contextvars.bind_contextvars(call_id=assignment.call_id, epoch=assignment.epoch)
    # Joining takes longest, so everything else happens meanwhile.
    typed = TypedTurns(ctx.room, f"customer_{assignment.call_id}")
    joining = asyncio.create_task(_join(ctx))
    if not assignment.waiting:
        await _answer(ctx, gateway, assignment, typed, joining)
        return
    await joining
    name_process(WAITS)
    waiting = asyncio.create_task(_answer_when_called(ctx, gateway, assignment.call_id, typed, joining))

    async def stop(_: str) -> None:
        waiting.cancel()

    waiting.add_done_callback(partial(_waited, ctx))
    ctx.add_shutdown_callback(stop)


async def _join(ctx: JobContext) -> RoomVoice:
    await ctx.connect()
    return RoomVoice(ctx.room)


async def _answer_when_called(
    ctx: JobContext, gateway: WorkerGateway, call_id: str, typed: TypedTurns, joining: asyncio.Task[RoomVoice]
) -> None:
    wanted = await wait_for_call(ctx.room, call_id)
    if wanted is None:
        ctx.shutdown("not needed")
        return
    structlog.contextvars.bind_contextvars(epoch=wanted.epoch)
    await _answer(ctx, gateway, Assignment(call_id, wanted.epoch), typed, joining)
    await gateway.arrived(call_id, sid=ctx.room.local_participant.sid)


def _waited(ctx: JobContext, task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.error("call not answered", exc_info=error)
        # As a job whose entry point fails: it ends, and another AI is sent.
        ctx.shutdown("failed")


async def _answer(
    ctx: JobContext,
    gateway: WorkerGateway,
    assignment: Assignment,
    typed: TypedTurns,
    joining: asyncio.Task[RoomVoice],
) -> None:
    name_process(call_name(assignment.call_id))
    try:
        facts = await gateway.facts(assignment.call_id)
        history = await gateway.history(assignment.call_id) if facts.resumed else ()
    except CallUnknown:
        logger.warning("no such call")
        await (await joining).aclose()
        ctx.shutdown("no such call")
        return
    if ctx.proc.userdata["config"].stand_ins:
        # Which models rest decides who answers this call.
        await learn_rests(gateway)
    call = make_call(ctx, gateway, assignment, facts)
    prepare_welcome(call)
    mind_the_model(call, history)
    await call.session.start(Receptionist(call, history), record=False)
    await _attend(ctx, call, typed, await joining)


def make_call(ctx: JobContext, gateway: WorkerGateway, assignment: Assignment, facts: CallFacts) -> LiveCall:
    """The call's state and session, nothing of it running yet."""
    warm, department = ctx.proc.userdata, facts.own_department
    chosen = config_for(warm["config"], department.voice if department else VoiceChoice())
    # Where all rest, the first is tried once more.
    config = first_awake(chosen) or chosen
    holder: list[LiveCall] = []
    current: Callable[[], CallFacts] = lambda: holder[0].facts if holder else facts  # noqa: E731
    voices = voices_for(config, current, warm)
    session = make_session(voices)
    call = LiveCall(
        epoch=assignment.epoch,
        facts=facts,
        gateway=gateway,
        room=ctx.room,
        voices=voices,
        session=session,
    )
    holder.append(call)
    return call


def make_session(voices: Voices) -> AgentSession[Any]:
    """What hears, thinks and speaks in the call."""
    if voices.realtime:
        return realtime_session(voices)
    # What hangs is replaced by a person after `rescue`; the second attempt is for what breaks at once.
    model = APIConnectOptions(max_retry=1, retry_interval=0.2, timeout=voices.config.patience.thinking)
    config = turn_taking(voices)
    ears = turn_ears(voices, lambda: session)
    session: AgentSession[Any] = AgentSession(
        stt=ears,
        llm=voices.llm,
        tts=voices.tts,
        vad=ears.vad,
        turn_handling=turn_handling(config),
        tts_text_transforms=["filter_markdown", "filter_emoji", spoken_stream(lambda: voices.language)],
        aec_warmup_duration=config.echo,
        user_away_timeout=None,
        session_close_transcript_timeout=1.0,
        conn_options=SessionConnectOptions(llm_conn_options=model, max_unrecoverable_errors=_NEVER),
    )
    return session


def _room_io(call: LiveCall, voice: RoomVoice) -> RoomIO:
    """The session's ears and voice. Made once the room is joined: it looks for the caller there at once."""
    call.session.output.audio = voice.output
    voice.when_heard(call.heard.set)
    return RoomIO(
        call.session,
        call.room,
        options=RoomOptions(
            participant_identity=call.customer_identity,
            text_input=False,
            audio_input=_microphone(call.voices),
            # It would publish one of its own, once the caller is there.
            audio_output=False,
            close_on_disconnect=False,
            delete_room_on_close=False,
        ),
    )


def _microphone(voices: Voices) -> AudioInputOptions:
    """The caller's sound as our ears take it, which is cheaper than having it made so twenty times a second."""
    return AudioInputOptions() if voices.realtime else AudioInputOptions(sample_rate=SAMPLE_RATE)


async def _attend(ctx: JobContext, call: LiveCall, typed: TypedTurns, voice: RoomVoice) -> None:
    room_io = _room_io(call, voice)
    await room_io.start()
    pace_captions(room_io)
    store_transcript(call)
    measure_turns(call)
    mind_silence(call)
    mind_the_reply(call)
    say_when_not_understood(call)
    mind_the_ears(call)
    mind_the_end(call)
    share_rests(call)
    # Last of those: a turn may have been typed already, and its reply is minded, too.
    typed.begin(call)

    async def close(reason: str) -> None:
        name_process(GONE)
        logger.info("job ends", reason=reason)
        await _close(call)
        await room_io.aclose()
        await voice.aclose()

    ctx.add_shutdown_callback(close)
    call.spawn(_leave(ctx, call), "leave")
    # Not held up by the database: a late AI that turns out to be fenced says half a word and is gone.
    if not await _begin(call, welcome(call)):
        call.leave(AILeft.FENCED)
        return
    hand_over(call)
    give_way(call)
    keep_company(call)
    show_a_face(call)
    hear_http_turns(call)
    keep_lease(call)
    call.spawn(_rehearse(call), "rehearse")


async def _rehearse(call: LiveCall) -> None:
    """What only this call needs, once those who called at the same time have heard somebody, too."""
    await asyncio.sleep(_WELCOMED_SECONDS)
    await call.voices.rehearse_ears()


async def _begin(call: LiveCall, speaking: asyncio.Event) -> bool:
    """The lease, once the first sound is out, which the database's work would hold up; or after a moment."""
    with suppress(TimeoutError):
        await asyncio.wait_for(speaking.wait(), _FIRST_SOUND_SECONDS)
    return await call.gateway.begin(call.id, call.epoch)


async def _leave(ctx: JobContext, call: LiveCall) -> None:
    """Out of the room first, the rest after: the promise is to be gone, not to be tidy."""
    reason = await call.left
    logger.info("leaving", reason=reason.value)
    await dismiss(call)
    await ctx.room.disconnect()
    logger.info("left the room")
    ctx.shutdown(reason.value)


async def _close(call: LiveCall) -> None:
    """The job ends for whatever reason: store the last words, then say that we are gone."""
    await call.session.aclose()
    await call.stop_tasks()
    await flush_transcript(call)
    reason = call.left.result() if call.left.done() else AILeft.FAILED
    if reason != AILeft.FENCED:
        try:
            await call.gateway.left(call.id, call.epoch, reason=reason)
        except GatewayError as error:
            logger.warning("leaving not told", error=repr(error))
    if reason in (AILeft.ENDED, AILeft.FAILED):
        await _recap(call)


async def _recap(call: LiveCall) -> None:
    """A model's recap of a call that has ended with its AI. The caller is gone; only this process waits, not long."""
    with suppress(TimeoutError):
        await asyncio.wait_for(recap(call.gateway, text_engine(), call.id), _RECAP_SECONDS)
