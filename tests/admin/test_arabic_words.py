"""The Arabic catalogue is whole, and compiled."""

import gettext
import re
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext as translate

FOLDER = Path(__file__).resolve().parents[2] / "locale" / "ar" / "LC_MESSAGES"
_ENTRY = re.compile(r'^msgid "(.+)"\nmsgstr "(.*)"$', re.MULTILINE)


def entries() -> list[tuple[str, str]]:
    """English and Arabic of every plain entry."""
    text = (FOLDER / "django.po").read_text(encoding="utf-8")
    return [(english.replace('\\"', '"'), arabic.replace('\\"', '"')) for english, arabic in _ENTRY.findall(text)]


def test_nothing_is_untranslated_and_placeholders_are_kept() -> None:
    assert len(entries()) > 200
    for english, arabic in entries():
        assert arabic, english
        assert sorted(re.findall(r"%\(\w+\)s", english)) == sorted(re.findall(r"%\(\w+\)s", arabic)), english


def test_the_compiled_catalogue_says_the_same() -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for english, arabic in entries():
        assert compiled.gettext(english) == arabic


def test_django_finds_it() -> None:
    with translation.override("ar"):
        assert translate("Callbacks and messages") == "طلبات الاتصال والرسائل"
