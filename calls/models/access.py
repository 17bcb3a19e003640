"""Keys and remembered answers of the HTTP API."""

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common import clock

SCOPES = ("calls", "agents", "agent", "metrics")


class ApiKey(models.Model):
    """A program's credential: shown once, stored as a hash, scoped, revocable."""

    name = models.CharField(_("name"), max_length=120)
    prefix = models.CharField(_("beginning"), max_length=12, help_text=_("The key's beginning, to tell keys apart."))
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        verbose_name=_("user"),
        help_text=_("Who scope `agent` acts as."),
    )
    created_at = models.DateTimeField(_("made at"), default=clock.now)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @staticmethod
    def generate() -> str:
        """A new key in clear: `ck_` and 43 random characters."""
        return f"ck_{secrets.token_urlsafe(32)}"

    @staticmethod
    def digest(key: str) -> str:
        """What is stored of a key. A random 256-bit secret needs no slow hash."""
        return hashlib.sha256(key.encode()).hexdigest()


class IdempotentAnswer(models.Model):
    """The answer given to one `Idempotency-Key`; `status` 0 while the first request is still running."""

    credential = models.CharField(max_length=64)
    path = models.CharField(max_length=300)
    key = models.CharField(max_length=255)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.BinaryField(default=b"", help_text="Encrypted: answers carry call secrets.")
    created_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credential", "path", "key"], name="one_answer_a_key")]

    def __str__(self) -> str:
        return f"{self.path} {self.key}"
