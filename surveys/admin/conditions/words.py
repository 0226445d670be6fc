"""A rule in words, for lists and for rules too deep to edit in rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys import conditions
from surveys.admin.conditions.names import Groups, NameChoice, names_in, token
from surveys.conditions import All, Any_, Comparison, Condition, Not, Op
from surveys.wording import quoted

OP_LABELS: Mapping[Op, Promise] = {
    Op.EQ: gettext_lazy("is"),
    Op.NE: gettext_lazy("is not"),
    Op.LT: gettext_lazy("is less than"),
    Op.LE: gettext_lazy("is at most"),
    Op.GT: gettext_lazy("is more than"),
    Op.GE: gettext_lazy("is at least"),
    Op.IN: gettext_lazy("is one of"),
    Op.NOT_IN: gettext_lazy("is none of"),
    Op.CONTAINS: gettext_lazy("contains"),
    Op.STARTS_WITH: gettext_lazy("starts with"),
    Op.MATCHES_DOMAIN: gettext_lazy("is of the e-mail domain"),
    Op.WITHIN_DAYS: gettext_lazy("is at most this many days from now"),
    Op.ANSWERED: gettext_lazy("is answered"),
    Op.BLANK: gettext_lazy("is blank"),
}


def in_words(document: object, groups: Groups) -> str:
    """The rule as a sentence's end; blank for none, never an exception."""
    if document is None:
        return ""
    try:
        condition = conditions.parse(document)
    except conditions.ConditionError as error:
        return _("a rule that cannot be read: %(why)s") % {"why": error.message}
    known = {name.value: name for name in names_in(groups)}
    return _words(condition, known)


def _words(condition: Condition, known: Mapping[str, NameChoice]) -> str:
    match condition:
        case All(parts=parts):
            return _(" and ").join(_inner(part, known) for part in parts)
        case Any_(parts=parts):
            return _(" or ").join(_inner(part, known) for part in parts)
        case Not(part=part):
            return _("not %(rule)s") % {"rule": _inner(part, known)}
        case Comparison():
            return _comparison(condition, known)


def _inner(condition: Condition, known: Mapping[str, NameChoice]) -> str:
    words = _words(condition, known)
    several = isinstance(condition, All | Any_) and len(condition.parts) > 1
    return f"({words})" if several else words


def _comparison(comparison: Comparison, known: Mapping[str, NameChoice]) -> str:
    name = known.get(token(comparison.source, comparison.name, comparison.facet))
    subject = name.label if name else _plain_name(comparison)
    verb = OP_LABELS[comparison.op]
    if comparison.op in conditions.PRESENCE:
        return f"{quoted(subject)} {verb}"
    labels = dict(name.values) if name else {}
    value = comparison.value
    values: Iterable[object] = value if isinstance(value, tuple) else (value,)
    said = ", ".join(labels.get(shown(one), shown(one)) for one in values)
    return f"{quoted(subject)} {verb} {said}"


def _plain_name(comparison: Comparison) -> str:
    facet = f" → {comparison.facet}" if comparison.facet else ""
    return f"{comparison.name}{facet}"


def shown(value: object) -> str:
    """A value as a person types it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
