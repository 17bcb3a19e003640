"""The desk's words in templates whose view is not ours, such as the login."""

from django import template
from django.utils.translation import get_language

from agents_ui.texts import words

register = template.Library()


@register.simple_tag
def desk_texts() -> dict[str, str]:
    """All words in the page's language."""
    return words(get_language())


@register.simple_tag
def company() -> str:
    """The company's name."""
    from calls.selectors import company_name

    return company_name()
