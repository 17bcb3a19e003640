"""Callbacks and messages: what callers left, and whether somebody has seen to it."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from calls.models import Call, CallEvent
from common.admin import ReadOnly
from queueing.admin.filters import HandledFilter
from queueing.admin.page import call_names
from queueing.models import CallbackRequest
from queueing.services.followup import mark_handled
from queueing.timeline import timeline


def _link(call: Call) -> str:
    url = reverse("admin:calls_call_change", args=[call.pk])
    return format_html('<a href="{}"><bdi>{}</bdi></a>', url, call.reference)


@admin.register(CallbackRequest)
class CallbackRequestAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Read and marked; what the caller said stays."""

    list_display = (
        *("created_at", "kind", "state", "due_at", "attempts", "contact_", "note_", "department", "call_"),
        *("handled", "handled_by"),
    )
    list_filter = (HandledFilter, "kind", "state", "department", "created_at")
    list_select_related = ("call", "department", "handled_by")
    search_fields = ("contact", "note", "call__customer_name", "call__customer_email")
    date_hierarchy = "created_at"
    fields = (
        *("created_at", "kind", "state", "due_at", "chosen_time", "attempts", "contact", "note", "department"),
        *("call_", "next_call_", "history_", "handled_at", "handled_by"),
    )
    readonly_fields = ("call_", "next_call_", "history_")
    actions = ("handle",)
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description=_("contact"), ordering="contact")
    def contact_(self, request: CallbackRequest) -> str:
        """An address or a number keeps its own direction."""
        return format_html("<bdi>{}</bdi>", request.contact or "–")

    @admin.display(description=_("note"))
    def note_(self, request: CallbackRequest) -> str:
        """Its beginning."""
        return format_html("<bdi>{}</bdi>", Truncator(request.note).chars(80) or "–")

    @admin.display(description=_("call"))
    def call_(self, request: CallbackRequest) -> str:
        """Leads to the call."""
        return _link(request.call)

    @admin.display(description=_("calling back"))
    def next_call_(self, request: CallbackRequest) -> str:
        """The call that keeps the promise, or the one the customer made himself."""
        return _link(request.next_call) if request.next_call is not None else "–"

    @admin.display(description=_("history"))
    def history_(self, request: CallbackRequest) -> str:
        """What has become of it, in words."""
        rows = CallEvent.objects.filter(call=request.call_id, kind__startswith=f"{request.kind}.")
        mine = [row for row in rows if row.data.get("request") == request.pk]
        moments = timeline(request.call, mine, call_names())
        lines = ((date_format(localtime(one.at), "DATETIME_FORMAT"), one.text, one.actor) for one in moments)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {} <small>{}</small></li>", lines))

    @admin.display(description=_("handled"), boolean=True, ordering="handled_at")
    def handled(self, request: CallbackRequest) -> bool:
        """Yes or no."""
        return request.handled_at is not None

    def has_handle_permission(self, request: HttpRequest) -> bool:
        """Who may change requests may mark them."""
        return bool(request.user.has_perm("queueing.change_callbackrequest"))

    @admin.action(description=_("Mark as handled"), permissions=["handle"])
    def handle(self, request: HttpRequest, queryset: QuerySet[CallbackRequest]) -> None:
        """Marked with who and when; marked ones stay as they are."""
        count = mark_handled(queryset, by=request.user)  # type: ignore[arg-type]
        done = ngettext("%(count)d request was marked as handled.", "%(count)d requests were marked as handled.", count)
        self.message_user(request, done % {"count": count}, messages.SUCCESS)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the call for its reference."""
        return super().get_queryset(request).select_related("call", "next_call", "department", "handled_by")
