"""A department's opening hours and special days, on its page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from common.admin import NamedInlineRows
from queueing.models import OpeningHours, SpecialDay
from queueing.zones import zone_names


def zone_field(field: Any) -> forms.ChoiceField:
    """The model's field as a list to choose from."""
    return forms.ChoiceField(
        label=field.label,
        help_text=field.help_text,
        initial=field.initial,
        choices=[(name, name) for name in zone_names()],
    )


class SpecialDayForm(forms.ModelForm):  # type: ignore[type-arg]
    """A closed day has no times, another has both."""

    def clean(self) -> dict[str, Any]:
        """Said beside the field that is missing."""
        data = super().clean() or {}
        opens, closes = data.get("opens"), data.get("closes")
        if (opens is None) != (closes is None):
            missing = "closes" if closes is None else "opens"
            self.add_error(missing, _("Opening and closing come together; a closed day has neither."))
        return data


class OpeningHoursInline(admin.TabularInline):  # type: ignore[type-arg]
    """The week."""

    model = OpeningHours
    formset = NamedInlineRows
    extra = 0
    fields = ("weekday", "opens", "closes")
    classes = ("collapse",)


class SpecialDayInline(admin.TabularInline):  # type: ignore[type-arg]
    """Holidays and days with other hours."""

    model = SpecialDay
    formset = NamedInlineRows
    form = SpecialDayForm
    extra = 0
    fields = ("day", "name", "opens", "closes")
    classes = ("collapse",)
