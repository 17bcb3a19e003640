"""Skills: what agents can do, and what departments ask for."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from queueing.models.agent import Agent
from queueing.models.department import Department
from queueing.states import Need

LEAST, MOST = 1, 10
_LEVELS = [MinValueValidator(LEAST), MaxValueValidator(MOST)]


class Skill(models.Model):
    """Something some agents are better at than others."""

    slug = models.SlugField(_("slug"), max_length=50, unique=True)
    name_en = models.CharField(_("name (English)"), max_length=120)
    name_ar = models.CharField(_("name (Arabic)"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        ordering = ["slug"]

    def __str__(self) -> str:
        return (self.name_ar if get_language() == "ar" else "") or self.name_en


class AgentSkill(models.Model):
    """How well an agent does something: 1 to 10."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="skills", verbose_name=_("agent"))
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="agents", verbose_name=_("skill"))
    level = models.PositiveSmallIntegerField(_("level"), default=5, validators=_LEVELS, help_text=_("1 to 10."))

    class Meta:
        verbose_name = _("skill of an agent")
        verbose_name_plural = _("skills")
        ordering = ["skill"]
        constraints = [
            models.UniqueConstraint(fields=["agent", "skill"], name="one_level_a_skill"),
            models.CheckConstraint(condition=Q(level__gte=LEAST, level__lte=MOST), name="level_one_to_ten"),
        ]

    def __str__(self) -> str:
        return f"{self.skill_id}: {self.level}"


class SkillNeed(models.Model):
    """What a department asks of its agents for a caller who has waited `after_seconds`.

    Of several rows for one skill the last that has begun counts: so a need is relaxed step by step.
    """

    department = models.ForeignKey(
        Department, on_delete=models.CASCADE, related_name="skill_needs", verbose_name=_("department")
    )
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="needs", verbose_name=_("skill"))
    after_seconds = models.PositiveIntegerField(
        _("from (seconds waited)"), default=0, help_text=_("A later row for the same skill replaces an earlier one.")
    )
    level = models.PositiveSmallIntegerField(_("least level"), default=1, validators=_LEVELS, help_text=_("1 to 10."))
    need = models.CharField(_("need"), max_length=12, choices=Need.choices, default=Need.REQUIRED)

    class Meta:
        verbose_name = _("skill asked for")
        verbose_name_plural = _("skills asked for")
        ordering = ["skill", "after_seconds"]
        constraints = [
            models.UniqueConstraint(fields=["department", "skill", "after_seconds"], name="one_need_a_step"),
            models.CheckConstraint(condition=Q(level__gte=LEAST, level__lte=MOST), name="need_one_to_ten"),
        ]

    def __str__(self) -> str:
        return f"{self.skill_id} from {self.after_seconds} s: {self.need} {self.level}"
