"""Addresses and domains that are not asked."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from deployments.addresses import domain_of, is_address


def check_domain(domain: str) -> None:
    if not is_address(f"x@{domain}"):
        raise ValidationError(
            _("“%(domain)s” is no domain such as example.com."),
            params={"domain": domain},
        )


class SuppressionRows(models.QuerySet["Suppression"]):
    def each_address(self) -> SuppressionRows:
        """The first row of each address."""
        earlier = Suppression.objects.filter(
            email=models.OuterRef("email"), pk__lt=models.OuterRef("pk")
        )
        return self.exclude(models.Exists(earlier))


class Suppression(models.Model):
    """An address that is not asked any more, by what one source says of it.

    Each CRM takes back only what it has told itself, never what a person wants.
    """

    class Reason(models.TextChoices):
        OPTED_OUT = "opted_out", _("Opted out")
        BOUNCED = "bounced", _("Mail came back")
        COMPLAINED = "complained", _("Complained")
        ADDED = "added", _("Added by hand")
        CRM = "crm", _("The CRM says so")

    email = models.EmailField(_("e-mail"), max_length=254)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    note = models.CharField(_("note"), max_length=200, blank=True)
    # Who told so: "salesforce:<connection key>"; blank: not a CRM.
    source = models.CharField(max_length=100, blank=True, editable=False)
    created_at = models.DateTimeField(_("since"))

    objects = SuppressionRows.as_manager()

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["email", "source"], name="suppressed_once_by_each"
            )
        ]

    def __str__(self) -> str:
        return self.email


class BlockedDomain(models.Model):
    """A domain at which nobody is asked, with all that is below it."""

    domain = models.CharField(
        _("domain"), max_length=253, unique=True, validators=[check_domain]
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("blocked domain")
        verbose_name_plural = _("blocked domains")

    def __str__(self) -> str:
        return self.domain

    def clean(self) -> None:
        self.domain = domain_of(f"x@{self.domain}")
