"""Departments, what they answer, and how calls are marked afterwards."""

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from queueing.admission import Rule
from queueing.metrics.service_level import Formula
from queueing.states import Need, Strategy
from queueing.zones import validate_zone


class Department(models.Model):
    """A named queue with its own rules. Durations are seconds."""

    slug = models.SlugField(_("slug"), max_length=50, unique=True)
    name_en = models.CharField(_("name (English)"), max_length=120)
    name_ar = models.CharField(_("name (Arabic)"), max_length=120, blank=True)
    description_en = models.TextField(_("description (English)"), blank=True)
    description_ar = models.TextField(_("description (Arabic)"), blank=True)
    is_default = models.BooleanField(_("default"), default=False, help_text=_("For callers who chose none."))
    is_active = models.BooleanField(_("active"), default=True)
    ai_first = models.BooleanField(_("AI first"), default=True, help_text=_("Off: callers go straight into the queue."))
    strategy = models.CharField(
        _("strategy"),
        max_length=20,
        choices=Strategy.choices,
        default=Strategy.LONGEST_IDLE,
        help_text=_("Which of the free agents is asked first."),
    )
    language_need = models.CharField(
        _("caller's language"),
        max_length=12,
        choices=Need.choices,
        default=Need.NONE,
        help_text=_("Whether the agent must speak it."),
    )
    language_relax_seconds = models.PositiveIntegerField(
        _("language required for (seconds)"),
        default=0,
        help_text=_("After so long a required language is only preferred. 0: never."),
    )
    priority_per_minute = models.PositiveSmallIntegerField(
        _("priority gained by waiting (points a minute)"),
        default=0,
        help_text=_("So that callers of low priority are not overtaken for ever. 0: none."),
    )
    sticky_seconds = models.PositiveIntegerField(
        _("kept for the last agent (seconds)"),
        default=0,
        help_text=_("So long a caller waits for the agent who had this customer last, if at work. 0: not at all."),
    )
    service_level_formula = models.CharField(
        _("service level counts"), max_length=16, choices=Formula.choices, default=Formula.DEFAULT
    )
    alarm_waiting = models.PositiveIntegerField(
        _("alarm: callers waiting"), default=5, help_text=_("With so many the wallboard raises the alarm. 0: never.")
    )
    alarm_wait_seconds = models.PositiveIntegerField(
        _("alarm: longest wait (seconds)"),
        default=120,
        help_text=_("After it the wallboard raises the alarm. 0: never."),
    )
    alarm_service_level = models.PositiveSmallIntegerField(
        _("alarm: service level (%)"),
        default=60,
        help_text=_("Below it over the last half hour the wallboard raises the alarm. 0: never."),
    )
    offer_seconds = models.PositiveIntegerField(
        _("offer (seconds)"), default=20, help_text=_("How long an offer rings.")
    )
    wrap_up_seconds = models.PositiveIntegerField(
        _("wrap-up (seconds)"), default=30, help_text=_("Time after a call before the next one. 0: none.")
    )
    wrap_up_extension_seconds = models.PositiveIntegerField(
        _("wrap-up extension (seconds)"),
        default=60,
        help_text=_("An agent may take so much more, once a call. 0: none."),
    )
    grace_seconds = models.PositiveIntegerField(
        _("grace (seconds)"), default=30, help_text=_("How long a lost caller or agent may come back.")
    )
    max_wait_seconds = models.PositiveIntegerField(
        _("longest wait (seconds)"),
        default=600,
        help_text=_("After it the department's choice below is carried out. 0: no limit."),
    )
    decline_cooldown_seconds = models.PositiveIntegerField(
        _("pause after a decline (seconds)"),
        default=20,
        help_text=_("How long an agent is not asked again about a call declined or missed."),
    )
    short_abandon_seconds = models.PositiveIntegerField(
        _("short abandon (seconds)"), default=5, help_text=_("Who hangs up sooner does not count as abandoned.")
    )
    service_level_seconds = models.PositiveIntegerField(
        _("service level (seconds)"), default=20, help_text=_("Calls should be answered within it.")
    )
    max_waiting = models.PositiveIntegerField(
        _("longest line"), default=0, help_text=_("Callers who may wait at the same time. 0: no limit.")
    )
    when_closed = models.CharField(_("when closed"), max_length=10, choices=Rule.choices, default=Rule.EITHER)
    when_full = models.CharField(_("when the line is full"), max_length=10, choices=Rule.choices, default=Rule.EITHER)
    when_unstaffed = models.CharField(
        _("when nobody is at work"),
        max_length=10,
        choices=Rule.choices,
        default=Rule.KEEP,
        help_text=_("No agent is logged in. Counts for those who wait already, too."),
    )
    when_timed_out = models.CharField(
        _("after the longest wait"), max_length=10, choices=Rule.choices, default=Rule.EITHER
    )
    overflow_to = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="overflow_from",
        verbose_name=_("send on to"),
        help_text=_("Callers keep their waiting time."),
    )
    callback_attempts = models.PositiveSmallIntegerField(
        _("callback: attempts"), default=3, help_text=_("So often a customer is called back who does not answer.")
    )
    callback_retry_seconds = models.PositiveIntegerField(
        _("callback: again after (seconds)"), default=300, help_text=_("Between two attempts.")
    )
    callback_ring_seconds = models.PositiveIntegerField(
        _("callback: rings for (seconds)"), default=30, help_text=_("Then the agent is free again.")
    )
    announce_seconds = models.PositiveIntegerField(
        _("tell the place every (seconds)"),
        default=0,
        help_text=_("How often the AI tells a waiting caller his place and wait. 0: only when it gets better."),
    )
    voice_provider = models.CharField(
        _("who answers"), max_length=32, blank=True, help_text=_("Who hears and thinks in this department's calls.")
    )
    voice_speaker = models.CharField(
        _("who speaks"), max_length=32, blank=True, help_text=_("Whose voice says the sentences.")
    )
    voice_name = models.CharField(
        _("voice"),
        max_length=120,
        blank=True,
        help_text=_("Which of the speaker's voices, as the speaker names it. Empty: as for the installation."),
    )
    welcome_languages = models.CharField(
        _("welcome languages"),
        max_length=100,
        blank=True,
        help_text=_("Who has named no language is welcomed in each of these. None: as for the installation."),
    )
    conceal_supervision = models.BooleanField(
        _("conceal listening"),
        default=False,
        help_text=_("Agents are not told while a supervisor only listens. Who speaks is always shown."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default="UTC",
        validators=[validate_zone],
        help_text=_("Opening hours and holidays are in its time. Without any hours the department is always open."),
    )
    synonyms = models.TextField(
        _("synonyms"), blank=True, help_text=_("Other words for it, one a line, in any language.")
    )

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_department")
        ]

    def __str__(self) -> str:
        return self.name(get_language() or "en")

    def name(self, language: str) -> str:
        """The name in `language`, English where there is none."""
        return (self.name_ar if language == "ar" else "") or self.name_en


class Faq(models.Model):
    """A frequent question with its answer."""

    department = models.ForeignKey(
        Department, on_delete=models.CASCADE, related_name="faqs", verbose_name=_("department")
    )
    questions_en = models.TextField(_("questions (English)"), help_text=_("Ways to ask it, one a line."))
    answer_en = models.TextField(_("answer (English)"))
    questions_ar = models.TextField(_("questions (Arabic)"), blank=True, help_text=_("Ways to ask it, one a line."))
    answer_ar = models.TextField(_("answer (Arabic)"), blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("frequent question")
        verbose_name_plural = _("frequent questions")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.questions_en.split("\n")[0][:80]


class NamedCode(models.Model):
    """A code with a name in each language. One no longer wanted is switched off: the history carries its slug."""

    slug = models.SlugField(_("slug"), max_length=50, unique=True)
    name_en = models.CharField(_("name (English)"), max_length=120)
    name_ar = models.CharField(_("name (Arabic)"), max_length=120, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        abstract = True
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.name(get_language() or "en")

    def name(self, language: str) -> str:
        """The name in `language`, English where there is none."""
        return (self.name_ar if language == "ar" else "") or self.name_en


class Disposition(NamedCode):
    """An outcome code set in wrap-up."""

    class Meta(NamedCode.Meta):
        verbose_name = _("disposition")
        verbose_name_plural = _("dispositions")


class AwayReason(NamedCode):
    """Why an agent is away, as he may choose it."""

    class Meta(NamedCode.Meta):
        verbose_name = _("reason for being away")
        verbose_name_plural = _("reasons for being away")


class DeclineReason(NamedCode):
    """Why an agent passes an offered call on, as he may say; the offer keeps the slug."""

    class Meta(NamedCode.Meta):
        verbose_name = _("reason for declining")
        verbose_name_plural = _("reasons for declining")
