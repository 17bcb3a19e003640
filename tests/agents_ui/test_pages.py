"""The desk's pages: who may open them, in which language, and what they promise to scripts."""

import json
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents_ui.texts import words
from queueing.models import Agent, AwayReason, Disposition
from tests.cast import PASSWORD, make_user, signed_in

ROOT = Path(__file__).parents[2]
HOOKS = [
    *("presence", "start-taking-calls", "pick-next", "offer", "accept", "decline", "in-call", "hang-up", "camera"),
    *("notes", "disposition", "finish-wrap-up", "queue", "live-transcript"),
]


def page(user: User, path: str = "/desk/") -> str:
    """The page as that user gets it."""
    response = signed_in(user).get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_a_stranger_is_sent_to_the_login_and_back(client: Client, db: None) -> None:
    response = client.get("/desk/")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/desk/"


def test_the_login_form_leads_to_the_desk(client: Client, alice: Agent) -> None:
    form = client.get("/accounts/login/?next=/desk/").content.decode()
    assert 'name="login"' in form
    assert 'name="password"' in form
    response = client.post("/accounts/login/", {"login": "alice", "password": PASSWORD, "next": "/desk/"})
    assert (response.status_code, response["Location"]) == (302, "/desk/")


def test_a_wrong_password_is_said_and_the_name_is_kept(client: Client, alice: Agent) -> None:
    answer = client.post("/accounts/login/", {"login": "alice", "password": "wrong"}).content.decode()
    assert "errornote" in answer
    assert 'value="alice"' in answer


def test_nobody_signs_up_by_himself(client: Client, db: None) -> None:
    assert b'name="password1"' not in client.get("/accounts/signup/").content


def test_an_agent_gets_every_hook(alice: Agent) -> None:
    html = page(alice.user)
    for hook in HOOKS:
        assert html.count(f'data-testid="{hook}"') == 1, hook


def test_no_script_or_style_stands_in_the_page(alice: Agent) -> None:
    html = page(alice.user)
    assert not re.findall(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))[^>]*>", html)
    assert "style=" not in html
    assert not re.search(r"\son\w+=", html)


def test_a_supervisor_without_a_desk_is_told_so(sam: User) -> None:
    html = page(sam)
    assert words("en")["no_agent_title"] in html
    assert "/desk/wallboard/" in html


def test_an_account_in_no_group_is_refused(db: None) -> None:
    response = signed_in(make_user("mallory", "visitors")).get("/desk/")
    assert response.status_code == 403


def test_the_wallboard_is_for_supervisors(alice: Agent, sam: User) -> None:
    assert signed_in(alice.user).get("/desk/wallboard/").status_code == 403
    assert 'data-testid="wallboard-agents"' in page(sam, "/desk/wallboard/")


def test_the_language_chosen_by_the_address_is_kept(alice: Agent) -> None:
    client = signed_in(alice.user)
    arabic = client.get("/desk/?lang=ar").content.decode()
    assert 'dir="rtl"' in arabic
    assert words("ar")["start_taking_calls"] in arabic
    assert words("ar")["start_taking_calls"] in client.get("/desk/").content.decode()


def test_an_unknown_language_changes_nothing(alice: Agent) -> None:
    assert words("en")["start_taking_calls"] in page(alice.user, "/desk/?lang=xx")


def test_outcomes_are_those_of_the_administration(alice: Agent) -> None:
    Disposition.objects.create(slug="sold", name_en="Sold it", name_ar="بيع")
    Disposition.objects.create(slug="old", name_en="Retired", is_active=False)
    html = page(alice.user)
    assert '<option value="sold">Sold it</option>' in html
    assert "Retired" not in html


def test_the_reasons_for_being_away_are_the_installations_own(alice: Agent) -> None:
    AwayReason.objects.create(slug="prayer", name_en="Prayer", name_ar="صلاة")
    AwayReason.objects.create(slug="old", name_en="Retired", is_active=False)
    html = page(alice.user)
    assert '<option value="prayer">Prayer</option>' in html
    assert '<option value="old">' not in html


def test_both_languages_have_the_same_words() -> None:
    assert words("en").keys() == words("ar").keys()


def test_a_words_placeholders_are_the_same_in_both_languages() -> None:
    def places(text: str) -> list[str]:
        return sorted(re.findall(r"\{\w+\}", text))

    assert {key for key in words("en") if places(words("en")[key]) != places(words("ar")[key])} == set()


def test_every_word_a_script_asks_for_is_there() -> None:
    scripts = [file.read_text() for file in (ROOT / "static" / "agents_ui").rglob("*.js")]
    asked = {key for script in scripts for key in re.findall(r'\bt\("(\w+)"', script)}
    assert asked
    assert asked - words("en").keys() == set()


def test_every_element_a_script_asks_for_is_there(alice: Agent, sam: User) -> None:
    html = page(alice.user) + page(sam, "/desk/wallboard/")
    ids = set(re.findall(r'\bid="([\w-]+)"', html))
    scripts = [file.read_text() for file in (ROOT / "static" / "agents_ui").rglob("*.js")]
    asked = {key for script in scripts for key in re.findall(r'\b(?:byId|onPress)\("([\w-]+)"', script)}
    assert asked - ids == set()


def test_the_config_names_departments_in_the_pages_language(alice: Agent) -> None:
    html = page(alice.user, "/desk/?lang=en")
    found = re.search(r'<script id="desk-config" type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found
    config = json.loads(found[1])
    assert config["username"] == "alice"
    assert config["departments"]["billing"] == "Billing"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_login_speaks_the_language_chosen_before(client: Client, db: None, language: str) -> None:
    client.get(f"/desk/?lang={language}")
    assert words(language)["login_intro"] in client.get("/accounts/login/").content.decode()
