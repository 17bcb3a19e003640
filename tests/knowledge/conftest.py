"""Articles to look things up in."""

import pytest

from knowledge.models import Article
from knowledge.services import save_article
from tests.cast import make_department

RETURNS = """You may return anything within thirty days of the delivery.

## Sending it back

Print the label and hand the parcel in at any post office. The money is back on your card after five days.

## Exchanges

To exchange a device for another colour choose Exchange."""

RETURNS_AR = """يمكنك إرجاع أي منتج خلال ثلاثين يومًا من التسليم.

## كيف ترسل المنتج

اطبع الملصق وسلّم الطرد في أي مكتب بريد."""

ROUTER = "Plug the grey cable into the wall socket. The light turns green."
CARDS = "Gift cards are valid for **three years**. Use the [code](https://x.y) once."


def make_article(slug: str, title: str, body: str, **values) -> Article:
    return save_article(Article(slug=slug, title=title, body=body, **values))


@pytest.fixture
def library(db) -> dict[str, Article]:
    """Three articles in English, two in Arabic; one of sales."""
    sales = make_department("sales", name_en="Sales")
    rows = (
        make_article("returns", "Returns", RETURNS, department=sales),
        make_article("returns-ar", "الإرجاع والاستبدال", RETURNS_AR, language="ar", department=sales),
        make_article("router", "Installing the router", ROUTER),
        make_article("cards", "Gift cards", CARDS),
        make_article("cards-ar", "بطاقات الهدايا", "تبقى بطاقة الهدية صالحة ثلاث سنوات.", language="ar"),
    )
    return {row.slug: row for row in rows}
