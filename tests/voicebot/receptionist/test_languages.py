"""Languages: a third one by a folder and a setting, a welcome in several, each turn in its own."""

import asyncio
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.test import Client

from callcenter_site import env
from calls.models import Call, Company, Heartbeat
from calls.services import lifecycle
from common import clock
from queueing.models import Department
from tests.voicebot.receptionist.cast import carol
from tests.voicebot.receptionist.db import company
from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.gateway.reading import facts_of
from voicebot.receptionist.claims import unfounded
from voicebot.receptionist.conversation import Turn, converse
from voicebot.receptionist.detail_words import given_detail
from voicebot.receptionist.details import Rules, normalised, spelled
from voicebot.receptionist.engine import RulesEngine
from voicebot.receptionist.files import forget_files
from voicebot.receptionist.language import detect_language, written_in
from voicebot.receptionist.lexicon import LexiconError, lexicon
from voicebot.receptionist.prompts import languages, opening, phrase
from voicebot.receptionist.rating import rating_of
from voicebot.receptionist.redaction import redact
from voicebot.receptionist.spoken import speak
from voicebot.receptionist.system_prompt import system_prompt
from voicebot.receptionist.tools import tools_for

PROMPTS = """
## System prompt

Vous êtes l'accueil de {company}. {caller_name} {contact} {state} {queue} {departments} {faqs} {notes}

## Sentences

### disclosure
Bonjour, ici l'assistant automatique de {company}. Je suis une IA, et vous pouvez demander une personne.

### welcome
Comment puis-je vous aider ?

### hello
Bonjour ! Comment puis-je vous aider ?

### confirm_department
Voulez-vous que je vous passe {department} ?

### transferring
Je vous passe {department}. Restez en ligne, s'il vous plaît.

### waiting_first
Vous êtes le premier dans la file, l'attente est d'environ {wait}.

### minutes_few
{count} minutes

### goodbye
Merci de votre appel à {company}. Au revoir !
"""
LEXICON = r"""
[person]
nouns = ["personne", "conseiller", "humain"]
verbs = ["parler", "veux", "voudrais"]
[hello]
phrases = ["bonjour", "salut"]
[yes]
phrases = ["oui", "d accord", "volontiers"]
[no]
phrases = ["non"]
[bye]
phrases = ["au revoir"]
[departments]
billing = ["facture", "factures", "facturation"]
[language]
fr = ["français", "en français", "french"]
[filler]
words = ["je", "une", "un", "à", "avec", "ma", "question", "sur", "j", "ai", "le", "la", "vous"]
[claims]
transfer = ['\bje vous (?:passe|transf[eè]re|mets en relation)\b']
callback = ['\b(?:on|nous) vous rappeller(?:a|ons)\b']
[details]
order_number = ['\bcommande(?: num[eé]ro)?(?: est)?[ :#]+']
name = ["\\bje m'appelle "]
digits = ["zéro", "un|une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]
months = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août",
    "septembre", "octobre", "novembre", "décembre"]
days = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
tomorrow = ["demain"]
at = ["arobase"]
dot = ["point"]
[secrets]
words = ['mot de passe']
is = ['\best\b']
"""


@pytest.fixture
def french(tmp_path: Path, settings):
    """One folder with two files, and the setting that names it."""
    (tmp_path / "fr.md").write_text(PROMPTS, encoding="utf-8")
    (tmp_path / "fr.toml").write_text(LEXICON, encoding="utf-8")
    loaded = env.load({"PROMPTS_DIR": str(tmp_path), "VAR_DIR": str(tmp_path / "var"), "DEFAULT_LANGUAGE": "fr"})
    settings.PROMPTS_DIR, settings.CALL_LANGUAGES = loaded.prompts_dir, loaded.call_languages
    forget_files()
    yield
    settings.PROMPTS_DIR = ""
    forget_files()


def talk(gateway: FakeGateway, *texts: str) -> list[Turn]:
    async def all_of_it() -> list[Turn]:
        return [await converse(gateway, RulesEngine(), "call1", text) for text in texts]

    return asyncio.run(all_of_it())


def test_a_third_language_is_a_folder_and_a_setting(french):
    assert languages() == ("ar", "en", "fr")
    gateway = FakeGateway(carol("en"))
    hello, asked, through, bye = talk(
        gateway, "Bonjour", "J'ai une question sur ma facture", "oui", "Au revoir, je ne veux plus attendre"
    )
    assert (hello.language, hello.reply) == ("fr", "Bonjour ! Comment puis-je vous aider ?")
    assert asked.reply == "Voulez-vous que je vous passe Billing ?"
    assert (through.actions, gateway.call.department) == (("routed", "escalated"), "billing")
    assert through.reply.startswith("Je vous passe Billing. Restez en ligne")
    assert [line.language for line in gateway.lines] == ["fr"] * 8
    assert bye.language == "fr"


def test_a_person_is_asked_for_in_it_and_what_it_lacks_is_said_in_english(french):
    (turn,) = talk(FakeGateway(carol("fr")), "Je voudrais parler à une personne")
    assert turn.actions == ("escalated",)
    assert phrase("fr", "survey_ask") == phrase("en", "survey_ask")


def test_it_stands_beside_the_others(french):
    gateway = FakeGateway(carol("fr"))
    english, arabic, french_again = talk(gateway, "what are your opening hours", "متى تفتحون؟", "bonjour")
    assert [turn.language for turn in (english, arabic, french_again)] == ["en", "ar", "fr"]
    assert detect_language("Carol", "fr") == "fr"
    assert written_in("Nine to five.", "fr") == "fr"


def test_a_model_may_switch_to_it_and_is_prompted_in_it(french):
    tool = next(tool for tool in tools_for(carol()) if tool.name == "set_language")
    assert tool.parameters["properties"]["language"]["enum"] == ["ar", "en", "fr"]
    assert system_prompt(carol("fr")).startswith("Vous êtes l'accueil de Acme.")
    assert speak("3 minutes", "fr") == "trois minutes"


def test_what_a_model_claims_in_it_is_held_against_the_rows(french):
    assert unfounded(carol("fr"), "Je vous transfère tout de suite.") == "transfer"
    assert unfounded(carol("fr"), "Nous vous rappellerons demain.") == "callback"
    assert unfounded(carol("fr"), "Voulez-vous que je vous passe les factures ?") == ""


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("phone", "zéro cinq cinq un deux trois quatre", "0551234"),
        ("email", "carol arobase exemple point fr", "carol@exemple.fr"),
        ("date", "le 5 août", "2027-08-05"),
        ("date", "vendredi", "2027-03-05"),
        ("date", "demain", "2027-03-02"),
    ],
)
def test_details_are_given_in_its_words(french, kind, value, kept):
    assert normalised(kind, value, Rules(today=date(2027, 3, 1))) == kept


def test_details_are_found_read_back_and_kept_secret_in_it(french):
    assert given_detail("Ma commande numéro 12345 n'est pas là") == ("order_number", "12345")
    assert given_detail("je m'appelle Amélie") == ("name", "Amélie")
    assert spelled("fr", "123") == "un deux trois"
    assert rating_of("quatre sur cinq") == 4
    assert redact("mon mot de passe est soleil") == "mon mot de passe est [secret]"


@pytest.mark.parametrize(
    ("lexicon_file", "why"),
    [
        ("[claims]\ntransfer = ['(']", r"fr\.toml: transfer: '\('"),
        ("[details]\ndays = ['lundi']", r"fr\.toml: \[details\] days: expected 7, not 1"),
    ],
)
def test_a_lexicon_that_is_wrong_is_refused_with_its_place(french, settings, lexicon_file, why):
    (Path(settings.PROMPTS_DIR) / "fr.toml").write_text(lexicon_file, encoding="utf-8")
    forget_files()
    with pytest.raises(LexiconError, match=why):
        lexicon("fr")


@pytest.mark.django_db
def test_the_api_takes_a_call_in_it(french, celery_calls):
    company()
    answer = Client().post("/api/room/token", {"language": "fr"}, content_type="application/json")
    assert answer.status_code == 200
    assert Call.objects.get(pk=answer.json()["call_id"]).language == "fr"


@pytest.mark.django_db
def test_the_api_refuses_a_language_nobody_speaks(celery_calls):
    answer = Client().post("/api/room/token", {"language": "fr"}, content_type="application/json")
    assert answer.status_code == 422
    assert "one of en, ar" in answer.content.decode()


def test_a_setting_of_an_unknown_language_stops_the_start(tmp_path: Path):
    with pytest.raises(env.BadEnvironment, match=r"WELCOME_LANGUAGES: expected languages .* not fr"):
        env.load({"WELCOME_LANGUAGES": "en,fr", "VAR_DIR": str(tmp_path)})


def test_who_has_named_no_language_is_welcomed_in_each():
    said = opening(replace(carol(voice="openai"), greet_in=("ar",)))
    assert said == (
        phrase("en", "disclosure", company="Acme"),
        phrase("en", "welcome"),
        phrase("ar", "disclosure", company="Acme"),
        phrase("ar", "welcome"),
    )
    assert [written_in(sentence, "en") for sentence in said] == ["en", "en", "ar", "ar"]


@pytest.fixture
def both(db: None, celery_calls: object, settings):
    """An installation that welcomes in both languages."""
    settings.WELCOME_LANGUAGES = ("en", "ar")
    company()
    Company.objects.get_or_create(pk=1)
    Heartbeat.objects.create(kind="voicebot", name="one", seen_at=clock.now())


def test_only_who_has_named_none_is(both):
    unnamed, named = lifecycle.create_call(), lifecycle.create_call(language="en")
    assert facts_of(unnamed.pk).greet_in == ("ar",)
    assert facts_of(named.pk).greet_in == ()


def test_a_department_welcomes_in_languages_of_its_own(both):
    for own, greeted in (("en", ()), ("ar,xx", ("ar",)), ("", ("ar",))):
        Department.objects.filter(slug="billing").update(welcome_languages=own)
        assert facts_of(lifecycle.create_call(department="billing").pk).greet_in == greeted


def test_naming_it_before_the_welcome_counts(both):
    call = lifecycle.create_call()
    lifecycle.choose_language(call.pk, "en", actor="caller")
    assert facts_of(call.pk).greet_in == ()


@pytest.mark.parametrize(
    ("text", "current", "language"),
    [
        ("3ayez akallem mowazaf", "en", "ar"),
        ("mar7aba", "en", "ar"),
        ("baddi e7ki ma3 7ada", "ar", "ar"),
        ("salam", "en", "en"),
        ("my order is A7B3", "en", "en"),
        ("3371", "ar", "ar"),
        ("the mp3 player is broken", "en", "en"),
        ("I need help with my iphone7", "ar", "en"),
        ("هلا، ابغى billing department", "en", "ar"),
        ("where is my طلب", "ar", "en"),
        ("ok", "ar", "ar"),
        ("Carol Danvers", "ar", "ar"),
    ],
)
def test_each_turn_has_its_language(text, current, language):
    assert detect_language(text, current) == language
