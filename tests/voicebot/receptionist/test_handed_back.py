"""What the receptionist says and does when an agent has given the caller back."""

from dataclasses import replace

import pytest

from tests.voicebot.receptionist.cast import carol
from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.receptionist.conversation import converse
from voicebot.receptionist.engine import RulesEngine
from voicebot.receptionist.grammar import grammar_phrases
from voicebot.receptionist.prompts import opening, phrase
from voicebot.receptionist.rating import rating_of
from voicebot.receptionist.rules import respond

SURVEY = replace(carol(), task="survey", resumed=True)
FINISH = replace(carol(), task="finish", resumed=True)


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("5", 5),
        ("four", 4),
        ("I would say three", 3),
        ("4 out of 5", 4),
        ("5/5", 5),
        ("٤", 4),
        ("خمسة", 5),
        ("أربعة من خمسة", 4),
        ("10", None),
        ("7", None),
        ("two or three", None),
        ("no", None),
        ("I called two days ago about order number one", None),
        ("", None),
    ],
)
def test_a_rating_is_read_from_a_short_answer(text: str, rating: int | None) -> None:
    assert rating_of(text) == rating


@pytest.mark.parametrize("language", ["en", "ar"])
def test_it_says_who_speaks_and_does_not_greet_again(language: str) -> None:
    survey, finish = (opening(replace(facts, language=language)) for facts in (SURVEY, FINISH))
    assert survey[-1] == phrase(language, "survey_ask")
    assert finish[-1] == phrase(language, "anything_else")
    assert survey[0] == finish[0] == phrase(language, "handed_back", company=SURVEY.company)
    assert len(survey) == len(finish) == 2


async def _say(gateway: FakeGateway, *texts: str) -> list[str]:
    await gateway.add_line(gateway.call.call_id, speaker="ai", text=" ".join(opening(gateway.call)), language="en")  # type: ignore[arg-type]
    return [(await converse(gateway, RulesEngine(), gateway.call.call_id, text)).reply for text in texts]


async def test_a_typed_rating_is_stored_and_the_call_ends() -> None:
    gateway = FakeGateway(call=SURVEY)
    said = await _say(gateway, "4 please")
    assert gateway.ratings == [4]
    assert said[-1].startswith(phrase("en", "survey_thanks"))
    assert gateway.ended == 1


async def test_what_is_no_rating_is_asked_for_once_more_and_then_left() -> None:
    gateway = FakeGateway(call=SURVEY)
    first, last = await _say(gateway, "the weather is nice", "really nice")
    assert first == phrase("en", "survey_again")
    assert last == phrase("en", "goodbye", company=SURVEY.company)
    assert (gateway.ratings, gateway.ended) == ([], 1)


async def test_who_does_not_want_to_rate_is_not_pressed() -> None:
    gateway = FakeGateway(call=SURVEY)
    await _say(gateway, "no thanks")
    assert (gateway.ratings, gateway.ended) == ([], 1)


async def test_who_wants_a_person_gets_one_even_then() -> None:
    gateway = FakeGateway(call=SURVEY)
    await _say(gateway, "I want to talk to a human")
    assert len(gateway.escalations) == 1


def test_a_number_is_no_rating_when_nobody_asked_for_one() -> None:
    assert not any(call.name == "rate_call" for call in respond(FINISH, (), "5", typed=True).calls)


def test_the_built_in_recogniser_listens_for_ratings_only_then() -> None:
    heard = grammar_phrases(SURVEY)["rating"]
    assert {rating_of(phrase) for phrase in heard} == {1, 2, 3, 4, 5}
    assert "rating" not in grammar_phrases(FINISH)
