"""What is found, on both databases."""

import pytest

from knowledge import index
from knowledge.models import Article
from knowledge.selectors import search
from knowledge.services import save_article
from tests.knowledge.conftest import make_article

FAIR = 0.5


def found(question: str, **options) -> list[str]:
    return [hit.slug for hit in search(question, **{"least": FAIR, **options})]


@pytest.mark.parametrize(
    ("question", "slug"),
    [
        ("How can I return a parcel?", "returns"),
        ("i want to send something back", "returns"),
        ("exchanging a device", "returns"),
        ("how do I install my router?", "router"),
        ("which cable goes into the socket", "router"),
        ("Are gift cards valid for ever?", "cards"),
        ("كيف يمكنني إرجاع المنتجات؟", "returns-ar"),
        ("وين مكتب البريد للطرد", "returns-ar"),
        ("هل البطاقات صالحة؟", "cards-ar"),
    ],
)
def test_a_question_finds_its_article_whatever_the_form_of_its_words(library, question, slug) -> None:
    assert found(question)[:1] == [slug]


@pytest.mark.parametrize("spelling", ["ارجاع", "إرجاع", "الإِرْجَاع", "والارجاع", "إرجــاع"])
def test_arabic_is_found_in_every_spelling(library, spelling) -> None:
    assert found(spelling) == ["returns-ar"]


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "?!",
        "blorf gnax wibble",
        "قشغ ضظث",
        "' OR 1=1 --",
        'a" OR "b',
        "NEAR(x y) AND *",
        "the of and",
        "\x00",
        "👍",
    ],
)
def test_nonsense_finds_nothing(library, nonsense) -> None:
    assert search(nonsense) == ()


def test_a_question_of_which_one_small_part_is_known_is_not_answered(library) -> None:
    assert found("can I send an elephant by parcel to Japan?") == []


def test_the_answer_is_the_sentences_that_speak_of_it(library) -> None:
    (hit,) = search("when is the money on my card?", most=1)
    assert hit.answer == "The money is back on your card after five days."


def test_marks_and_links_are_not_said(library) -> None:
    (hit,) = search("gift card code", most=1)
    assert hit.text == "Gift cards are valid for three years. Use the code once."


def test_an_article_that_is_switched_off_is_not_found(library) -> None:
    Article.objects.filter(slug="router").update(is_active=False)
    assert found("how do I install my router?") == []


def test_articles_of_a_department_that_is_closed_down_are_not_found(library) -> None:
    library["returns"].department.__class__.objects.update(is_active=False)
    assert found("How can I return a parcel?") == []


def test_the_callers_own_department_wins_a_draw(library) -> None:
    make_article("abroad", "Returns", library["returns"].body)
    assert found("How can I return a parcel?", department="sales")[0] == "returns"


def test_a_changed_article_is_found_by_its_new_words_only(library) -> None:
    router = library["router"]
    router.body, router.title = "Switch the modem on.", "The modem"
    save_article(router)
    assert (found("socket"), found("modem")) == ([], ["router"])


def test_a_deleted_article_is_gone_from_the_index(library) -> None:
    Article.objects.filter(slug="router").delete()
    assert index.find(["router", "socket"]) == []


def test_a_long_article_is_found_once(library) -> None:
    make_article(
        "long", "Holidays", "\n\n".join(f"Holidays part {number}. " + "Rest well. " * 40 for number in range(9))
    )
    assert found("holidays") == ["long"]
