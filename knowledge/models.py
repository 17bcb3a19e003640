"""What the receptionist may answer from, and what it could not answer."""

from django.db import models
from django.db.models.functions import MD5
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from calls.states import Language
from common import clock
from queueing.models import Department


class Article(models.Model):
    """A text of the company in one language, for the callers of a department or of all."""

    slug = models.SlugField(
        _("slug"), max_length=80, unique=True, help_text=_("Its name for imports; never shown to callers.")
    )
    title = models.CharField(_("title"), max_length=200)
    language = models.CharField(_("language"), max_length=8, choices=Language.choices, default=Language.EN)
    department = models.ForeignKey(
        Department,
        verbose_name=_("department"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="articles",
        help_text=_("Empty: for all departments."),
    )
    body = models.TextField(_("text"), help_text=_("Markdown. What stands here may be said to every caller."))
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Off: it is not found."))
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)
    updated_at = models.DateTimeField(_("changed at"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["title", "slug"]

    def __str__(self) -> str:
        return self.title


class Passage(models.Model):
    """A piece of an article as it is found and quoted; made by `services.save_article`. Stems by one space each."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="passages")
    position = models.PositiveIntegerField()
    heading = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    heading_terms = models.TextField(blank=True)
    terms = models.TextField(blank=True)

    class Meta:
        ordering = ["article", "position"]
        constraints = [models.UniqueConstraint(fields=["article", "position"], name="one_passage_a_position")]

    def __str__(self) -> str:
        return f"{self.article_id}#{self.position}"


class CustomerFact(models.Model):
    """Something a customer wants remembered: known by a signed token, and asked first."""

    subject = models.CharField(
        _("customer"), max_length=200, db_index=True, help_text=_("The customer's number at the integrator's.")
    )
    name = models.CharField(_("name"), max_length=120, blank=True)
    text = models.CharField(_("what is remembered"), max_length=300)
    language = models.CharField(_("language"), max_length=8, choices=Language.choices)
    call = models.ForeignKey(
        Call, verbose_name=_("call"), null=True, blank=True, on_delete=models.SET_NULL, related_name="remembered"
    )
    consented_at = models.DateTimeField(_("consented at"), default=clock.now)
    consent = models.CharField(
        _("consent"), max_length=200, help_text=_("How it was given: typed or spoken, and in which words.")
    )

    class Meta:
        verbose_name = _("remembered fact")
        verbose_name_plural = _("remembered facts")
        ordering = ["-consented_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["subject", "text"], name="one_fact_a_customer")]

    def __str__(self) -> str:
        # Not its text: what deletes it writes this into its log.
        return f"{self.name or self.subject}, {self.consented_at:%Y-%m-%d}"


class Unanswered(models.Model):
    """A caller's question that neither articles nor frequent questions answer."""

    call = models.ForeignKey(Call, verbose_name=_("call"), on_delete=models.CASCADE, related_name="unanswered")
    question = models.TextField(_("question"))
    language = models.CharField(_("language"), max_length=8, choices=Language.choices)
    department = models.CharField(_("department"), max_length=50, blank=True)
    asked_at = models.DateTimeField(_("asked at"), default=clock.now, db_index=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    article = models.ForeignKey(
        Article, verbose_name=_("answered by"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("unanswered question")
        verbose_name_plural = _("unanswered questions")
        ordering = ["-asked_at", "-id"]
        # By its digest: a question may be longer than an index takes.
        constraints = [models.UniqueConstraint(models.F("call"), MD5("question"), name="one_question_a_call")]

    def __str__(self) -> str:
        return self.question[:80]
