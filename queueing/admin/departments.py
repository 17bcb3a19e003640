"""Departments with what they answer and who serves them; dispositions."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.admin import NamedInlineRows, NamedListRows, PlainChoices, SavesChangesOnly
from queueing import voices
from queueing.admin.hours import OpeningHoursInline, SpecialDayInline, zone_field
from queueing.admin.languages import LanguagesField
from queueing.admin.skills import SkillNeedInline
from queueing.admission import Rule
from queueing.models import AwayReason, DeclineReason, Department, Disposition, Faq, Membership
from queueing.services.setup import make_default
from queueing.states import ENTRY_QUEUED

# What still makes sense, in seconds: an offer must be long enough to be seen, a wait is not a day.
_LIMITS = {
    "offer_seconds": (5, 300),
    "wrap_up_seconds": (0, 3600),
    "wrap_up_extension_seconds": (0, 3600),
    "grace_seconds": (5, 600),
    "max_wait_seconds": (0, 86400),
    "max_waiting": (0, 10000),
    "announce_seconds": (0, 3600),
    "decline_cooldown_seconds": (0, 3600),
    "callback_attempts": (1, 20),
    "callback_retry_seconds": (10, 86400),
    "callback_ring_seconds": (10, 120),
    "short_abandon_seconds": (0, 120),
    "service_level_seconds": (1, 3600),
    "language_relax_seconds": (0, 86400),
    "priority_per_minute": (0, 1000),
    "sticky_seconds": (0, 3600),
}
_MATCHING = ("priority_per_minute", "sticky_seconds")
_ALARMS = {
    "alarm_waiting": (0, 1000),
    "alarm_wait_seconds": (0, 86400),
    "alarm_service_level": (0, 100),
}
_CALLBACKS = ("callback_attempts", "callback_retry_seconds", "callback_ring_seconds")
_APART = {*_MATCHING, *_CALLBACKS, "language_relax_seconds", "max_waiting", "announce_seconds"}
_RULES = ("when_closed", "when_full", "when_unstaffed", "when_timed_out")
_VOICES = {"voice_provider": "voices", "voice_speaker": "speakers"}
_OVERRIDES: Any = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 4, "cols": 70, "dir": "auto"})}}


class DepartmentForm(forms.ModelForm):  # type: ignore[type-arg]
    """With sensible limits, and the voices there are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (least, most) in (_LIMITS | _ALARMS).items():
            if name in self.fields:
                self.fields[name] = forms.IntegerField(
                    label=self.fields[name].label,
                    help_text=self.fields[name].help_text,
                    initial=self.fields[name].initial,
                    min_value=least,
                    max_value=most,
                )
        for name, kind in _VOICES.items():
            if name in self.fields:
                self.fields[name] = forms.ChoiceField(
                    label=self.fields[name].label,
                    help_text=self.fields[name].help_text,
                    choices=voices.choices(kind),
                    required=False,
                )
        if "welcome_languages" in self.fields:
            field = self.fields["welcome_languages"]
            self.fields["welcome_languages"] = LanguagesField(
                label=field.label, help_text=field.help_text, required=False
            )
        if "time_zone" in self.fields:
            self.fields["time_zone"] = zone_field(self.fields["time_zone"])

    def clean(self) -> dict[str, Any]:
        """Who sends callers on says where to, and not to itself."""
        data = super().clean() or {}
        target = data.get("overflow_to")
        if target is None and any(data.get(name) == Rule.OVERFLOW for name in _RULES):
            self.add_error("overflow_to", _("Choose the department that callers are sent on to."))
        if target is not None and target.pk == self.instance.pk:
            self.add_error("overflow_to", _("A department cannot send callers on to itself."))
        self._clean_voice(data)
        return data

    def _clean_voice(self, data: dict[str, Any]) -> None:
        for name, kind in _VOICES.items():
            if data.get(name) and (problem := voices.problem(kind, data[name])):
                self.add_error(name, problem)
        if data.get("voice_name") and data.get("voice_speaker") == voices.BUILT_IN:
            self.add_error("voice_name", _("The built-in speaker has one voice for each language: leave this empty."))


class FaqForm(forms.ModelForm):  # type: ignore[type-arg]
    """A question in a language needs its answer in it, and the other way round."""

    def clean(self) -> dict[str, Any]:
        """One wording a line, none of them empty."""
        data = super().clean() or {}
        for language in ("en", "ar"):
            name = f"questions_{language}"
            data[name] = "\n".join(line.strip() for line in str(data.get(name, "")).splitlines() if line.strip())
        if bool(data["questions_ar"]) != bool(data.get("answer_ar")):
            missing = "answer_ar" if data["questions_ar"] else "questions_ar"
            self.add_error(missing, _("A question and its answer come together."))
        return data


class FaqInline(admin.StackedInline):  # type: ignore[type-arg]
    """What the receptionist answers by itself."""

    model = Faq
    form = FaqForm
    extra = 0
    formfield_overrides = _OVERRIDES
    fields = (("questions_en", "answer_en"), ("questions_ar", "answer_ar"), "order")
    classes = ("collapse",)


class MembershipInline(PlainChoices, admin.TabularInline):  # type: ignore[type-arg]
    """Who serves the department."""

    model = Membership
    formset = NamedInlineRows
    extra = 0
    fields = ("agent", "order")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """With names."""
        return super().get_queryset(request).select_related("agent__user", "department")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The choices with their names in one query."""
        if db_field.name == "agent":
            kwargs["queryset"] = db_field.remote_field.model.objects.select_related("user")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Department)
class DepartmentAdmin(SavesChangesOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Queues and their rules. The engine reads them anew at every step."""

    form = DepartmentForm
    list_display = ("name_en", "name_ar", "slug", "is_default", "is_active", "ai_first", "staff", "waiting")
    list_display_links = ("name_en", "name_ar")
    list_filter = ("is_active", "ai_first")
    search_fields = ("slug", "name_en", "name_ar", "synonyms", "faqs__questions_en", "faqs__questions_ar")
    readonly_fields = ("is_default",)
    actions = ("default",)
    formfield_overrides = _OVERRIDES
    inlines = (FaqInline, OpeningHoursInline, SpecialDayInline, MembershipInline, SkillNeedInline)
    fieldsets = (
        (None, {"fields": ("slug", ("name_en", "name_ar"), ("description_en", "description_ar"), "synonyms")}),
        (_("Routing"), {"fields": ("is_default", "is_active", "ai_first", "strategy")}),
        (_("Who gets whom"), {"fields": (("language_need", "language_relax_seconds"), *_MATCHING)}),
        (_("Times"), {"fields": tuple(name for name in _LIMITS if name not in _APART)}),
        (_("Waiting"), {"fields": ("max_waiting", "announce_seconds", *_RULES, "overflow_to")}),
        (_("Callbacks"), {"fields": _CALLBACKS}),
        (_("Voice"), {"fields": ("voice_provider", "voice_speaker", "voice_name", "welcome_languages")}),
        (_("Opening hours"), {"fields": ("time_zone",)}),
        (_("Supervision"), {"fields": ("conceal_supervision",)}),
        (_("Measurements"), {"fields": ("service_level_formula", *_ALARMS)}),
    )

    class Media:
        """Texts in their whole width."""

        css = {"all": ("admin_extra/settings.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Department]:
        """With the numbers of agents and of callers in line."""
        queued = Q(entries__state__in=ENTRY_QUEUED)
        rows: QuerySet[Department] = super().get_queryset(request)
        return rows.annotate(
            staff_count=Count("memberships", filter=Q(memberships__agent__is_active=True), distinct=True),
            waiting_count=Count("entries", filter=queued, distinct=True),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Calls and links hang on the slug: chosen once."""
        return (*self.readonly_fields, "slug") if obj is not None else self.readonly_fields

    @admin.display(description=_("agents"), ordering="staff_count")
    def staff(self, department: Any) -> int:
        """How many serve it."""
        return int(department.staff_count)

    @admin.display(description=_("waiting now"), ordering="waiting_count")
    def waiting(self, department: Any) -> int:
        """How many callers are in line."""
        return int(department.waiting_count)

    @admin.action(description=_("Make it the default department"), permissions=["change"])
    def default(self, request: HttpRequest, queryset: QuerySet[Department]) -> None:
        """One at a time."""
        chosen = list(queryset[:2])
        if len(chosen) != 1 or not chosen[0].is_active:
            self.message_user(request, gettext("Choose one active department."), messages.ERROR)
            return
        make_default(chosen[0])
        done = gettext("Callers who choose no department now go to %(name)s.") % {"name": chosen[0]}
        self.message_user(request, done, messages.SUCCESS)


class _NamedCodes(SavesChangesOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Codes with a name in each language. One that is no longer wanted is switched off: the history carries it."""

    list_display = ("name_en", "name_ar", "slug", "order", "is_active")
    list_editable = ("order", "is_active")
    list_filter = ("is_active",)
    search_fields = ("slug", "name_en", "name_ar")

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Each field of the list says which row it is of."""
        return super().get_changelist_formset(request, formset=NamedListRows, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Calls carry the slug."""
        return ("slug",) if obj is not None else ()


@admin.register(Disposition)
class DispositionAdmin(_NamedCodes):
    """Outcome codes."""


@admin.register(AwayReason)
class AwayReasonAdmin(_NamedCodes):
    """What an agent may be away for."""


@admin.register(DeclineReason)
class DeclineReasonAdmin(_NamedCodes):
    """Why an offered call may be declined."""
