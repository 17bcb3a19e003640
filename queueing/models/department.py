"""Departments, what they answer, and how calls are marked afterwards."""

from django.db import models
from django.db.models import Q


class Department(models.Model):
    """A named queue with its own rules. Durations are seconds."""

    slug = models.SlugField(max_length=50, unique=True)
    name_en = models.CharField("name (English)", max_length=120)
    name_ar = models.CharField("name (Arabic)", max_length=120, blank=True)
    description_en = models.TextField("description (English)", blank=True)
    description_ar = models.TextField("description (Arabic)", blank=True)
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    ai_first = models.BooleanField(default=True, help_text="Off: callers go straight into the queue.")
    offer_seconds = models.PositiveIntegerField(default=20, help_text="How long an offer rings.")
    wrap_up_seconds = models.PositiveIntegerField(default=30)
    grace_seconds = models.PositiveIntegerField(default=30, help_text="How long a lost caller or agent may come back.")
    max_wait_seconds = models.PositiveIntegerField(
        default=600, help_text="After it the caller is told and may leave a message. 0: no limit."
    )
    decline_cooldown_seconds = models.PositiveIntegerField(
        default=20, help_text="How long an agent is not asked again about a call declined or missed."
    )
    short_abandon_seconds = models.PositiveIntegerField(default=5)
    service_level_seconds = models.PositiveIntegerField(default=20)
    synonyms = models.TextField(blank=True, help_text="Other words for it, one a line, in any language.")

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_department")
        ]

    def __str__(self) -> str:
        return self.name_en

    def name(self, language: str) -> str:
        """The name in `language`, English where there is none."""
        return (self.name_ar if language == "ar" else "") or self.name_en


class Faq(models.Model):
    """A frequent question with its answer."""

    department = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="faqs")
    questions_en = models.TextField("questions (English)", help_text="Ways to ask it, one a line.")
    answer_en = models.TextField("answer (English)")
    questions_ar = models.TextField("questions (Arabic)", blank=True)
    answer_ar = models.TextField("answer (Arabic)", blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "id"]
        verbose_name = "frequent question"

    def __str__(self) -> str:
        return self.questions_en.split("\n")[0][:80]


class Disposition(models.Model):
    """An outcome code set in wrap-up."""

    slug = models.SlugField(max_length=50, unique=True)
    name_en = models.CharField("name (English)", max_length=120)
    name_ar = models.CharField("name (Arabic)", max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.name_en
