"""The story an agent reads before accepting."""

import pytest

from calls.models import Call
from calls.states import Mood, Speaker
from common.models import StreamEvent
from queueing.models import Department, QueueEntry
from queueing.services.transfers import create_transfer
from queueing.states import EntryState
from tests.cast import make_agent, make_call
from tests.voicebot.receptionist.cast import carol
from tests.voicebot.receptionist.db import company
from tests.voicebot.receptionist.fakes import FakeGateway, ScriptedEngine
from voicebot.gateway import doing
from voicebot.gateway.briefing import brief_call
from voicebot.gateway.reading import facts_of
from voicebot.receptionist.briefing import Tried, brief
from voicebot.receptionist.chat import Decision, Message, ToolCall
from voicebot.receptionist.engine import EngineError
from voicebot.receptionist.moods import mood_of
from voicebot.receptionist.ports import Line, Source
from voicebot.receptionist.rebriefing import rebrief
from voicebot.receptionist.tools import tools_for


def plain(text: str) -> str:
    """Without the marks of direction."""
    return text.replace("\u2068", "").replace("\u2069", "")


def said(*texts: str) -> list[Message]:
    """The caller's lines, each answered."""
    return [line for text in texts for line in (Message("user", text), Message("assistant", "Of course."))]


def test_the_summary_is_two_sentences_in_every_language() -> None:
    made = brief(carol(), said("hello", "My invoice 42 is wrong", "It is about May"))
    assert (
        plain(made.summary["en"])
        == "The caller said: “My invoice 42 is wrong” … “It is about May”. Nothing has been tried yet."
    )
    assert plain(made.summary["ar"]).startswith("قال المتصل: “My invoice 42 is wrong”")


def test_what_was_answered_and_who_took_nobody_was_tried() -> None:
    before = [Tried("department", "billing", "closed"), Tried("message")]
    made = brief(carol(), said("when are you open?"), before)
    assert made.tried == (Tried("answer", "What are your opening hours?"), *before)
    assert plain(made.summary["en"]).endswith(
        "Tried so far: an answer to “What are your opening hours?”, Billing, which took nobody, a message was left."
    )
    assert "قسم الفواتير" in made.summary["ar"]


def test_a_caller_who_said_nothing_is_briefed_too() -> None:
    assert brief(carol(), []).summary["en"].startswith("The caller has not said")


@pytest.mark.parametrize(
    ("lines", "mood"),
    [
        (["my parcel is late"], Mood.CALM),
        (["this is ridiculous, I want my money"], Mood.ANGRY),
        (["I am very worried about my order"], Mood.UPSET),
        (["it is urgent"], Mood.URGENT),
        (["it is not urgent"], Mood.CALM),
        (["this is the third time I call"], Mood.ANNOYED),
        (["WHERE IS THE PARCEL"], Mood.ANNOYED),
        (["thank you so much"], Mood.POSITIVE),
        (["thank you so much", "no, this is unacceptable"], Mood.ANGRY),
        (["هذه مهزلة"], Mood.ANGRY),
        (["أنا قلقة على طلبي"], Mood.UPSET),
        (["الأمر عاجل جدا"], Mood.URGENT),
        (["ليس عاجلا"], Mood.CALM),
        (["الجهاز لا يعمل"], Mood.ANNOYED),
        (["أريد معرفة الرصيد"], Mood.CALM),
    ],
)
def test_the_mood_is_read_from_the_words_of_both_languages(lines: list[str], mood: Mood) -> None:
    assert mood_of(lines) == mood


@pytest.fixture
def call(db: None, celery_calls: object) -> Call:
    support, _ = company()
    make_agent("alice", support)
    call = make_call(ai_state="live", ai_epoch=1)
    call.transcript.create(key="1", speaker="customer", text="My invoice 42 is wrong, it is urgent", language="en")
    call.transcript.create(key="2", speaker="ai", text="I see.", language="en")
    return call


def test_it_is_stored_before_anybody_is_told_whoever_asked(call: Call) -> None:
    create_transfer(call, reason="talk to a person", actor="caller")
    told = StreamEvent.objects.get(stream="agent:alice", type="transfer_pending").payload["transfer"]
    assert told["mood"] == "urgent"
    assert plain(told["briefing"]["summary"]["en"]).startswith("The caller said: “My invoice 42 is wrong")
    assert told["summary"] == told["briefing"]["summary"]["en"]


def test_an_offer_carries_it(call: Call, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        create_transfer(call, reason="talk to a person", actor="caller")
    offer = StreamEvent.objects.get(stream="agent:alice", type="offer").payload
    assert offer["customer"]["briefing"]["by"] == "rules"
    assert (offer["customer"]["mood"], offer["reason"]) == ("urgent", "talk to a person")


def test_a_models_words_replace_the_rules_and_say_their_language(call: Call) -> None:
    doing.escalate(call.pk, "فاتورة", None, "Invoice 42 is wrong. He has tried twice.", "angry")
    call.refresh_from_db()
    assert (call.summary, call.mood) == ("Invoice 42 is wrong. He has tried twice.", "angry")
    assert call.briefing == {"summary": {"en": call.summary}, "tried": [], "by": "model"}


def test_a_models_mood_outside_the_list_is_not_believed(call: Call) -> None:
    assert brief_call(call, mood="murderous").mood is Mood.URGENT


def test_a_model_is_asked_for_the_language_agents_read(call: Call, settings) -> None:
    settings.DEFAULT_LANGUAGE = "ar"
    schema = next(tool for tool in tools_for(facts_of(call.pk)) if tool.name == "escalate_to_human").parameters
    assert "Arabic" in schema["properties"]["summary"]["description"]
    brief_call(call)
    call.refresh_from_db()
    assert call.summary.startswith("قال المتصل")


def test_the_articles_an_answer_cited_are_in_it(call: Call) -> None:
    source = {"id": "1", "slug": "returns", "title": "Returns"}
    call.transcript.create(key="3", speaker="ai", text="Thirty days.", sources=[source])
    assert brief_call(call).tried == (Tried("answer", "Returns"),)


def test_departments_that_took_nobody_are_in_it(call: Call) -> None:
    billing = Department.objects.get(slug="billing")
    QueueEntry.objects.create(
        call=call, department=billing, state=EntryState.TIMED_OUT, ended_at=call.created_at, refusal="timed_out"
    )
    assert brief_call(call).tried == (Tried("department", "billing", "timed_out"),)


BRIEF = ToolCall("brief", {"summary": "Invoice 42 is wrong. Nothing helped.", "mood": "angry"})


async def test_a_models_words_come_as_an_update() -> None:
    gateway = FakeGateway()
    await rebrief(gateway, ScriptedEngine([Decision(calls=(BRIEF,))]), "call1")
    assert gateway.briefed == [("Invoice 42 is wrong. Nothing helped.", "angry")]


@pytest.mark.parametrize(
    "answer", [Decision("Hello"), Decision(calls=(ToolCall("brief", {"summary": "x", "mood": "?"}),)), EngineError("x")]
)
async def test_a_model_that_does_not_brief_leaves_the_rules_words(answer: Decision | EngineError) -> None:
    gateway = FakeGateway()
    await rebrief(gateway, ScriptedEngine([answer]), "call1")
    assert gateway.briefed == []


def test_the_update_is_told_to_the_desks(call: Call) -> None:
    create_transfer(call, reason="talk to a person", actor="caller")
    doing.rebrief(call.pk, summary="Invoice 42 is wrong. Nothing helped.", mood="angry")
    told = StreamEvent.objects.filter(stream="agent:alice", type="transfer_pending").order_by("seq").last()
    assert told is not None
    assert told.payload["transfer"]["briefing"]["by"] == "model"
    assert told.payload["transfer"]["mood"] == "angry"


@pytest.mark.parametrize("by", ["rules", "model"])
def test_an_answer_that_was_still_being_said_is_told_when_it_is_stored(call: Call, by: str) -> None:
    if by == "model":
        doing.escalate(call.pk, "invoice", None, "Invoice 42 is wrong.", "angry")
    else:
        create_transfer(call, reason="talk to a person", actor="caller")
    seen = StreamEvent.objects.filter(stream="agent:alice", type="transfer_pending")
    before = seen.count()
    doing.add_line(call.pk, Line("3", Speaker.AI, "You are first in line.", "en"))
    assert seen.count() == before, "nothing new"

    source = Source("1", "returns", "Returns")
    doing.add_line(call.pk, Line("4", Speaker.AI, "Thirty days.", "en", sources=(source,)))
    told = seen.order_by("seq").last()
    assert told is not None
    assert told.payload["transfer"]["briefing"]["tried"] == [{"kind": "answer", "text": "Returns", "outcome": ""}]
    assert told.payload["transfer"]["briefing"]["by"] == by
    assert (told.payload["transfer"]["summary"] == "Invoice 42 is wrong.") == (by == "model")
