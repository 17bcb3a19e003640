"""Languages to choose several of, kept as "en,ar"."""

from typing import Any

from django import forms
from django.conf import settings
from django.conf.locale import LANG_INFO


class LanguagesField(forms.MultipleChoiceField):
    """Those that callers are answered in. One that is no longer spoken here is dropped with the next saving."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=lambda: [(code, _named(code)) for code in settings.CALL_LANGUAGES], **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The boxes that are ticked."""
        return [code for code in value.split(",") if code] if isinstance(value, str) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compared as boxes."""
        return super().has_changed(self.prepare_value(initial or ""), data)

    def clean(self, value: Any) -> str:
        """As the model keeps it."""
        return ",".join(super().clean(value))


def _named(code: str) -> str:
    """By its own name; an installation's own language may have none that Django knows."""
    return str(LANG_INFO.get(code, {}).get("name_local", code))
