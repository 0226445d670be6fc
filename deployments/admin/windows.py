"""Form fields of the sending window: the days of the week, and a list of dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from deployments.rules.coherence import MOST_DATES


class WeekdaysField(forms.TypedMultipleChoiceField):
    """ISO weekdays; none at all means every day."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=[(day + 1, WEEKDAYS[day]) for day in range(7)],
            coerce=int,
            required=False,
            **kwargs,
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return sorted(map(str, initial or [])) != sorted(map(str, data or []))


class DatesField(forms.Field):
    """ISO dates, one a line."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 20})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: str | None) -> list[str]:
        words = (value or "").replace(",", " ").split()
        if len(words) > MOST_DATES:
            raise ValidationError(_("That are more dates than a list holds: 400."))
        return sorted({_date(word) for word in words})

    def has_changed(self, initial: Any, data: Any) -> bool:
        before: Sequence[str] = initial or []
        try:
            return list(before) != self.to_python(data)
        except ValidationError:
            return True


def _date(word: str) -> str:
    try:
        return date.fromisoformat(word).isoformat()
    except ValueError as error:
        raise ValidationError(
            _("“%(word)s” is no date such as 2026-12-25."), params={"word": word[:30]}
        ) from error
