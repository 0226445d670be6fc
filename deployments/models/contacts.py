"""The people of a deployment that another system keeps here, for its mailings."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from deployments.models.deployments import Deployment


class Contact(models.Model):
    """A person as last told of; nobody is asked before a mailing asks them."""

    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, related_name="contacts"
    )
    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    segment = models.CharField(_("segment"), max_length=100, blank=True)
    records = models.JSONField(_("records"), default=dict, blank=True)
    variables = models.JSONField(_("variables"), default=dict, blank=True)
    created_at = models.DateTimeField(_("since"))
    updated_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "email"], name="contact_once_a_deployment"
            )
        ]

    def __str__(self) -> str:
        return self.email
