"""Owns the decision whether an event becomes an invitation, and its reason in words.

Values in, a `Decision` out: no database, no clock. `deployments.triggers` brings the
facts and keeps the decision.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from deployments.addresses import is_address, normal_address
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
from surveys.texts import tidy
from surveys.wording import gettext as _
from surveys.wording import gettext_noop

Fields = Mapping[str, object]

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?\Z")
SALESFORCE_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?\Z")
CHECK_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
LONGEST_REASON = 600
LONGEST_VALUE = 255

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to one record in another system."""

    source: str
    event_id: str
    object: str
    record_id: str
    fields: Fields = field(default_factory=dict)
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerRule:
    """A trigger and what matters of its deployment and survey."""

    source: str
    object: str
    email_field: str
    name_field: str = ""
    language_field: str = ""
    records: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    repeat_field: str = ""
    condition: Condition | None = None
    is_active: bool = True
    deployment: str = ""
    deployment_is_live: bool = True
    survey_is_published: bool = True
    quiet_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """One person to ask. Without an event key, every call asks anew."""

    email: str
    name: str = ""
    language: str = ""
    records: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, object] = field(default_factory=dict)
    record_key: str = ""
    event_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """What is known of the person and the record before the decision."""

    suppressed: str = ""  # the reason in words
    asked_about_this_record: bool = False
    last_asked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    invite: bool
    code: str
    reason: str
    recipient: Invitee


def decide(
    rule: TriggerRule, event: Event, person: PersonFacts, now: datetime
) -> Decision:
    """Say whether to ask, and why (not): the first reason against it is given."""
    recipient = invitee(rule, event)
    refusal = (
        _against_the_trigger(rule, event)
        or _against_the_event(rule, event, now)
        or _against_the_address(rule, recipient)
        or _against_the_person(rule, recipient, person, now)
    )
    code, reason = refusal or (
        "invited",
        _("%(email)s was invited.") % {"email": recipient.email},
    )
    return Decision(
        invite=refusal is None,
        code=code,
        reason=reason[:LONGEST_REASON],
        recipient=recipient,
    )


def invitee(rule: TriggerRule, event: Event) -> Invitee:
    """Read who is to be asked, and about what, from the event's fields."""
    return Invitee(
        email=normal_address(_text(event, rule.email_field)),
        name=_text(event, rule.name_field),
        language=language(_text(event, rule.language_field)),
        records=_texts(event, rule.records),
        variables=_texts(event, rule.variables),
        record_key=record_key(event.object, event.record_id),
        event_key=event_key(rule.repeat_field, _text(event, rule.repeat_field)),
    )


def language(text: str) -> str:
    """`de_AT` and `de-AT` are one language; what is no language code is none."""
    code = text.strip().replace("_", "-")
    return code if LANGUAGE.match(code) else ""


def record_key(object_name: str, record_id: str) -> str:
    """One key for one record, however it is spelled: short and long ids are one."""
    if SALESFORCE_ID.match(record_id) and (
        len(record_id) == 15 or record_id[15:].upper() == check_letters(record_id[:15])
    ):
        record_id = record_id[:15]
    return _short(f"{object_name.lower()}:{record_id}", 100)


def check_letters(short_id: str) -> str:
    """Return the three letters by which an 18-character id ends."""
    return "".join(
        CHECK_LETTERS[
            sum(1 << place for place, sign in enumerate(part) if "A" <= sign <= "Z")
        ]
        for part in (short_id[0:5], short_id[5:10], short_id[10:15])
    )


def event_key(repeat_field: str, value: str) -> str:
    """`once` for each record, or once for each value of the field that repeats."""
    return _short(f"{repeat_field}={value}", 200) if repeat_field else "once"


def address_key(email: str) -> str:
    """The record key of a link that is asked for by address and event key."""
    return _short(f"address:{normal_address(email)}", 100)


def read_field(fields: Fields, name: str) -> object:
    """Read `Status`, `status` or `Contact.Email`; None when it is not there."""
    if name in fields:
        return fields[name]
    for key, value in fields.items():
        if key.lower() == name.lower():
            return value
    head, dot, rest = name.partition(".")
    inner = read_field(fields, head) if dot else None
    return read_field(inner, rest) if isinstance(inner, Mapping) else None


def _short(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{text[: longest - 33]}~{digest}"


def _value(event: Event, name: str) -> object:
    value = read_field(event.fields, name)
    return event.record_id if value is None and name.lower() == "id" else value


def _text(event: Event, name: str) -> str:
    value = _value(event, name) if name else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return tidy(str(value)) if isinstance(value, str | int | float) else ""


def _texts(event: Event, names: Mapping[str, str]) -> dict[str, str]:
    read = ((key, _text(event, name)[:LONGEST_VALUE]) for key, name in names.items())
    return {key: text for key, text in read if text}


def _against_the_trigger(rule: TriggerRule, event: Event) -> tuple[str, str] | None:
    heard = (event.source, event.object.lower())
    if heard != (rule.source, rule.object.lower()):
        return "outside_trigger", (
            _(
                "The trigger listens to %(object)s of %(source)s; this was "
                "%(other)s of %(other_source)s."
            )
            % {
                "object": rule.object,
                "source": rule.source,
                "other": event.object,
                "other_source": event.source,
            }
        )
    if not rule.is_active:
        return "trigger_off", _("A trigger of “%(deployment)s” is switched off.") % {
            "deployment": rule.deployment
        }
    if not rule.deployment_is_live:
        return "not_live", _("The deployment “%(deployment)s” was not live.") % {
            "deployment": rule.deployment
        }
    if not rule.survey_is_published:
        return "survey_not_published", (
            _("The survey of “%(deployment)s” was not published.")
            % {"deployment": rule.deployment}
        )
    return None


def _against_the_event(
    rule: TriggerRule, event: Event, now: datetime
) -> tuple[str, str] | None:
    def read(source: str, name: str, _facet: str | None) -> object:
        if source == "field":
            return _value(event, name)
        return now.isoformat() if (source, name) == ("response", "now") else None

    if rule.condition is None or holds(rule.condition, read):
        return None
    missing = "; ".join(_unmet(rule.condition, read))
    return "condition_not_met", _(
        "The trigger's condition was not met: %(missing)s."
    ) % {"missing": missing}


def _against_the_address(
    rule: TriggerRule, recipient: Invitee
) -> tuple[str, str] | None:
    if not recipient.email:
        return "no_address", _("The field %(field)s held no e-mail address.") % {
            "field": rule.email_field
        }
    if not is_address(recipient.email):
        return "bad_address", (
            _("“%(email)s” in %(field)s is no e-mail address.")
            % {"email": recipient.email[:100], "field": rule.email_field}
        )
    return None


def _against_the_person(
    rule: TriggerRule, recipient: Invitee, person: PersonFacts, now: datetime
) -> tuple[str, str] | None:
    if person.suppressed:
        return "suppressed", (
            _("%(email)s is not to be asked: %(reason)s.")
            % {"email": recipient.email, "reason": person.suppressed}
        )
    if person.asked_about_this_record:
        return "asked_about_this_record", _("This record was asked about already.")
    last = person.last_asked_at
    if last and rule.quiet_days and last > now - timedelta(days=rule.quiet_days):
        return "asked_recently", (
            _(
                "%(email)s was asked on %(day)s; “%(deployment)s” leaves people "
                "alone for %(days)s days."
            )
            % {
                "email": recipient.email,
                "day": f"{last:%Y-%m-%d}",
                "deployment": rule.deployment,
                "days": rule.quiet_days,
            }
        )
    return None


def _unmet(condition: Condition, read: Reader) -> Iterator[str]:
    """Say each comparison on which the condition fails, with what was there."""
    match condition:
        case All(parts=parts) | Any_(parts=parts):
            for part in parts:
                if not holds(part, read):
                    yield from _unmet(part, read)
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
