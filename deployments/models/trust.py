"""Trust: what a deployment tells people before they answer, and what it never keeps."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Trust(models.Model):
    """What respondents are told and promised, as columns of the deployment's row."""

    asker = models.CharField(
        _("who asks"),
        max_length=200,
        blank=True,
        help_text=_("Said on the first page. Left blank: the sender's name."),
    )
    # Texts by language code.
    purpose = models.JSONField(_("why you ask"), default=dict, blank=True)
    privacy_notice = models.JSONField(_("privacy notice"), default=dict, blank=True)
    asks_consent = models.BooleanField(
        _("ask for consent"),
        default=False,
        help_text=_(
            "Nothing is kept until the person has agreed to the privacy notice."
        ),
    )
    # Measured by `responses.durations`.
    usual_seconds = models.PositiveIntegerField(null=True, editable=False)
    anonymous = models.BooleanField(
        _("anonymous"),
        default=False,
        help_text=_(
            "Answers are kept without the invitation, the address, variables, records "
            "and the time of day, and cannot be written to the record of a person. "
            "Who has answered is known by the day, but not what."
        ),
    )
    asks_sum = models.BooleanField(
        _("ask for a small sum"),
        default=False,
        help_text=_(
            "Against machines, on web links: people add two numbers before they "
            "answer. No other service is asked."
        ),
    )

    class Meta:
        abstract = True
