"""Answers from articles, what they cite, and what is not known."""

import json
from dataclasses import replace

import pytest
from asgiref.sync import sync_to_async

from calls.identity import Identity
from calls.models import Call, TranscriptSegment
from calls.services import lifecycle
from common.models import StreamEvent
from knowledge.models import Article, CustomerFact, Unanswered
from tests.cast import make_call
from tests.knowledge.conftest import RETURNS, RETURNS_AR, make_article
from tests.voicebot.receptionist.cast import carol, last
from tests.voicebot.receptionist.db import live_call
from tests.voicebot.receptionist.fakes import FakeGateway, ScriptedEngine
from voicebot.gateway import DjangoGateway
from voicebot.receptionist.chat import Decision, ToolCall
from voicebot.receptionist.citing import Citations
from voicebot.receptionist.conversation import converse
from voicebot.receptionist.engine import RulesEngine
from voicebot.receptionist.knowing import cited
from voicebot.receptionist.ports import Passage, Source
from voicebot.receptionist.prompts import welcome
from voicebot.receptionist.system_prompt import system_prompt
from voicebot.receptionist.tools import tools_for

RETURN = Source("7", "returns", "Returns")
FOUND = Passage(RETURN, "en", "", "You may return parcels within thirty days.", "Within thirty days.", 0.9)
CARDS = Source("8", "cards", "Gift cards")
OTHER = Passage(CARDS, "en", "", "Gift cards are valid for three years.", "Three years.", 0.5)


async def say(gateway: FakeGateway, text: str, engine=None):
    return await converse(gateway, engine or RulesEngine(), "call1", text)


def asks_the_articles(decision: Decision) -> bool:
    return [call.name for call in decision.calls] == ["look_up"]


@pytest.mark.parametrize(
    "text",
    [
        "How do I send a parcel back?",
        "How long may I keep it?",
        "what colours are there",
        "كيف أعيد الطرد؟",
        "هل يوجد لون آخر",
    ],
)
def test_a_question_no_frequent_one_covers_is_looked_up(text):
    assert asks_the_articles(last(carol("ar" if text[0] > "z" else "en"), text))


@pytest.mark.parametrize(
    "text",
    ["How do I reset my password?", "can you help me?", "what can you do", "how are you", "12?"],
)
def test_what_the_rules_answer_themselves_is_not(text):
    assert not asks_the_articles(last(carol(), text))


def test_single_words_are_looked_up_where_there_are_articles():
    assert asks_the_articles(last(carol(articles=True), "parcels"))
    assert not asks_the_articles(last(carol(), "parcels"))


def test_what_the_built_in_recogniser_heard_is_not_looked_up():
    assert not asks_the_articles(last(carol(articles=True), "how do i send a parcel back", typed=False))


async def test_the_rules_say_the_passages_answer_and_cite_its_article():
    gateway = FakeGateway(passages=(FOUND,))
    turn = await say(gateway, "How long may I return a parcel?")
    assert turn.reply.startswith("Within thirty days.")
    assert (turn.sources, gateway.lines[-1].sources) == ((RETURN,), (RETURN,))


async def test_a_model_answers_in_its_own_words_and_the_line_cites_what_it_used():
    gateway = FakeGateway(carol(voice="openai"), passages=(FOUND, OTHER))
    engine = ScriptedEngine([
        Decision(calls=(ToolCall("look_up", {"question": "How long may I return a parcel?"}),)),
        Decision("You can return parcels within thirty days."),
    ])  # fmt: skip
    turn = await say(gateway, "How long may I return a parcel?", engine)
    assert (turn.sources, gateway.lines[-1].sources) == ((RETURN,), (RETURN,))
    told = json.loads(engine.prompts[-1].messages[-1].text)
    assert [item["id"] for item in told["passages"]] == ["7", "8"]


def test_an_answer_in_another_language_cites_the_best_that_was_found():
    assert cited((FOUND, OTHER), "يمكنك إرجاع الطرد خلال ثلاثين يومًا.") == (RETURN,)


def test_an_answer_that_uses_nothing_of_it_cites_nothing():
    assert cited((FOUND, OTHER), "Shall I put you through to somebody?") == ()


@pytest.mark.parametrize("voice", ["offline", "openai"])
async def test_what_is_not_known_is_said_kept_and_leads_to_a_person(voice):
    gateway = FakeGateway(carol(voice=voice))
    question = "Do you deliver by balloon?"
    engine = ScriptedEngine([Decision(calls=(ToolCall("look_up", {"question": question}),))])
    turn = await say(gateway, question, None if voice == "offline" else engine)
    assert turn.reply == "I am sorry, I do not know that. Would you like me to connect you with a person?"
    assert (turn.actions, gateway.unanswered) == (("unknown",), [question])
    assert (await say(gateway, "yes please")).actions == ("escalated",)


async def test_the_department_that_was_named_is_the_one_that_is_offered():
    gateway = FakeGateway()
    turn = await say(gateway, "Does billing send letters by pigeon?")
    assert turn.reply == "I am sorry, I do not know that. Shall I put you through to Billing?"


async def test_who_waits_already_keeps_waiting():
    gateway = FakeGateway(carol(state="waiting", queue_position=2, department="support"))
    turn = await say(gateway, "Do you deliver by balloon?")
    assert turn.reply.endswith("You keep your place in line.")


async def test_words_without_a_question_that_find_nothing_are_not_understood_and_not_kept():
    gateway = FakeGateway(carol(articles=True))
    turn = await say(gateway, "blorf gnax")
    assert (turn.reply.startswith("I am sorry, I did not understand"), gateway.unanswered) == (True, [])


async def test_the_rules_do_not_read_out_another_language():
    gateway = FakeGateway(carol("ar"), passages=(FOUND,))
    assert "لا أعرف" in (await say(gateway, "كيف أعيد الطرد؟")).reply


@pytest.fixture
def call(db):
    return live_call()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("celery_calls")
class TestInTheDatabase:
    """The real gateway: its threads have connections of their own, so rows are committed."""

    async def test_the_stored_line_cites_its_article_to_everybody_who_reads_it(self, call):
        article = await _stored("returns", "Returns", RETURNS)
        turn = await converse(DjangoGateway(), RulesEngine(), call.pk, "How do I send the parcel back?")
        cites = [{"id": str(article.pk), "slug": "returns", "title": "Returns"}]
        line = await TranscriptSegment.objects.aget(call=call, speaker="ai")
        told = await StreamEvent.objects.aget(type="transcript", payload__speaker="ai")
        assert turn.reply.startswith("Print the label and hand the parcel in at any post office.")
        assert (line.sources, told.payload["sources"]) == (cites, cites)

    async def test_arabic_is_answered_from_arabic(self, call):
        await _stored("returns", "Returns", RETURNS)
        await _stored("returns-ar", "الإرجاع", RETURNS_AR, language="ar")
        turn = await converse(DjangoGateway(), RulesEngine(), call.pk, "كيف أرسل الطرد؟")
        assert ([source.slug for source in turn.sources], turn.language) == (["returns-ar"], "ar")

    async def test_a_question_nobody_could_answer_is_kept_once(self, call):
        for _ in range(2):
            await converse(DjangoGateway(), RulesEngine(), call.pk, "Do you deliver by balloon?")
        (row,) = [row async for row in Unanswered.objects.all()]
        assert (row.question, row.call_id, row.language) == ("Do you deliver by balloon?", call.pk, "en")


async def _stored(slug: str, title: str, body: str, **values) -> Article:
    return await sync_to_async(make_article)(slug, title, body, **values)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("celery_calls")
class TestRemembering:
    """What a proved customer wants remembered, through tools, gate and database."""

    async def test_a_fact_is_remembered_after_a_yes_to_the_very_question(self, call):
        await _prove(call)
        asked = await _say(call, "Please remember that I prefer calls in the morning.")
        assert asked.reply == "May I remember this for your next calls: I prefer calls in the morning?"
        assert not await CustomerFact.objects.aexists()
        assert (await _say(call, "yes please")).actions == ("fact_remembered",)
        fact = await CustomerFact.objects.aget()
        assert (fact.text, fact.consent) == ("I prefer calls in the morning", "typed: yes please")

    async def test_a_no_remembers_nothing(self, call):
        await _prove(call)
        await _say(call, "remember that I like tea")
        await _say(call, "no")
        assert not await CustomerFact.objects.aexists()

    async def test_arabic_remembers_and_forgets_too(self, call):
        await _prove(call)
        await _say(call, "تذكر أنني أفضل الاتصال صباحا")
        await _say(call, "نعم")
        assert await CustomerFact.objects.aexists()
        await _say(call, "احذف بياناتي")
        assert (await _say(call, "نعم")).actions == ("forgotten",)
        assert not await CustomerFact.objects.aexists()

    async def test_a_caller_who_says_he_is_carol_is_neither_remembered_nor_told_anything(self, call):
        await _prove(await _another_call(call))
        assert "signed in" in (await _say(call, "remember that I like tea")).reply
        assert "not signed in" in (await _say(call, "forget me")).reply
        assert (await _say(call, "what do you know about me?")).reply.startswith("I remember nothing")

    async def test_a_model_cannot_remember_without_the_customers_yes(self, call):
        await _prove(call)
        wants = Decision(calls=(ToolCall("remember_fact", {"fact": "Likes tea."}),))
        turn = await converse(DjangoGateway(), ScriptedEngine([wants]), call.pk, "I like tea, yes, yes!")
        assert turn.actions == ("asked",)
        assert not await CustomerFact.objects.aexists()

    async def test_the_facts_of_the_next_call_have_history_and_what_is_remembered(self, call):
        await _prove(call)
        await _say(call, "my last invoice was much too high")
        await _say(call, "remember that I like tea")
        await _say(call, "yes")
        await Call.objects.filter(pk=call.pk).aupdate(state="ended", end_reason="contained", ended_at=call.created_at)
        later = await _another_call(call)
        await _prove(later)
        facts = await DjangoGateway().facts(later.pk)
        assert welcome(facts) == (
            "Welcome back, Carol. Last time you called about “my last invoice was much too high”."
            " How can I help you today?"
        )
        assert welcome(replace(facts, language="ar")).startswith("أهلًا بعودتك Carol. اتصلت بنا آخر مرة بخصوص الدعم")
        assert "remembered_1: I like tea" in system_prompt(facts)


def test_who_has_proved_nothing_is_welcomed_by_the_name_he_gives_and_has_no_memory_tools():
    facts = carol(caller_name="Carol")
    assert welcome(facts) == "Hello Carol, how can I help you today?"
    assert not {"remember_fact", "forget_me"} & {tool.name for tool in tools_for(facts)}


async def _say(call: Call, text: str):
    return await converse(DjangoGateway(), RulesEngine(), call.pk, text)


async def _prove(call: Call) -> None:
    await sync_to_async(lifecycle.verify_caller)(call.pk, Identity("c-17", "Carol"))


async def _another_call(call: Call) -> Call:
    return await sync_to_async(make_call)(department="support", customer_email=call.customer_email)


def test_an_answer_that_is_cut_off_cites_what_it_was_taken_from():
    citations = Citations()
    citations.asked()
    citations.found((FOUND,))
    citations.asked()
    assert citations.told("You may return a parcel within thirty", cut_off=True) == (RETURN,)
    assert citations.told("You may return a parcel within thirty days.", cut_off=False) == (), "once"


def test_an_answer_that_was_heard_is_not_cited_by_the_next_one_that_is_cut_off():
    citations = Citations()
    citations.found((FOUND,))
    assert citations.told("You may return a parcel within thirty days.", cut_off=False) == (RETURN,)
    citations.asked()
    citations.found((OTHER,))
    assert RETURN not in citations.told("To return a parcel within thirty", cut_off=True)


def test_both_halves_of_an_answer_cite_it():
    citations = Citations()
    citations.found((FOUND,))
    for _ in range(2):
        assert citations.told("You may return a parcel within thirty days.", cut_off=False) == (RETURN,)
