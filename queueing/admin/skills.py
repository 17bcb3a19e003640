"""Skills: the list, what agents have, what departments ask for."""

from django.contrib import admin

from common.admin import NamedInlineRows, PlainChoices, SavesChangesOnly
from queueing.models import AgentSkill, Skill, SkillNeed


@admin.register(Skill)
class SkillAdmin(SavesChangesOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """What agents can be better at than others."""

    list_display = ("name_en", "name_ar", "slug")
    search_fields = ("slug", "name_en", "name_ar")


class AgentSkillInline(PlainChoices, admin.TabularInline):  # type: ignore[type-arg]
    """What the agent can do, and how well."""

    model = AgentSkill
    formset = NamedInlineRows
    extra = 0
    fields = ("skill", "level")


class SkillNeedInline(PlainChoices, admin.TabularInline):  # type: ignore[type-arg]
    """What the department asks for, step by step."""

    model = SkillNeed
    formset = NamedInlineRows
    extra = 0
    fields = ("skill", "after_seconds", "level", "need")
