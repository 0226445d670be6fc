"""Who may call the API, and whether the workers are alive."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config import key_format
from config.networks import check_networks
from deployments.encryption import EncryptedTextField

SCOPES = {
    "surveys:read": _("read surveys"),
    "surveys:write": _("make, change and publish surveys"),
    "links:write": _("ask for tracking links"),
    "responses:read": _("read responses"),
    "responses:erase": _("erase responses"),
    "mappings:write": _("read and change mappings and connections"),
    "deployments:write": _("read and change deployments"),
    "metrics:read": _("read the metrics of the installation"),
    "webhooks:write": _("make webhooks, which are told what is answered"),
    "dumps:write": _("make scheduled dumps of what was answered"),
    "write_backs:write": _("read write-backs and send them again"),
}


def digest(key: str) -> str:
    """SHA-256 is enough here: the key is 256 random bits, not a password."""
    return hashlib.sha256(key.encode()).hexdigest()


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def valid(self, now: datetime) -> ApiKeyQuerySet:
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at__isnull=True
        )

    def with_secret(self, secret: str, now: datetime) -> ApiKeyQuerySet:
        """Those that it opens: by their secret, or the one before for a while."""
        mark = digest(secret)
        before = Q(previous_digest=mark, previous_until__gt=now)
        return self.filter(Q(digest=mark) | before)


class ApiKey(models.Model):
    """A key that a system shows at the API; only its hash is kept."""

    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("starts with"), max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # Of the secret before, while its holder changes over.
    previous_digest = models.CharField(
        max_length=64, blank=True, db_index=True, editable=False
    )
    previous_until = models.DateTimeField(null=True, editable=False)
    scopes = models.JSONField(pgettext_lazy("an API key", "may"), default=list)
    calls_per_minute = models.PositiveIntegerField(
        _("calls a minute"),
        null=True,
        blank=True,
        help_text=_("Empty: as many as the installation allows each key."),
    )
    allowed_networks = models.TextField(
        _("from these networks"),
        blank=True,
        validators=[check_networks],
        help_text=_("One a line, such as 192.0.2.0/24. Empty: from everywhere."),
    )
    # Without its maker a key would see every survey, so a person with keys stays.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def give_secret(self) -> str:
        """Make the secret of a new key and return it: the only time it is seen."""
        secret = key_format.new_secret()
        self.prefix, self.digest = secret[:9], digest(secret)
        return secret


class ApiKeyEvent(models.Model):
    """What was done with a key, by whom: the name, which outlives the person."""

    class What(models.TextChoices):
        MADE = "made", _("Made")
        CHANGED = "changed", _("Changed")
        ROTATED = "rotated", _("Given another secret")
        REVOKED = "revoked", _("Revoked")

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="events")
    what = models.CharField(_("what"), max_length=10, choices=What.choices)
    who = models.CharField(_("by"), max_length=150, blank=True)
    details = models.JSONField(_("details"), default=dict)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("what was done with a key")
        verbose_name_plural = _("what was done with keys")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_what_display()} ({self.who or '–'})"


class StoredAnswer(models.Model):
    """What a call with an `Idempotency-Key` was answered, to be answered again."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    # Of the method, the address and the body.
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    content_type = models.CharField(max_length=100, blank=True)
    # It may hold tracking links, whose tokens are secret at rest.
    body = EncryptedTextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["api_key", "key"], name="answered_once")
        ]

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """When a group of workers last did a task that its supervisor asked for."""

    name = models.CharField(max_length=200, unique=True)
    beaten_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
