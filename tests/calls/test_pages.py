"""The customer's pages: who gets which language, which mode, which frame, and that every word has its translation."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import Settings

from calls import page_copy, pages
from calls.pages import DepartmentOption

TEMPLATES = Path(settings.BASE_DIR) / "templates"
SCRIPTS = Path(settings.BASE_DIR) / "static"
PLURALS = {"zero", "one", "two", "few", "many", "other"}

SUPPORT = DepartmentOption(
    slug="support", name_en="Support", name_ar="الدعم", ai_first=True, is_open=True, opens_at=None
)
BILLING = DepartmentOption(
    slug="billing", name_en="Billing", name_ar="الفواتير", ai_first=False, is_open=True, opens_at=None
)


@pytest.fixture(autouse=True)
def departments(monkeypatch: pytest.MonkeyPatch) -> list[DepartmentOption]:
    """What the layer above would register."""
    options = [SUPPORT, BILLING]
    monkeypatch.setattr(pages, "_department_sources", [lambda: options])
    return options


def get(client: Client, path: str, **headers: str) -> str:
    """The page's HTML."""
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def shown(html: str) -> str:
    """The page without what is only data for the scripts."""
    return re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)


def page_data(html: str) -> dict[str, object]:
    """What the template leaves for the scripts."""
    found = re.search(r'<script id="page-data" type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found
    data: dict[str, object] = json.loads(found[1])
    return data


def leaves(words: dict[str, object], path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Dotted keys with their texts; a plural is one leaf."""
    for key, value in words.items():
        if isinstance(value, dict) and not ("other" in value and set(value) <= PLURALS):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", list(value.values()) if isinstance(value, dict) else [str(value)]


CALL = "/callcenter/call-with-audio"


def test_the_root_leads_to_the_landing_page_and_keeps_the_language(client: Client) -> None:
    response = client.get("/?lang=ar")
    assert (response.status_code, response["Location"]) == (302, "/callcenter/?lang=ar")


@pytest.mark.parametrize("path", ["/callcenter/", CALL, "/call"])
def test_every_page_speaks_arabic_from_right_to_left(client: Client, path: str) -> None:
    html = get(client, f"{path}?lang=ar")
    assert '<html lang="ar" dir="rtl">' in html
    assert 'href="?lang=en"' in html


@pytest.mark.parametrize("path", ["/callcenter/", CALL, "/call"])
def test_no_page_needs_an_inline_script_or_style(client: Client, path: str) -> None:
    html = get(client, path)
    assert " style=" not in html
    assert "<style" not in html
    assert not re.search(r"\son[a-z]+=", html)
    kinds = re.findall(r"<script([^>]*)>", html)
    assert all("application/json" in kind or "src=" in kind for kind in kinds)


def test_the_browser_s_language_counts_where_none_is_asked_for(client: Client, settings: Settings) -> None:
    settings.DEFAULT_LANGUAGE = "en"
    assert '<html lang="ar"' in get(client, CALL, accept_language="fr-FR, ar-EG;q=0.8, en;q=0.5")


def test_the_site_s_language_counts_where_the_browser_s_is_unknown(client: Client, settings: Settings) -> None:
    settings.DEFAULT_LANGUAGE = "ar"
    assert '<html lang="ar"' in get(client, f"{CALL}?lang=fr", accept_language="fr")


def test_the_call_page_has_the_hooks_of_the_contract(client: Client) -> None:
    html = get(client, CALL)
    hooks = (
        "start-call name email language status queue-position visualizer duration mute end-call talk-to-human camera"
        " transcript message send"
    )
    for hook in hooks.split():
        assert html.count(f'data-testid="{hook}"') == 1
    assert 'data-state="ready"' in html
    assert html.count('role="status"') == 1


def test_the_ai_and_the_transcript_are_announced_before_the_call(client: Client) -> None:
    html = shown(get(client, CALL))
    assert page_copy.say("en", "before.ai_notice") in html
    assert page_copy.say("en", "before.privacy") in html


def test_a_department_is_preselected(client: Client, departments: list[DepartmentOption]) -> None:
    departments.append(
        DepartmentOption(slug="sales", name_en="Sales", name_ar="المبيعات", ai_first=True, is_open=True, opens_at=None)
    )
    html = get(client, f"{CALL}?department=sales")
    assert re.search(r'<option value="sales"\s+selected>', html)
    assert not re.search(r'<input id="email"[^>]*\srequired', html, re.DOTALL)


@pytest.mark.parametrize("query", ["mode=queue", "department=billing"])
def test_straight_to_a_person_asks_for_the_email_and_speaks_of_no_ai(client: Client, query: str) -> None:
    html = shown(get(client, f"{CALL}?{query}"))
    assert re.search(r'<input id="email"[^>]*\srequired', html, re.DOTALL)
    assert page_copy.say("en", "before.queue_notice") in html
    assert page_copy.say("en", "before.ai_notice") not in html


def test_without_a_department_the_default_one_decides_about_the_ai(
    client: Client, departments: list[DepartmentOption]
) -> None:
    departments[:] = [BILLING, SUPPORT]
    assert page_copy.say("en", "before.lead_queue") in shown(get(client, CALL))


def test_the_call_page_works_without_any_department(client: Client, departments: list[DepartmentOption]) -> None:
    departments.clear()
    assert page_data(get(client, CALL))["departments"] == []


def test_a_company_s_name_cannot_break_out_of_the_page(client: Client, settings: Settings) -> None:
    settings.COMPANY_NAME = '</script><img src=x onerror="alert(1)">'
    html = get(client, CALL)
    assert "<img src=x" not in html
    assert page_data(html)["company"] == settings.COMPANY_NAME


def test_without_an_avatar_the_video_page_offers_the_audio_call(client: Client, settings: Settings) -> None:
    settings.AVATAR_PROVIDER = "none"
    html = get(client, "/call")
    assert f'href="{CALL}?lang=en"' in html
    assert 'data-testid="start-call"' not in html


def test_with_an_avatar_the_video_page_is_the_call_page(client: Client, settings: Settings) -> None:
    settings.AVATAR_PROVIDER = "tavus"
    assert page_data(get(client, "/call"))["avatar"] is True


def test_only_configured_origins_may_frame_the_call_page(client: Client, settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    framed = client.get(CALL)
    assert "frame-ancestors 'self' https://shop.example" in framed["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed
    assert "shop.example" not in client.get("/callcenter/")["Content-Security-Policy"]


def test_nobody_else_may_frame_the_call_page(client: Client, settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = []
    assert "frame-ancestors 'self'" in client.get(CALL)["Content-Security-Policy"].split("; ")


def test_both_catalogues_have_the_same_keys_and_places() -> None:
    english, arabic = (dict(leaves(page_copy.catalogue(code))) for code in ("en", "ar"))
    assert english.keys() == arabic.keys()
    for key, texts in english.items():
        places = {place for text in texts for place in re.findall(r"\{\w+\}", text)}
        assert {place for text in arabic[key] for place in re.findall(r"\{\w+\}", text)} == places, key
        assert all(text.strip() for text in [*texts, *arabic[key]]), key


def test_every_arabic_plural_has_all_its_forms() -> None:
    words = page_copy.catalogue("ar")
    for key, texts in leaves(words):
        assert len(texts) in (1, len(PLURALS)), key


def test_every_key_that_templates_and_scripts_name_has_words() -> None:
    known = {key for key, _ in leaves(page_copy.catalogue("en"))}
    used: set[str] = set()
    for template in [TEMPLATES / "base.html", *(TEMPLATES / "calls").rglob("*.html")]:
        text = template.read_text()
        used |= set(re.findall(r'\{% (?:say|words) "([\w.-]+)"', text))
        used |= set(re.findall(r'\{% say_attr "[\w-]+" "([\w.-]+)"', text))
        used |= set(re.findall(r'data-copy="([\w.-]+)"', text))
    sections = "|".join(page_copy.catalogue("en"))
    for script in (SCRIPTS / "calls").glob("*.js"):
        found = re.findall(rf"'((?:{sections})\.[a-z][\w-]*)'", script.read_text())
        used |= set(found)
    assert used - known == set()


def test_a_missing_word_is_an_error_with_its_name() -> None:
    with pytest.raises(KeyError, match=r"en: before\.nothing"):
        page_copy.say("en", "before.nothing")


@pytest.mark.parametrize("script", sorted((SCRIPTS / "calls").glob("*.js")), ids=lambda path: path.stem)
def test_every_module_imports_what_exists(script: Path) -> None:
    for target in re.findall(r"""(?:from|import)\s*\(?'(\.[^']+)'""", script.read_text()):
        path = (script.parent / target).resolve().relative_to(SCRIPTS)
        assert str(path) == "vendor/livekit-client.esm.mjs" or finders.find(str(path)), target
