"""Customers, API keys, the company's settings. A call's page is the queueing app's, which knows all it shows."""

from typing import Any

from auditlog.models import LogEntry
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from calls.models import SCOPES, ApiKey, Company, Customer
from calls.services.keys import create_api_key, revoke_api_key
from common.admin import PlainChoices, SavesChangesOnly
from common.errors import Invalid


@admin.register(Customer)
class CustomerAdmin(SavesChangesOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Who called. A name or language may be put right; the email is what the calls hang on."""

    list_display = ("email", "name", "language", "calls_made", "last_call")
    list_filter = ("language",)
    search_fields = ("email", "name")
    fields = ("email", "name", "language", "created_at", "calls_made")
    readonly_fields = ("email", "created_at", "calls_made")
    ordering = ("-created_at",)
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        """With the number of calls and the latest."""
        rows: QuerySet[Customer] = super().get_queryset(request)
        return rows.annotate(call_count=Count("calls"), latest=Max("calls__created_at"))

    @admin.display(description=_("calls"), ordering="call_count")
    def calls_made(self, customer: Any) -> str:
        """Leads to the customer's calls."""
        url = f"{reverse('admin:calls_call_changelist')}?customer__id__exact={customer.pk}"
        return format_html('<a href="{}">{}</a>', url, customer.call_count)

    @admin.display(description=_("last call"), ordering="latest")
    def last_call(self, customer: Any) -> Any:
        """When."""
        return customer.latest

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Customers come by calling."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Their calls are history."""
        return False


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new key: name, scopes, user."""

    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=[
            ("calls", _("calls: start, read and transfer calls")),
            ("agents", _("agents: read and set agents' status")),
            ("agent", _("agent: act as the user below")),
            ("metrics", _("metrics: read the measurements")),
        ],
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        """What is asked for."""

        model = ApiKey
        fields = ("name", "scopes", "user")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "user" in self.fields:
            self.fields["user"].queryset = User.objects.filter(is_active=True).order_by("username")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Scope `agent` acts as somebody, the others as nobody."""
        data = super().clean() or {}
        if "agent" in data.get("scopes", ()) and not data.get("user"):
            self.add_error("user", _("Scope agent acts as a user: name one."))
        return data


@admin.register(ApiKey)
class ApiKeyAdmin(PlainChoices, admin.ModelAdmin):  # type: ignore[type-arg]
    """Made, shown once, revoked; never edited, never deleted: the list is the record of who could do what."""

    form = ApiKeyForm
    list_display = ("name", "prefix", "scope_names", "user", "created_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    ordering = ("-created_at",)
    actions = ("revoke",)

    @admin.display(description=_("scopes"))
    def scope_names(self, key: ApiKey) -> str:
        """In the order of the documentation."""
        return ", ".join(scope for scope in SCOPES if scope in key.scopes)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The form's, or all there is to know."""
        if obj is None:
            return ("name", "scopes", "user")
        return ("name", "prefix", "scope_names", "user", "created_at", "last_used_at", "revoked_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Other scopes are another key."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Revoke it."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Who may change keys may end them."""
        return bool(request.user.has_perm("calls.change_apikey"))

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Made by the service; the key in clear is kept for the answer to this request only."""
        data = form.cleaned_data
        try:
            made, clear = create_api_key(name=data["name"], scopes=data["scopes"], user=data["user"])
        except Invalid as error:  # the form has checked the same
            raise AssertionError(error.message) from error
        obj.__dict__.update(made.__dict__)
        request.api_key_in_clear = clear  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: Any = None) -> HttpResponse:
        """The key, once: in the answer itself, because a message would lie in a cookie or the database."""
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Your new API key"),
            "opts": self.opts,
            "key": obj,
            "clear": request.api_key_in_clear,  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/calls/apikey/made.html", context)

    @admin.action(description=_("Revoke selected keys"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> TemplateResponse | None:
        """Asked once more, because it cannot be taken back."""
        if "confirmed" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "title": gettext("Revoke API keys"),
                "opts": self.opts,
                "keys": queryset.select_related("user"),
            }
            return TemplateResponse(request, "admin/calls/apikey/revoke.html", context)
        revoked = [key for key in queryset if revoke_api_key(key)]
        for key in revoked:
            self.log_change(request, key, gettext("Revoked."))
            LogEntry.objects.log_create(
                key, action=LogEntry.Action.UPDATE, changes={"revoked_at": ["", "now"]}, actor=request.user
            )
        done = ngettext("%(count)d key was revoked.", "%(count)d keys were revoked.", len(revoked))
        self.message_user(request, done % {"count": len(revoked)}, messages.SUCCESS)
        return None


@admin.register(Company)
class CompanyAdmin(SavesChangesOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """One row, opened at once."""

    fields = ("name", "public_api", "phone_region", "order_pattern")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is nothing to list."""
        if not self.has_view_or_change_permission(request):
            return super().changelist_view(request, extra_context)
        company, _made = Company.objects.get_or_create(pk=1)
        return redirect("admin:calls_company_change", company.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There always is one."""
        return False
