"""HTTP routes of the receptionist."""

from dataclasses import asdict
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from django.http import HttpRequest
from ninja import File, Form, Router
from ninja.files import UploadedFile

from calls.access import Allow, Kind, Principal, call_for, principal_of
from calls.schemas import Body, LongText
from common import background
from common.errors import Conflict, Invalid, NotFound, TooLarge, Unavailable
from voicebot import audio as sound
from voicebot import transcribing
from voicebot.gateway import DjangoGateway
from voicebot.gateway.briefing import by_model
from voicebot.gateway.reading import company_facts, default_language, facts_of
from voicebot.providing import text_engine
from voicebot.receptionist.conversation import Turn, converse
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.grammar import grammar_phrases
from voicebot.receptionist.ports import CallUnknown, GatewayError, WrongState
from voicebot.receptionist.rebriefing import rebrief

MAX_AUDIO_BYTES = 10 * 1024 * 1024
MAX_AUDIO_SECONDS = 60
# A model's answer, its retry, and the rules' answer after it.
TURN_SECONDS = 45.0

router = Router(tags=["receptionist"])


class MessageBody(Body):
    """POST /api/conversations/{call_id}/message."""

    message: LongText


@router.post("/conversations/{call_id}/message", auth=Allow(Kind.CALLER, Kind.KEY))
def send_message(request: HttpRequest, call_id: str, body: MessageBody) -> dict[str, Any]:
    """One typed turn with the receptionist. With an agent on the line the text goes to the agent (`relayed`)."""
    call = call_for(principal_of(request), call_id)
    turn = _take_turn(call.pk, body.message, _turn_id(request, call.pk))
    if "escalated" in turn.actions and not by_model(call.pk):
        background.submit(rebrief(DjangoGateway(), text_engine(), call.pk))
    answer = {"reply": turn.reply, "call_id": call.pk, "language": turn.language, "actions": list(turn.actions)}
    return answer | ({"sources": [asdict(source) for source in turn.sources]} if turn.sources else {})


def _turn_id(request: HttpRequest, call_id: str) -> str:
    """The same for a request that is repeated under its key after it has failed; empty without a key."""
    key = request.headers.get("Idempotency-Key")
    return uuid5(NAMESPACE_OID, f"{call_id} {request.headers.get('Authorization')} {key}").hex if key else ""


def _take_turn(call_id: str, text: str, turn_id: str) -> Turn:
    running = background.submit(converse(DjangoGateway(), text_engine(), call_id, text, turn_id=turn_id))
    try:
        return running.result(TURN_SECONDS)
    except TimeoutError as error:
        running.cancel()
        raise Unavailable("The receptionist does not answer now.", retry_after=5) from error
    except WrongState as error:
        raise Conflict("This call has ended.", state=error.state) from error
    except CallUnknown as error:
        raise NotFound("No such call.") from error
    except GatewayError as error:
        raise Unavailable("The receptionist does not answer now.", retry_after=5) from error


@router.post("/transcribe", auth=Allow(Kind.CALLER, Kind.KEY))
def transcribe(request: HttpRequest, audio: File[UploadedFile], language: Form[str | None] = None) -> dict[str, Any]:
    """Speech to text: wav, ogg or webm, at most 10 MiB and 60 s."""
    facts = _facts(principal_of(request))
    language = language or facts.language
    transcribing.require_language(language)
    pcm = _pcm(audio)
    text = transcribing.transcribe(pcm, language, grammar_phrases(facts))
    return {"text": text, "language": language, "duration": round(sound.seconds(pcm), 2)}


def _facts(principal: Principal) -> CallFacts:
    return facts_of(principal.call_id) if principal.kind is Kind.CALLER else company_facts(default_language())


def _pcm(upload: UploadedFile) -> bytes:
    if (upload.size or 0) > MAX_AUDIO_BYTES:
        raise TooLarge("At most 10 MiB of sound.")
    try:
        return sound.decode(upload.read(), longest=MAX_AUDIO_SECONDS)
    except sound.TooLong as error:
        raise Invalid("At most 60 seconds of sound.", fields={"audio": "longer than 60 seconds"}) from error
    except sound.NotAudio as error:
        raise Invalid("The sound could not be read.", fields={"audio": "neither wav, ogg nor webm"}) from error
