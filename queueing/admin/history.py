"""Calls: the list, and one call read from start to end. Nothing here can be changed, by anybody."""

import re
from typing import Any

from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from common.admin import ReadOnly, clock_time
from queueing.admin.filters import (
    AgentFilter,
    DepartmentFilter,
    DispositionFilter,
    PromptVersionFilter,
    RatingFilter,
)
from queueing.admin.page import call_page
from queueing.models import Department

# A reference as it is read out, anywhere in a search: the database has the id it begins.
_REFERENCE = re.compile(r"\b([2-9a-z]{4})-([2-9a-z]{4})\b", re.IGNORECASE)


@admin.register(Call)
class CallAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """History."""

    list_display = (
        "reference_", "started_", "customer_", "department_", "agent_", "state_", "waited_", "lasted_",
        "rating_",
    )  # fmt: skip
    list_filter = (
        "state", "end_reason", DepartmentFilter, AgentFilter, "language", RatingFilter, DispositionFilter,
        "direct_queue", PromptVersionFilter, "resolution",
    )  # fmt: skip
    search_fields = (
        "id__istartswith",
        "customer_name",
        "customer_email",
        "room_name",
        "room_label",
        "transcript__text",
    )
    search_help_text = _("Reference, name, email, or words somebody said.")
    date_hierarchy = "created_at"
    list_select_related = ("agent__agent", "feedback")
    list_per_page = 50
    show_full_result_count = False
    # The page is a template of its own; the form behind it has nothing to show.
    fields = ("state",)

    class Media:
        """Colours of the states, in light and dark."""

        css = {"all": ("admin_extra/call.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        """With the department's name, the customer, and the entries for the wait: two queries, whatever the length."""
        name = "name_ar" if get_language() == "ar" else "name_en"
        label = Coalesce(NullIf(F(name), Value("")), "name_en")
        named = Department.objects.filter(slug=OuterRef("department")).annotate(label=label).values("label")[:1]
        rows: QuerySet[Call] = super().get_queryset(request).annotate(department_name=Subquery(named))
        return rows.prefetch_related("entries")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Call], search_term: str) -> Any:
        """A reference is found with its dash too."""
        return super().get_search_results(request, queryset, _REFERENCE.sub(r"\1\2", search_term))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The call's page."""
        call = self.get_object(request, object_id)
        context = {**(extra_context or {}), **(call_page(call) if call is not None else {})}
        return super().change_view(request, object_id, form_url, context)

    @admin.display(description=_("reference"), ordering="id")
    def reference_(self, call: Call) -> str:
        """The number the customer was told."""
        return format_html('<bdi class="reference">{}</bdi>', call.reference)

    @admin.display(description=_("started"), ordering="created_at")
    def started_(self, call: Call) -> str:
        """Day and time, short: the whole line should fit."""
        at = localtime(call.created_at)
        return format_html('<time datetime="{}">{}</time>', at.isoformat(), date_format(at, "j M, H:i"))

    @admin.display(description=_("customer"), ordering="customer_name")
    def customer_(self, call: Call) -> str:
        """Name, else email."""
        return format_html(
            '<bdi title="{}">{}</bdi>', call.customer_email, call.customer_name or call.customer_email or "–"
        )

    @admin.display(description=_("department"), ordering="department")
    def department_(self, call: Any) -> str:
        """Its name; its slug where it is gone."""
        return str(call.department_name or call.department or "–")

    @admin.display(description=_("agent"), ordering="agent__username")
    def agent_(self, call: Call) -> str:
        """Who had the call last."""
        if call.agent is None:
            return "–"
        agent = getattr(call.agent, "agent", None)
        return str((agent.display_name if agent else "") or call.agent.get_full_name() or call.agent.get_username())

    @admin.display(description=_("state"), ordering="state")
    def state_(self, call: Call) -> str:
        """The state, ended ones by their reason."""
        return format_html(
            '<span class="badge" data-state="{}" data-reason="{}">{}</span>',
            call.state,
            call.end_reason,
            call.get_end_reason_display() if call.end_reason else call.get_state_display(),
        )

    @admin.display(description=_("waited"))
    def waited_(self, call: Call) -> str:
        """All its stays in queues together."""
        entries = call.entries.all()
        return clock_time(sum(entry.waited() for entry in entries)) if entries else "–"

    @admin.display(description=_("duration"))
    def lasted_(self, call: Call) -> str:
        """From the start to the end, or to now."""
        return clock_time(call.duration())

    @admin.display(description=_("rating"), ordering="feedback__rating")
    def rating_(self, call: Call) -> str:
        """Stars given, of five."""
        feedback = getattr(call, "feedback", None)
        return f"{feedback.rating}/5" if feedback else "–"
