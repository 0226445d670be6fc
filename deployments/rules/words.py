"""Says a condition, and on what it failed, in words."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.conditions import (
    All,
    Any_,
    Comparison,
    Condition,
    Not,
    Op,
    Reader,
    comparisons,
    holds,
    is_blank,
)
from surveys.wording import gettext as _
from surveys.wording import gettext_noop

WORDS = {
    Op.EQ: gettext_noop("is"),
    Op.NE: gettext_noop("is not"),
    Op.LT: gettext_noop("is less than"),
    Op.LE: gettext_noop("is at most"),
    Op.GT: gettext_noop("is more than"),
    Op.GE: gettext_noop("is at least"),
    Op.IN: gettext_noop("is one of"),
    Op.NOT_IN: gettext_noop("is none of"),
    Op.CONTAINS: gettext_noop("contains"),
    Op.ANSWERED: gettext_noop("is filled in"),
    Op.BLANK: gettext_noop("is blank"),
    Op.STARTS_WITH: gettext_noop("starts with"),
    Op.MATCHES_DOMAIN: gettext_noop("is an address at"),
    Op.WITHIN_DAYS: gettext_noop("is, in days from now, within"),
}


def unmet(condition: Condition, read: Reader) -> Iterator[str]:
    """Say each comparison on which the condition fails, with what was there."""
    match condition:
        case All(parts=parts) | Any_(parts=parts):
            for part in parts:
                if not holds(part, read):
                    yield from unmet(part, read)
        case Not(part=part):
            wanted = ", ".join(_words(one) for one in comparisons(part))
            yield _("it excludes (%(wanted)s)") % {"wanted": wanted}
        case Comparison():
            was = read(condition.source, condition.name, condition.facet)
            shown = _("blank") if is_blank(was) else f"“{str(was)[:60]}”"
            yield _("%(condition)s – it was %(value)s") % {
                "condition": _words(condition),
                "value": shown,
            }


def _words(comparison: Comparison) -> str:
    said = f"{comparison.name} {_(WORDS[comparison.op])}"
    value = comparison.value
    if value is None:
        return said
    values = value if isinstance(value, tuple) else (value,)
    return f"{said} {', '.join(f'“{str(one)[:60]}”' for one in values[:10])}"
