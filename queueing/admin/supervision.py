"""Who listened to, or spoke in, which call."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from common.admin import ReadOnly
from queueing.models import Supervision


@admin.register(Supervision)
class SupervisionAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Read by supervisors, changed by nobody. Each step of a stay is in the history of its call."""

    list_display = ("started_at", "supervisor_", "call_", "state", "heard_at", "ended_at", "end_reason", "concealed")
    list_filter = ("state", "end_reason", "concealed", "started_at")
    search_fields = ("supervisor__username", "call__id__istartswith", "call__customer_name", "call__customer_email")
    date_hierarchy = "started_at"
    fields = (
        "call_", "supervisor_", "state", "concealed", "started_at", "changed_at", "heard_at", "ended_at",
        "end_reason",
    )  # fmt: skip
    readonly_fields = ("call_", "supervisor_")
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Supervision]:
        """With names."""
        rows: QuerySet[Supervision] = super().get_queryset(request)
        return rows.select_related("call", "supervisor")

    @admin.display(description=_("supervisor"), ordering="supervisor__username")
    def supervisor_(self, supervision: Supervision) -> str:
        """A name keeps its own direction."""
        return format_html("<bdi>{}</bdi>", supervision.name)

    @admin.display(description=_("call"))
    def call_(self, supervision: Any) -> str:
        """Leads to the call."""
        url = reverse("admin:calls_call_change", args=[supervision.call_id])
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, supervision.call.reference)
