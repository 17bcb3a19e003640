"""What the AI's tools come to, as Prometheus gets it."""

import pytest
from django.test import Client

from calls.models import Call
from calls.services import tool_uses
from calls.states import AI_TOOLS, CallState, ToolOutcome
from tests.voicebot.receptionist.cast import carol as facts
from voicebot.receptionist.facts import KnownCaller
from voicebot.receptionist.tools import tools_for


def use(call: Call, key: str, tool: str, *outcomes: ToolOutcome) -> None:
    made, _ = tool_uses.begin_use(call.pk, key=key, turn="t", tool=tool, arguments={}, cap=None)
    assert made is not None
    for outcome in outcomes:
        tool_uses.settle_use(made, outcome, {}, actor="ai")


@pytest.mark.django_db
def test_uses_are_counted_by_tool_and_outcome(client: Client, carol: Call) -> None:
    use(carol, "a", "note_fact", ToolOutcome.DONE)
    use(carol, "b", "note_fact", ToolOutcome.DONE)
    use(carol, "c", "forget_me", ToolOutcome.ASKED, ToolOutcome.DECLINED)
    text = client.get("/metrics").content.decode()
    told = sorted(line for line in text.splitlines() if line.startswith("callcenter_tool_uses"))
    assert told == [
        'callcenter_tool_uses_total{outcome="asked",tool="forget_me"} 1.0',
        'callcenter_tool_uses_total{outcome="declined",tool="forget_me"} 1.0',
        'callcenter_tool_uses_total{outcome="done",tool="note_fact"} 2.0',
    ]


@pytest.mark.django_db
def test_a_tool_that_a_model_makes_up_is_no_series_of_its_own(client: Client, carol: Call) -> None:
    use(carol, "a", "drop_all_tables", ToolOutcome.REFUSED)
    text = client.get("/metrics").content.decode()
    assert 'callcenter_tool_uses_total{outcome="refused",tool="unknown"} 1.0' in text
    assert "drop_all_tables" not in text


def test_every_tool_there_is_has_its_name_counted() -> None:
    known = KnownCaller("Carol")
    offered = [facts(known=known), facts(known=known, task="survey"), facts(state=CallState.WAITING)]
    assert {tool.name for one in offered for tool in tools_for(one)} == AI_TOOLS
