"""Two people at one form: the later one is told, and nothing is written over unseen.

The form carries a fingerprint of each field as it was shown. What another person
changed meanwhile is named, with what it says now, and what was typed stays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.db import connection, models
from django.http import HttpRequest
from django.utils.translation import gettext as _

from surveys.admin.shares import SharedAdmin
from surveys.comparing import is_texts
from surveys.models import Page, Question, Survey

# Changed by publishing and by every save: not what a form shows.
UNSEEN = frozenset({"id", "status", "live_version", "created_at", "updated_at"})
LONGEST = 200


class Fingerprinted:
    """A model form that carries what its row said when it was shown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        form: Any = self
        row = form.instance
        # As stored: what is sent has not been put into the row yet.
        self.stored = dict(_values(row)) if row.pk else {}
        form.fields["seen"] = forms.CharField(
            required=False, widget=forms.HiddenInput, initial=_seen(self.stored)
        )

    def clean(self) -> Any:
        form: Any = self
        cleaned = super().clean()  # type: ignore[misc]
        changed = _changed(form.cleaned_data.get("seen", ""), self.stored)
        if changed:
            form.add_error(None, _message(form.instance, changed, self.stored))
            # Saving once more is then a choice that was made.
            form.data = form.data.copy()
            form.data[form.add_prefix("seen")] = _seen(self.stored)
        return cleaned


class MeetingAdmin(SharedAdmin):
    """An admin whose forms tell two people of each other."""

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(*args, **kwargs)
        return type(form)(form.__name__, (Fingerprinted, form), {})

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        row = super().get_object(request, *args, **kwargs)
        if row is None or request.method != "POST" or not connection.in_atomic_block:
            return row
        # Who saves at the same time waits, and then reads what was saved.
        Survey.objects.select_for_update().filter(pk=_survey_id(row)).first()
        return super().get_object(request, *args, **kwargs)


def _survey_id(row: Any) -> int:
    if isinstance(row, Question):
        return row.page.survey_id
    return row.survey_id if isinstance(row, Page) else int(row.pk)


def _values(row: models.Model) -> Iterator[tuple[str, Any]]:
    for column in row._meta.concrete_fields:  # noqa: SLF001 - Django's own way
        if column.name not in UNSEEN:
            yield column.name, getattr(row, column.attname)
    if isinstance(row, Question):
        choices = row.choices.order_by("position", "pk")
        yield "choices", [dict(_values(choice)) for choice in choices]


def _seen(stored: Mapping[str, Any]) -> str:
    return json.dumps({name: _print(value) for name, value in stored.items()})


def _print(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _changed(seen: str, stored: Mapping[str, Any]) -> list[str]:
    """Fields that say something else now; none where nothing was carried."""
    try:
        shown = json.loads(seen) if seen else {}
    except ValueError:
        return []
    if not isinstance(shown, dict):
        return []
    return [
        name
        for name, value in stored.items()
        if name in shown and shown[name] != _print(value)
    ]


def _message(row: models.Model, changed: list[str], stored: Mapping[str, Any]) -> str:
    said = "; ".join(f"{_name(row, name)}: {_said(stored[name])}" for name in changed)
    who = _who(row)
    start = (
        _("%(who)s changed this meanwhile.") % {"who": who}
        if who
        else _("Somebody changed this meanwhile.")
    )
    rest = _(
        "It now says: %(said)s. What you typed is still in the form, and not saved: "
        "take over what you need, then save again."
    )
    return f"{start} {rest % {'said': said}}"


def _name(row: models.Model, name: str) -> str:
    if name == "choices":
        return _("Choices")
    return str(getattr(row._meta.get_field(name), "verbose_name", name))  # noqa: SLF001


def _said(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    if is_texts(value):
        text = _in_languages(value)
    elif isinstance(value, list):
        text = ", ".join(_label(part) for part in value)
    else:
        text = str(value)
    return f"“{text[:LONGEST]}”"


def _label(part: Any) -> str:
    label = part.get("label") if isinstance(part, dict) else part
    return _in_languages(label) if isinstance(label, dict) else str(label or part)


def _in_languages(texts: Mapping[str, str]) -> str:
    """In one order, whatever order the database keeps them in."""
    return " / ".join(text for _code, text in sorted(texts.items()))


def _who(row: models.Model) -> str:
    entries = LogEntry.objects.filter(
        content_type=get_content_type_for_model(row), object_id=row.pk
    )
    entry = entries.select_related("user").order_by("-action_time").first()
    return str(entry.user) if entry else ""
