"""The part of a deployment's form that is about its doors."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments.models import Deployment
from deployments.rules.coherence import contradictions
from surveys.admin.texts import TextsField

SHORTEST_PASSWORD = 4
KIOSK_SECONDS = 60
# As they stand on the page, by the title above them.
LIMITS = [
    *("opens_at", "closes_at", "most_responses", "once_per_person"),
    *("password", "no_password", "closed_message"),
]
OTHER_SITES = ["embed_sites"]
KIOSK = ["kiosk", "kiosk_seconds"]
END = ["end_url", "end_hosts"]
OWN = [*LIMITS, *OTHER_SITES, *KIOSK, *END, "asks_in_mail", "writes_tests"]


class LinesField(forms.Field):
    """A list of words, one a line."""

    widget = forms.Textarea(attrs={"rows": 3, "cols": 50})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: str | None) -> list[str]:
        return list(dict.fromkeys(self.tidy(word) for word in (value or "").split()))

    def tidy(self, word: str) -> str:
        return word.strip().rstrip("/").lower()

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


class HostsField(LinesField):
    """Hosts; who pastes an address means its host."""

    def tidy(self, word: str) -> str:
        plain = super().tidy(word)
        return urlsplit(plain).netloc if "://" in plain else plain


class DoorsForm(forms.ModelForm):  # type: ignore[type-arg]
    closed_message = TextsField(
        label=gettext_lazy("Closed message"),
        longest=1000,
        rows=2,
        required=False,
        help_text=gettext_lazy(
            "Said before the survey's own words to whoever comes too late."
        ),
    )
    embed_sites = LinesField(
        label=gettext_lazy("Sites that show it"),
        required=False,
        help_text=gettext_lazy(
            "Such as https://www.example.com, one a line. No other site may show it."
        ),
    )
    end_hosts = HostsField(
        label=gettext_lazy("Allowed hosts"),
        required=False,
        help_text=gettext_lazy(
            "Such as www.example.com, one a line: nobody is led elsewhere."
        ),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        max_length=200,
        strip=True,
        help_text=gettext_lazy(
            "Asked on web links before the first page. Left blank, it stays as it is."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    no_password = forms.BooleanField(
        label=gettext_lazy("Ask for no password any more"), required=False
    )

    class Meta:
        model = Deployment
        fields = [name for name in OWN if name not in {"password", "no_password"}]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kiosk_seconds" in self.fields:
            self.fields["kiosk_seconds"].required = False

    def clean_kiosk_seconds(self) -> int:
        seconds: int | None = self.cleaned_data["kiosk_seconds"]
        return KIOSK_SECONDS if seconds is None else seconds

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password and len(password) < SHORTEST_PASSWORD:
            raise ValidationError(_("Use at least four characters."))
        return password

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        survey = cleaned.get("survey") or getattr(self.instance, "survey", None)
        declared = {one["key"] for one in survey.variables} if survey else set()
        for name, text in contradictions(cleaned, declared=declared):
            self.add_error(name, text)
        return cleaned

    def save(self, commit: bool = True) -> Any:
        if self.cleaned_data.get("no_password"):
            self.instance.password_hash = ""
        elif password := self.cleaned_data.get("password"):
            self.instance.password_hash = make_password(password)
        return super().save(commit)
