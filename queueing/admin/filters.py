"""Filters of the call history."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from queueing.models import Agent, Department, Disposition

Options = Iterable[tuple[str, Any]]


class ChoiceFilter(SimpleListFilter):
    """Takes only what it offers: an address typed by hand can say anything."""

    @property
    def chosen(self) -> str:
        """One of the options, empty for none; IncorrectLookupParameters."""
        value = self.value() or ""
        if value and value not in {str(option) for option, _label in self.lookup_choices}:
            raise IncorrectLookupParameters
        return value


class DepartmentFilter(ChoiceFilter):
    """By the department's name; a call keeps only its slug."""

    title = _("department")
    parameter_name = "department"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Options:
        """Inactive ones too: they have a history."""
        return [(row.slug, row.name(get_language() or "en")) for row in Department.objects.all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        """The department's calls."""
        return queryset.filter(department=self.chosen) if self.chosen else queryset


class AgentFilter(ChoiceFilter):
    """By the agent who had the call last."""

    title = _("agent")
    parameter_name = "agent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Options:
        """Agents who left too."""
        agents = [(row.username, row.name) for row in Agent.objects.select_related("user")]
        return [*agents, ("none", _("no agent"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        """The agent's calls, or those no person had."""
        if self.chosen == "none":
            return queryset.filter(agent__isnull=True)
        return queryset.filter(agent__username=self.chosen) if self.chosen else queryset


class PromptVersionFilter(ChoiceFilter):
    """By what the AI spoke by; without the calls no AI had, whose version is nothing to be read."""

    title = _("prompt version")
    parameter_name = "prompt_version"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Options:
        """Every version that was in use."""
        found = Call.objects.exclude(prompt_version="").order_by("prompt_version")
        return [(version, version) for version in found.values_list("prompt_version", flat=True).distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        """The version's calls."""
        return queryset.filter(prompt_version=self.chosen) if self.chosen else queryset


class RatingFilter(ChoiceFilter):
    """By what the caller gave."""

    title = _("rating")
    parameter_name = "rating"
    _RULES = {"low": Q(feedback__rating__lte=2), "none": Q(feedback__isnull=True)}

    def lookups(self, request: HttpRequest, model_admin: Any) -> Options:
        """The bad ones first: they are what is looked for."""
        return [("low", _("2 or fewer")), *((str(n), str(n)) for n in range(1, 6)), ("none", _("not rated"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        """Calls rated so."""
        if self.chosen in self._RULES:
            return queryset.filter(self._RULES[self.chosen])
        return queryset.filter(feedback__rating=int(self.chosen)) if self.chosen else queryset


class DispositionFilter(ChoiceFilter):
    """By the outcome the agent chose."""

    title = _("disposition")
    parameter_name = "disposition"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Options:
        """In the order of wrap-up."""
        arabic = get_language() == "ar"
        return [(row.slug, (row.name_ar if arabic else "") or row.name_en) for row in Disposition.objects.all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:
        """Calls that ended so."""
        return queryset.filter(disposition=self.chosen) if self.chosen else queryset


class HandledFilter(ChoiceFilter):
    """What is still to do, unless all are asked for."""

    title = _("handled")
    parameter_name = "handled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Options:
        """To do, done."""
        return [("no", _("to do")), ("yes", _("done"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By whether somebody marked it."""
        return queryset.filter(handled_at__isnull=self.chosen == "no") if self.chosen else queryset
