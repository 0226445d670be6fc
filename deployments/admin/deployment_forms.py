"""The forms of a deployment and of what follows its mails up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments.admin.door_forms import DoorsForm
from deployments.admin.windows import DatesField, WeekdaysField
from deployments.emails import unknown_fields, variables_of
from deployments.models import Deployment, FollowUp
from surveys.admin.texts import TextsField, language_name, languages

FIELDS_HELP = gettext_lazy(
    "You can write {{ name }}, {{ survey }}, {{ link }}, and each variable of the "
    "survey by its key, such as {{ agent }}. Left blank, Tellback uses its own words, in English or German."
)


TRUST = [
    *("asker", "purpose", "privacy_notice", "asks_consent", "anonymous", "asks_sum"),
]


class DeploymentForm(DoorsForm):
    subject = TextsField(
        label=gettext_lazy("Subject"),
        longest=200,
        required=False,
        help_text=gettext_lazy("Left blank: the title of the survey."),
    )
    body = TextsField(
        label=gettext_lazy("Message"),
        longest=5000,
        rows=8,
        required=False,
        help_text=FIELDS_HELP,
    )

    purpose = TextsField(
        label=gettext_lazy("Why you ask"),
        longest=1000,
        rows=2,
        required=False,
        help_text=gettext_lazy("Said on the first page, below who asks."),
    )
    privacy_notice = TextsField(
        label=gettext_lazy("Privacy notice"),
        longest=10_000,
        rows=4,
        required=False,
        help_text=gettext_lazy(
            "What becomes of the answers, who sees them and for how long."
        ),
    )

    send_days = WeekdaysField(
        label=gettext_lazy("Days"), help_text=gettext_lazy("None ticked: every day.")
    )
    holidays = DatesField(
        label=gettext_lazy("Holidays"),
        required=False,
        help_text=gettext_lazy("Dates such as 2026-12-25, one a line: no mail."),
    )

    class Meta:
        model = Deployment
        fields = [
            "name",
            "key",
            "survey",
            "channel",
            "sender_name",
            "sender_email",
            "subject",
            "body",
            "valid_days",
            "quiet_days",
            "skip_role_addresses",
            "send_days",
            "send_from",
            "send_until",
            "time_zone",
            "holidays",
            "test_mode",
            "test_address",
            *DoorsForm.Meta.fields,
            *TRUST,
        ]
        # The time of day where the person is: nothing of the server's clock.
        widgets = {
            name: forms.TimeInput(format="%H:%M", attrs={"type": "time"})
            for name in ("send_from", "send_until")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        first = row.survey.default_language if row.survey_id else ""
        names = ("subject", "body", "closed_message", "purpose", "privacy_notice")
        codes = languages(first, *(getattr(row, name) for name in names))
        for name in names:
            if name in self.fields:
                self.fields[name].speak(codes)  # type: ignore[attr-defined]

    def clean_subject(self) -> dict[str, str]:
        return self._mergeable("subject")

    def clean_body(self) -> dict[str, str]:
        return self._mergeable("body")

    def _mergeable(self, name: str) -> dict[str, str]:
        texts: dict[str, str] = self.cleaned_data[name]
        known = self._variables()
        for code, text in texts.items():
            if unknown := unknown_fields(text, known):
                there = ["name", "survey", "link", *known]
                raise ValidationError(
                    _("%(language)s: no mail can fill %(field)s; there is %(known)s.")
                    % {
                        "language": language_name(code),
                        "field": f"{{{{ {unknown[0][:50]} }}}}",
                        "known": ", ".join(f"{{{{ {name} }}}}" for name in there),
                    }
                )
        return texts

    def _variables(self) -> list[str]:
        """The keys of the survey's variables, which a mail can hold as well."""
        survey = self.cleaned_data.get("survey") or (
            self.instance.survey if self.instance.survey_id else None
        )
        if survey is None:
            return []
        found = variables_of(Deployment(survey=survey))
        return [one["key"] for one in found]


class FollowUpForm(forms.ModelForm):  # type: ignore[type-arg]
    subject = TextsField(label=gettext_lazy("Subject"), longest=200, required=False)
    body = TextsField(
        label=gettext_lazy("Message"),
        longest=5000,
        rows=4,
        required=False,
        help_text=FIELDS_HELP,
    )

    class Meta:
        model = FollowUp
        fields = ["kind", "after_hours", "subject", "body", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = languages("", self.instance.subject, self.instance.body)
        for name in ("subject", "body"):
            if name in self.fields:
                self.fields[name].speak(codes)  # type: ignore[attr-defined]
