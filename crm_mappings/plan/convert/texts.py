"""Owns how a text is written: one line, several or rich, never too long."""

from __future__ import annotations

import html
import re
from typing import Final

from crm_mappings.plan.convert.refusing import RefusedValueError, as_text, shown
from crm_mappings.plan.schema import FieldSchema
from surveys.texts import tidy
from surveys.wording import gettext as _
from surveys.wording import whole

LONG_TEXTS: Final = frozenset({"textarea"})
LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
EMAIL: Final = re.compile(
    rf"{LOCAL}(?:\.{LOCAL})*@(?:{LABEL}\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]\Z"
)


def written(text: str, field: FieldSchema) -> str:
    """Return a text as the field holds it: one line, or HTML where it is rich."""
    text = tidy(text)
    if field.html:
        return html.escape(text, quote=False).replace("\n", "<br>")
    return text if field.type in LONG_TEXTS else text.replace("\n", " ")


def fitted(text: str, field: FieldSchema, limit: int) -> str:
    """Return the longest beginning of a text that the field holds in `limit`."""
    text = tidy(text)
    length = 0
    for place, char in enumerate(text):
        length += _cost(char, field)
        if length > limit:
            return text[:place]
    return text


def _cost(char: str, field: FieldSchema) -> int:
    if not field.html:
        return 1
    return len("<br>") if char == "\n" else len(html.escape(char, quote=False))


def text_wire(value: object, field: FieldSchema) -> str | None:
    return limited(written(as_text(value), field), field) or None


def limited(text: str, field: FieldSchema) -> str:
    if field.length and len(text) > field.length:
        raise RefusedValueError(
            "too_long",
            _(
                "%(field)s: %(text)s has %(count)s characters; the field takes "
                "%(length)s. Add “truncate” to the rule to cut it."
            )
            % {
                "field": field.title(),
                "text": shown(text),
                "count": whole(len(text)),
                "length": whole(field.length),
            },
        )
    return text


def email_wire(value: object, field: FieldSchema) -> str | None:
    text = text_wire(value, field)
    if text is not None and not EMAIL.match(text):
        raise RefusedValueError(
            "not_an_email",
            _("%(field)s: %(text)s is not an e-mail address.")
            % {"field": field.title(), "text": shown(text)},
        )
    return text
