"""Scenario files: what they hold, and how a bad one is refused."""

from collections import Counter
from pathlib import Path

import pytest

from evals.scenario import BadScenario, Scenario, read_file, read_scenarios

GOOD = "name: a\npersona: p\ngoal: g\nsteps:\n  - say: hello\nexpect: {state: ai}\n"


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "some.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def speaks_arabic(scenario: Scenario) -> bool:
    """In its own letters, or in Latin ones."""
    written = any("\u0600" <= char <= "\u06ff" for step in scenario.steps for char in step.say or "")
    return written or "ar" in (scenario.expect.language, *scenario.expect.caller_languages)


def test_there_are_forty_callers_and_half_of_them_speak_arabic():
    scenarios = read_scenarios()
    arabic = Counter(speaks_arabic(scenario) for scenario in scenarios)
    assert len(scenarios) >= 40
    assert arabic[True] * 2 >= len(scenarios)


def test_the_nightly_set_has_both_languages_and_is_small():
    nightly = Counter(scenario.language for scenario in read_scenarios() if scenario.nightly)
    assert set(nightly) == {"en", "ar"}
    assert nightly.total() <= 20


def test_yes_and_no_are_words(write):
    (scenario,) = read_file(write(GOOD + "language: en\n").with_name("some.yaml"))
    assert scenario.steps[0].say == "hello"
    (scenario,) = read_file(write(GOOD.replace("hello", "yes")))
    assert scenario.steps[0].say == "yes"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD + "stpes: []\n", "scenario 1 a: stpes: Unexpected keyword argument"),
        (GOOD.replace("goal: g\n", ""), "goal: Field required"),
        (GOOD.replace("state: ai", "state: asleep"), "expect.state: Input should be 'created', 'ai'"),
        (GOOD.replace("say: hello", "say: hello\n    hang_up: true"), "this one has say and hang_up"),
        (GOOD.replace("say: hello", "times: 2"), "this one has none"),
        (GOOD.replace("say: hello", "agent: sleeps"), "steps.0.agent"),
        ("- not\n- a mapping\n", "some.yaml, scenario 1"),
        ("name: [", "some.yaml: no YAML"),
    ],
)
def test_a_bad_file_is_refused_with_the_place_of_the_mistake(write, text, told):
    with pytest.raises(BadScenario, match=r"some\.yaml") as refused:
        read_file(write(text))
    assert told in str(refused.value)


def test_a_name_given_twice_is_refused(write):
    path = write(GOOD + "---\n" + GOOD)
    with pytest.raises(BadScenario, match="'a' is given twice"):
        read_scenarios(path.parent)
