"""Opening hours, staffing and waits come from the system at the moment they are asked for."""

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from common import clock
from queueing.models import Agent, Department
from tests.cast import make_agent
from tests.voicebot.receptionist.cast import carol, last
from tests.voicebot.receptionist.db import live_call
from tests.voicebot.receptionist.fakes import FakeGateway, ScriptedEngine
from voicebot.gateway import DjangoGateway
from voicebot.receptionist.chat import Decision, ToolCall
from voicebot.receptionist.conversation import converse
from voicebot.receptionist.engine import RulesEngine
from voicebot.receptionist.facts import Opening
from voicebot.receptionist.ports import DepartmentStatus
from voicebot.receptionist.staffing import status_sentence

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("Is anybody there?", "support"),
        ("how long is the wait for billing", "billing"),
        ("كم مدة الانتظار في المبيعات", "sales"),
        ("كم مدة الانتظار", "support"),
    ],
)
def test_the_rules_ask_the_system(text, department):
    (call,) = last(carol("ar" if text > "z" else "en"), text).calls
    assert (call.name, dict(call.arguments)) == ("department_status", {"department": department})


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (DepartmentStatus(None, True, 130), "waits for about two minutes"),
        (DepartmentStatus(None, True, 0), "waits for less than a minute"),
        (DepartmentStatus(None, False, 300), "Nobody is at work in Billing"),
        (DepartmentStatus(Opening(False, NOON, NOON + timedelta(hours=20)), True, 0), "opens again tomorrow at 8"),
    ],
)
def test_what_is_so_is_said(status, said):
    assert said in status_sentence("en", "Billing", status)


async def test_a_model_cannot_word_it_otherwise():
    engine = ScriptedEngine([Decision("No wait at all!", (ToolCall("department_status", {"department": "support"}),))])
    turn = await converse(FakeGateway(carol(voice="openai")), engine, "call1", "how long would I wait?")
    assert turn.reply.startswith(
        "Somebody is at work in Support now. Whoever gets in line now waits for about two minutes"
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("celery_calls")
async def test_the_same_question_is_answered_anew_as_people_come_and_go():
    call = await sync_to_async(live_call)()
    support = await Department.objects.aget(slug="support")
    alice = await sync_to_async(make_agent)("alice", support)
    answers = []
    for changes in (
        {"presence": "offline"},
        {"presence": "available", "activity": "idle", "lease_until": clock.now() + timedelta(hours=1)},
        {"activity": "on_call"},
    ):
        await Agent.objects.filter(pk=alice.pk).aupdate(**changes)
        answers.append((await converse(DjangoGateway(), RulesEngine(), call.pk, "is anybody there?")).reply)
    assert "Nobody is at work" in answers[0]
    assert "less than a minute" in answers[1]
    assert "about five minutes" in answers[2] or "about 5 minutes" in answers[2]
