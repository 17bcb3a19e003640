"""Every simulated caller, as text, with the built-in rules: once each, for they decide the same way every time."""

import pytest

from evals.judging import judge
from evals.playing import play
from evals.scenario import Scenario, read_scenarios
from tests.invariants import check_invariants
from voicebot.receptionist.engine import RulesEngine

SCENARIOS = read_scenarios()


@pytest.mark.usefixtures("celery_calls")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_caller_gets_what_the_scenario_says(scenario: Scenario):
    played = play(scenario, RulesEngine())
    check_invariants()
    problems = judge(scenario, played)
    assert not problems, "\n".join(problems)
