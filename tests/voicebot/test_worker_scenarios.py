"""The simulated callers of the nightly set, spoken through a real LiveKit server and the real worker."""

import pytest

from evals.judging import judge
from evals.running import chosen_scenarios
from evals.scenario import Scenario
from evals.sounding import as_sound, play_as_sound
from tests.voicebot.stack import VoiceStack
from voicebot.receptionist.prompts import prompt_version

pytestmark = [
    pytest.mark.journey,
    pytest.mark.nightly,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(240),
]


@pytest.mark.parametrize("scenario", chosen_scenarios((), nightly=True), ids=lambda scenario: scenario.name)
async def test_a_simulated_caller_gets_what_the_scenario_says(
    stack: VoiceStack, transactional_db: None, celery_calls: object, scenario: Scenario
) -> None:
    played = await play_as_sound(scenario, stack.url, stack.keys)
    problems = judge(as_sound(scenario), played)
    assert not problems, "\n".join([*problems, *(f"{line.speaker}: {line.text}" for line in played.transcript)])
    assert played.prompt_version == prompt_version()
