"""The domains that mail comes from: what the DNS says of them, and how fast they send."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from deployments.addresses import domain_of
from deployments.models.suppressions import check_domain

selector = RegexValidator(
    r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$", _("This is no selector.")
)


class SenderDomain(models.Model):
    """One domain, such as example.com, of the senders of deployments."""

    domain = models.CharField(
        _("domain"), max_length=253, unique=True, validators=[check_domain]
    )
    spf_mechanism = models.CharField(
        _("who may send for it (SPF)"),
        max_length=200,
        blank=True,
        help_text=_("As your mail provider says, such as include:spf.provider.com."),
    )
    dkim_selector = models.CharField(
        _("DKIM selector"), max_length=63, blank=True, validators=[selector]
    )
    dkim_value = models.TextField(
        _("DKIM record"),
        blank=True,
        help_text=_(
            "As your mail provider says: v=DKIM1; k=rsa; p=… or, for a CNAME, a name."
        ),
    )
    per_hour = models.PositiveIntegerField(
        _("mails an hour at most"), default=0, help_text=_("0: no limit.")
    )
    warm_up_start = models.DateField(
        _("warm-up since"),
        null=True,
        blank=True,
        help_text=_(
            "A domain that is new to mail servers begins slowly: each day may send "
            "twice as many mails as the day before, for three weeks."
        ),
    )
    warm_up_mails = models.PositiveIntegerField(
        _("mails on the first day of it"), default=50
    )
    # The counts of the current hour and day; see deployments.sending_rate.
    hour = models.DateTimeField(null=True, editable=False)
    hour_count = models.PositiveIntegerField(default=0, editable=False)
    day = models.DateField(null=True, editable=False)
    day_count = models.PositiveIntegerField(default=0, editable=False)
    # What the DNS said: [{"record", "state", "found", "line", "hint"}].
    findings = models.JSONField(default=list, editable=False)
    checked_at = models.DateTimeField(_("last checked"), null=True, editable=False)

    class Meta:
        verbose_name = _("sender's domain")
        verbose_name_plural = _("senders' domains")

    def __str__(self) -> str:
        return self.domain

    def clean(self) -> None:
        self.domain = domain_of(f"x@{self.domain}")
