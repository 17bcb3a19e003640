"""Words in templates, marked so that the scripts can exchange them when the caller changes the language."""

from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString

from calls import page_copy

register = template.Library()


class _Readable(DjangoJSONEncoder):
    """Arabic as it is: escaped it is three times as long."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


def _words(context: dict[str, Any], key: str) -> str:
    return page_copy.say(context["lang"], key, company=context["company"])


@register.simple_tag(takes_context=True)
def words(context: dict[str, Any], key: str) -> str:
    """The bare text, for titles."""
    return _words(context, key)


@register.simple_tag(takes_context=True)
def say(context: dict[str, Any], key: str) -> SafeString:
    """The text in an element of its own."""
    return format_html('<span data-copy="{}">{}</span>', key, _words(context, key))


@register.simple_tag(takes_context=True)
def say_attr(context: dict[str, Any], attribute: str, key: str) -> SafeString:
    """The text as an attribute, such as `aria-label`."""
    return format_html('{}="{}" data-copy-{}="{}"', attribute, _words(context, key), attribute, key)


@register.simple_tag
def data_for_scripts(value: Any, element_id: str) -> SafeString:
    """JSON that is data, not a script, and that cannot end its element."""
    return json_script(value, element_id, encoder=_Readable)
