"""Agents: account, departments, settings. What the engine moves is shown, never written."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from calls.states import Language
from common import clock
from common.admin import NamedInlineRows, PlainChoices, SavesChangesOnly
from queueing.admin.skills import AgentSkillInline
from queueing.models import Agent, Membership
from queueing.services import staff

_LANGUAGES = [("", _("the browser's")), *Language.choices]


class AgentForm(forms.ModelForm):  # type: ignore[type-arg]
    """An agent's settings."""

    language = forms.ChoiceField(
        label=_("Language"), choices=_LANGUAGES, required=False, help_text=_("Language of the desk and of briefings.")
    )

    languages = forms.MultipleChoiceField(
        label=_("Languages spoken"),
        choices=Language.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("With callers. None chosen: any."),
    )

    class Meta:
        """What people set."""

        model = Agent
        fields = ("display_name", "language", "languages", "auto_answer", "is_active")


class NewAgentForm(AgentForm):
    """A new agent with a new account, or for an account there is."""

    account = forms.ModelChoiceField(
        label=_("Existing account"),
        queryset=User.objects.none(),
        required=False,
        help_text=_("Leave empty to make a new account."),
    )
    username = forms.CharField(
        label=_("User name"),
        max_length=60,
        required=False,
        validators=[UnicodeUsernameValidator()],
        help_text=_("Also the agent's name towards programs; it does not change later."),
    )
    first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("The agent changes it after signing in."),
    )

    class Meta:
        """The agent's settings; the account's are fields of the form's own."""

        model = Agent
        fields = ("display_name", "language", "languages", "auto_answer")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = User.objects.filter(is_active=True, agent__isnull=True).order_by("username")
        self.fields["account"].queryset = free  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One of the two ways, whole."""
        data = super().clean() or {}
        if not data.get("account"):
            self._check_new_account(data)
        elif data.get("username"):
            self.add_error("username", _("Choose an account or make a new one, not both."))
        return data

    def _check_new_account(self, data: dict[str, Any]) -> None:
        for name in ("username", "password"):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("A new account needs it."))
        if User.objects.filter(username__iexact=data.get("username", "")).exists():
            self.add_error("username", _("There is an account of that name."))
        if data.get("password"):
            about = User(username=data.get("username", ""), first_name=data.get("first_name", ""))
            try:
                validate_password(data["password"], about)
            except ValidationError as error:
                self.add_error("password", error)


class MembershipInline(PlainChoices, admin.TabularInline):  # type: ignore[type-arg]
    """Departments in the order the agent serves them."""

    model = Membership
    formset = NamedInlineRows
    extra = 1
    fields = ("department", "order")


@admin.register(Agent)
class AgentAdmin(SavesChangesOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Who takes calls. Agents are switched off, not deleted: offers and calls name them."""

    form = AgentForm
    list_display = ("name_", "username_", "departments_", "presence", "activity", "desk_open", "is_active")
    list_filter = ("is_active", "departments", "presence", "activity")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__first_name", "user__last_name", "display_name")
    inlines = (MembershipInline, AgentSkillInline)
    readonly_fields = ("account_", "presence", "away_reason_", "activity", "desk_open")
    fieldsets = (
        (None, {"fields": ("account_", "display_name", "language", "languages", "auto_answer", "is_active")}),
        (_("Now"), {"fields": ("presence", "away_reason_", "activity", "desk_open")}),
    )
    add_fieldsets = (
        (_("Account"), {"fields": ("username", "password", "first_name", "last_name", "account")}),
        (_("Agent"), {"fields": ("display_name", "language", "languages", "auto_answer")}),
    )

    class Media:
        """Rows of memberships without their technical names."""

        css = {"all": ("admin_extra/settings.css",)}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Another form for a new agent."""
        if obj is None:
            kwargs["form"] = NewAgentForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The same for its fields."""
        return self.add_fieldsets if obj is None else super().get_fieldsets(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        """With accounts and departments."""
        return super().get_queryset(request).select_related("user").prefetch_related("memberships__department")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new agent's account is made, or found, first."""
        if change:
            super().save_model(request, obj, form, change)
            return
        data = form.cleaned_data
        account = data["account"] or staff.open_account(
            username=data["username"],
            password=data["password"],
            first_name=data["first_name"],
            last_name=data["last_name"],
        )
        made = staff.make_agent(account, display_name=data["display_name"], language=data["language"])
        obj.__dict__.update(made.__dict__)
        obj.auto_answer = data["auto_answer"]
        obj.languages = data["languages"]
        obj.save(update_fields=["auto_answer", "languages"])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Switch it off."""
        return False

    @admin.display(description=_("name"), ordering="display_name")
    def name_(self, agent: Agent) -> str:
        """What customers are told."""
        return agent.name

    @admin.display(description=_("user name"), ordering="user__username")
    def username_(self, agent: Agent) -> str:
        """The public id."""
        return agent.username

    @admin.display(description=_("departments"))
    def departments_(self, agent: Agent) -> str:
        """In the order served."""
        language = get_language() or "en"
        names = [row.department.name(language) for row in agent.memberships.all()]
        return ("، " if language == "ar" else ", ").join(names)

    @admin.display(description=_("desk open"), boolean=True)
    def desk_open(self, agent: Agent) -> bool:
        """Whether a desk of the agent was heard of just now."""
        return agent.lease_until is not None and agent.lease_until > clock.now()

    @admin.display(description=_("away because of"))
    def away_reason_(self, agent: Agent) -> str:
        """What the agent said, or the engine."""
        return agent.away_reason or "–"

    @admin.display(description=_("account"))
    def account_(self, agent: Agent) -> str:
        """The user name; the account's own page is for administrators."""
        return agent.username
