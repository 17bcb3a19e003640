"""Which prompts a call was spoken by."""

from pathlib import Path

import pytest
from django.test import Client

from calls.models import Call
from calls.services import ai
from calls.services.keys import create_api_key
from tests.cast import make_call, make_user, signed_in
from voicebot.receptionist.files import forget_files
from voicebot.receptionist.prompts import FOLDER, PromptError, phrase, prompt_version, read_book


@pytest.fixture
def own(tmp_path: Path, settings):
    """A folder of the installation's own prompts."""
    settings.PROMPTS_DIR = str(tmp_path)
    forget_files()
    yield tmp_path
    settings.PROMPTS_DIR = ""
    forget_files()


def built_in(language: str) -> str:
    return (FOLDER / f"{language}.md").read_text(encoding="utf-8")


def test_other_words_are_another_version(own: Path):
    before = prompt_version()
    (own / "en.md").write_text(built_in("en").replace("Goodbye!", "Farewell!"), encoding="utf-8")
    forget_files()
    assert prompt_version() != before
    assert "Farewell!" in phrase("en", "goodbye", company="Acme")


def test_another_language_file_is_another_version_too(own: Path):
    before = prompt_version()
    (own / "ar.md").write_text(built_in("ar") + "\n", encoding="utf-8")
    forget_files()
    assert prompt_version() != before


def test_a_version_may_have_a_name(own: Path):
    (own / "en.md").write_text("---\nname: warm-2\n---\n" + built_in("en"), encoding="utf-8")
    forget_files()
    assert prompt_version().startswith("warm-2-")
    assert phrase("en", "hello") == "Hello! How can I help you?"


def test_front_matter_without_a_good_name_is_refused():
    with pytest.raises(PromptError, match="en: the front matter says no name"):
        read_book("en", "---\nname: a name with spaces\n---\n" + built_in("en"))


@pytest.mark.django_db
def test_a_call_records_what_its_ai_speaks_by_and_is_found_by_it(celery_calls):
    call = make_call(state="created", ai_state="dispatched", ai_epoch=1)
    other = make_call(prompt_version="old-1")
    assert ai.begin(call.pk, 1, prompt_version="warm-2-abcd1234")
    assert Call.objects.get(pk=call.pk).prompt_version == "warm-2-abcd1234"
    key = create_api_key(name="crm", scopes=["calls"])[1]
    answer = Client().get("/api/calls?prompt_version=warm-2-abcd1234", headers={"Authorization": f"Bearer {key}"})
    (item,) = answer.json()["items"]
    assert (item["call_id"], item["prompt_version"]) == (call.pk, "warm-2-abcd1234")
    sam = signed_in(make_user("sam", "supervisor"))
    listed = sam.get("/admin/calls/call/?prompt_version=old-1").content.decode()
    assert other.reference in listed
    assert call.reference not in listed
    assert "warm-2-abcd1234" in sam.get(f"/admin/calls/call/{call.pk}/change/").content.decode()
