"""What the admin pages of every app share."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Model
from django.forms import BaseInlineFormSet, BaseModelFormSet, ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

admin.site.site_header = _("Call centre")
admin.site.site_title = _("Call centre")
admin.site.index_title = _("History and settings")


class ReadOnly:
    """Nobody adds, changes or deletes these by hand, superusers included: what happened, happened."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


class SavesChangesOnly:
    """Writes the fields somebody edited and no others.

    The engine moves other columns of the same row while the form is open; saving the whole row would take them back.
    """

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm[Any], change: bool) -> None:
        """An UPDATE of the changed columns."""
        columns = {field.name for field in obj._meta.concrete_fields}  # noqa: SLF001
        obj.save(update_fields=[name for name in form.changed_data if name in columns] if change else None)


class PlainChoices:
    """Choices of other rows without the icons that add or edit them in a window of their own."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The field without them."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        wrapper = getattr(field, "widget", None)
        if isinstance(wrapper, RelatedFieldWidgetWrapper):
            wrapper.can_add_related = wrapper.can_change_related = False
            wrapper.can_view_related = wrapper.can_delete_related = False
        return field


class _NamedCells:
    """A name for every field of a table of forms: the column's heading is no label to a screen reader."""

    def add_fields(self, form: ModelForm[Any], index: int | None) -> None:
        """As Django does, named by column and row; the row that is still to be copied (`index` None) has no number."""
        super().add_fields(form, index)  # type: ignore[misc]
        row = "" if index is None else f" {index + 1}"
        for field in form.fields.values():
            inner: Any = getattr(field.widget, "widget", field.widget)
            inner.attrs.setdefault("aria-label", f"{field.label}{row}")


class NamedInlineRows(_NamedCells, BaseInlineFormSet):  # type: ignore[type-arg]
    """For the `formset` of a tabular inline."""


class NamedListRows(_NamedCells, BaseModelFormSet):  # type: ignore[type-arg]
    """For the `formset` of a list with editable columns."""


def clock_time(seconds: int | None) -> str:
    """`m:ss`, from an hour on `h:mm:ss`; a dash for None."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
