"""Owns what is different between two documents of one mapping, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crm_mappings.plan.recognising import is_our_key
from surveys.wording import gettext as _
from surveys.wording import gettext_noop

Document = Mapping[str, Any]
WORDS: Final[Mapping[str, str]] = {
    "name": gettext_noop("Name"),
    "survey": gettext_noop("Survey"),
    "connection": gettext_noop("Connection"),
    "condition": gettext_noop("Condition"),
    "trusts_links": gettext_noop("An open variable may choose the record"),
    "partial_after": gettext_noop("Unfinished responses are written (minutes)"),
    "on_erasure": gettext_noop("When a response is erased"),
    "action": gettext_noop("Action"),
    "object": gettext_noop("Object"),
    "find": gettext_noop("Found by"),
    "no_match": gettext_noop("If there is none"),
    "several": gettext_noop("If there are several"),
    "key_field": gettext_noop("Key field"),
    "duplicates": gettext_noop("If a duplicate rule warns"),
    "value": gettext_noop("Value"),
    "table": gettext_noop("Value table"),
    "transforms": gettext_noop("Transforms"),
    "blank": gettext_noop("If the answer is blank"),
    "default": gettext_noop("Default"),
    "overwrite": gettext_noop("Overwrite"),
}
# What is compared by itself, or is the name by which two parts are one.
INSIDE: Final = frozenset({"steps", "fields", "key", "field", "when"})
# What an older document does not say yet.
UNSAID: Final[Mapping[str, Any]] = {
    "trusts_links": False,
    "partial_after": 0,
    "on_erasure": "keep",
    "duplicates": "hold",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is different; blank where there is nothing on that side."""

    step: str = ""
    field: str = ""
    what: str
    before: str = ""
    after: str = ""


def differences(before: Document, after: Document) -> list[Difference]:
    """Return what became of a mapping: the whole first, then step by step."""
    found = [Difference(**one) for one in _settings(before, after)]
    old, new = _by(before.get("steps"), "key"), _by(after.get("steps"), "key")
    for key in dict.fromkeys([*new, *old]):
        found += _of_step(key, old.get(key), new.get(key))
    common = [key for key in old if key in new]
    if common != [key for key in new if key in old]:
        found.append(
            Difference(
                what=_("Order of the steps"),
                before=", ".join(old),
                after=", ".join(new),
            )
        )
    return found


def as_drafted(live: Document, draft: Document) -> dict[str, Any]:
    """Return what runs without the fields for our key that its activation has chosen,
    where the draft names none either."""
    named = {step["key"]: step.get("key_field") for step in draft["steps"]}
    steps = [
        {**step, "key_field": None}
        if is_our_key(step.get("key_field")) and not named.get(step["key"], True)
        else step
        for step in live["steps"]
    ]
    return {**live, "steps": steps}


def _of_step(
    key: str, before: Document | None, after: Document | None
) -> Iterator[Difference]:
    if before is None or after is None:
        yield Difference(
            step=key,
            what=_("Step removed") if after is None else _("Step added"),
            before=_step_words(before),
            after=_step_words(after),
        )
        return
    for one in _settings(before, after):
        yield Difference(step=key, **one)
    old, new = _by(before.get("fields"), "field"), _by(after.get("fields"), "field")
    for name in dict.fromkeys([*new, *old]):
        yield from _of_rule(key, name, old.get(name), new.get(name))


def _of_rule(
    step: str, name: str, before: Document | None, after: Document | None
) -> Iterator[Difference]:
    if before is None or after is None:
        yield Difference(
            step=step,
            field=name,
            what=_("Field removed") if after is None else _("Field added"),
            before=said(before["value"]) if before else "",
            after=said(after["value"]) if after else "",
        )
        return
    for one in _settings(before, after):
        yield Difference(step=step, field=name, **one)


def _settings(before: Document, after: Document) -> Iterator[dict[str, str]]:
    for name in dict.fromkeys([*WORDS, *after, *before]):
        if name in INSIDE:
            continue
        old = before.get(name, UNSAID.get(name))
        new = after.get(name, UNSAID.get(name))
        if (old or None) != (new or None):
            what = _(WORDS[name]) if name in WORDS else name
            yield {"what": what, "before": said(old), "after": said(new)}


def _by(rows: Any, name: str) -> dict[str, Document]:
    return {str(row.get(name)): row for row in rows or ()}


def _step_words(step: Document | None) -> str:
    return f"{step.get('action')} {step.get('object')}" if step else ""


def said(value: Any) -> str:
    """Return a part of a document in words that a person reads, never as JSON."""
    if value is None or value == "" or value == [] or value == {}:
        return _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(said(one) for one in value)
    return str(value)


def _mapping(value: Document) -> str:
    for word, joined in (("all", _(" and ")), ("any", _(" or "))):
        if isinstance(value.get(word), list):
            return joined.join(said(part) for part in value[word])
    if "not" in value:
        return _("not (%(rule)s)") % {"rule": said(value["not"])}
    if "op" in value:
        name = next(str(one) for key, one in value.items() if key not in COMPARING)
        named = f"{name}.{value['facet']}" if value.get("facet") else name
        compared = said(value["value"]) if "value" in value else ""
        return f"{named} {value['op']} {compared}".strip()
    if "facet" in value and len(value) == 2:
        return " ".join(
            f"{key} {one}.{value['facet']}"
            for key, one in value.items()
            if key != "facet"
        )
    return ", ".join(f"{key} {said(one)}" for key, one in value.items())


COMPARING: Final = frozenset({"op", "value", "facet"})
