"""An agent's numbers of the day."""

from datetime import timedelta

from agents_ui import presenters, selectors
from queueing.models import Agent, AgentEvent
from queueing.states import Activity
from tests.cast import Clock


def log(agent: Agent, time: Clock, activity: Activity) -> None:
    """One row of the agent's log, now."""
    AgentEvent.objects.create(agent=agent, at=time.at, kind="activity", value=activity, actor="test")


def test_handling_is_talk_and_wrap_up_over_calls_wholly_done(time: Clock, alice: Agent) -> None:
    for talk, wrap in ((100, 20), (200, 40)):
        log(alice, time, Activity.OFFERED)
        log(alice, time, Activity.ON_CALL)
        time.pass_(talk)
        log(alice, time, Activity.WRAPPING_UP)
        time.pass_(wrap)
        log(alice, time, Activity.IDLE)
        time.pass_(500)
    log(alice, time, Activity.ON_CALL)
    time.pass_(1000)
    assert selectors.average_handling(alice, since=selectors.start_of_day()) == 180


def test_a_call_taken_out_of_wrap_up_is_a_call_of_its_own(time: Clock, alice: Agent) -> None:
    log(alice, time, Activity.ON_CALL)
    time.pass_(100)
    log(alice, time, Activity.WRAPPING_UP)
    time.pass_(20)
    log(alice, time, Activity.ON_CALL)
    time.pass_(60)
    log(alice, time, Activity.IDLE)
    assert selectors.average_handling(alice, since=selectors.start_of_day()) == 90


def test_yesterday_does_not_count(time: Clock, alice: Agent) -> None:
    time.at -= timedelta(days=1)
    log(alice, time, Activity.ON_CALL)
    time.pass_(100)
    log(alice, time, Activity.IDLE)
    time.at += timedelta(days=1)
    assert presenters.today(alice) == {
        "calls": 0,
        "talk_seconds": 0,
        "declined": 0,
        "missed": 0,
        "average_handling_seconds": 0,
    }
