"""Owns the decision whether an event becomes an invitation, and its reason in words.

Values in, a `Decision` out: no database, no clock. `deployments.triggers` brings the
facts and keeps the decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain

from deployments.addresses import is_address, is_machine, is_role, normal_address
from deployments.rules import caps
from deployments.rules.events import (
    Event,
    Invitee,
    event_key,
    lacks,
    language,
    read_field,
    reader,
    record_key,
    text_of,
    texts_of,
    value_of,
)
from deployments.rules.model import Decision, PersonFacts, TriggerRule, When
from deployments.rules.windows import next_moment, zone_of
from deployments.rules.words import unmet
from surveys.conditions import Condition, comparisons, holds
from surveys.conditions.values import moment, truth
from surveys.wording import gettext as _

LONGEST_REASON = 600
NEW_FOR = timedelta(days=2)  # a message about a new record may be a day late
# Of a contact or a lead, and of the Individual that keeps a person's consent.
NO_MAIL = frozenset({"hasoptedoutofemail", "hasoptedoutsolicit"})

Refusal = tuple[str, str] | None


def decide(
    rule: TriggerRule, event: Event, person: PersonFacts, now: datetime
) -> Decision:
    """Say whether to ask, and why (not): the first reason against it is given."""
    recipient = invitee(rule, event)
    drawn = draw(rule, recipient) if rule.share < 100 else None
    refusal = (
        _against_the_trigger(rule, event, now)
        or _against_the_event(rule, event, person, now)
        or _against_the_draw(rule, drawn)
        or _against_the_address(rule, event, recipient)
        or _against_the_person(rule, recipient, person, now)
    )
    cap = None if refusal else _full(event, person, now)
    if cap:
        refusal = "capped", caps.reason(cap)
    code, reason = refusal or (
        "invited",
        _("%(email)s was invited.") % {"email": recipient.email},
    )
    return Decision(
        invite=refusal is None,
        code=code,
        reason=reason[:LONGEST_REASON],
        recipient=recipient,
        draw=drawn,
        cap=cap.cap.id if cap else None,
        send_at=next_moment(rule.window, now + rule.delay, recipient.time_zone),
    )


def invitee(rule: TriggerRule, event: Event) -> Invitee:
    """Read who is to be asked, and about what, from the event's fields."""
    zone = text_of(event, rule.time_zone_field)
    return Invitee(
        email=normal_address(text_of(event, rule.email_field)),
        name=text_of(event, rule.name_field),
        language=language(text_of(event, rule.language_field)),
        time_zone=zone if zone_of(zone) else "",
        segment=text_of(event, rule.segment_field)[:100],
        records=texts_of(event, rule.records),
        variables=texts_of(event, rule.variables),
        record_key=record_key(event.object, event.record_id),
        event_key=event_key(rule.repeat_field, text_of(event, rule.repeat_field)),
    )


def draw(rule: TriggerRule, recipient: Invitee) -> float:
    """Return the lot of this moment: always the same one, and as good as random."""
    key = f"{rule.deployment_key}|{recipient.record_key}|{recipient.event_key}"
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def paths(rule: TriggerRule) -> list[str]:
    """Return every field that the rule reads, each once."""
    read = chain(
        (rule.email_field, rule.name_field, rule.language_field, rule.repeat_field),
        (rule.time_zone_field, rule.opt_out_field, rule.segment_field),
        rule.records.values(),
        rule.variables.values(),
        condition_fields(rule.condition),
    )
    return list(dict.fromkeys(name for name in read if name))


def condition_fields(condition: Condition | None) -> Iterator[str]:
    for one in comparisons(condition) if condition else ():
        if one.source == "field":
            yield one.name


def missing_paths(rule: TriggerRule, event: Event) -> list[str]:
    """Return the fields of related records that the event did not bring along.

    A field of the record itself is not missing: blank ones are left out.
    """
    return [name for name in paths(rule) if "." in name and lacks(event.fields, name)]


def matches(rule: TriggerRule, event: Event, now: datetime) -> bool:
    """Say whether the condition holds for the record as the event tells it."""
    return rule.condition is None or holds(rule.condition, reader(event, now))


def _against_the_trigger(rule: TriggerRule, event: Event, now: datetime) -> Refusal:
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
    return _against_the_time(rule, event.occurred_at or now)


def _against_the_time(rule: TriggerRule, at: datetime) -> Refusal:
    if rule.starts_at and at < rule.starts_at:
        return "not_started", _("The trigger starts on %(day)s only.") % {
            "day": f"{rule.starts_at:%Y-%m-%d %H:%M} UTC"
        }
    if rule.ends_at and at >= rule.ends_at:
        return "ended", _("The trigger ended on %(day)s.") % {
            "day": f"{rule.ends_at:%Y-%m-%d %H:%M} UTC"
        }
    return None


def _against_the_event(
    rule: TriggerRule, event: Event, person: PersonFacts, now: datetime
) -> Refusal:
    if event.is_own:
        return "own_change", _(
            "Tellback itself made this change; what it writes asks nobody."
        )
    if person.newer_state_at:
        return "outdated", _(
            "A later state of the record, of %(moment)s, is known; that one counts."
        ) % {"moment": f"{person.newer_state_at:%Y-%m-%d %H:%M:%S} UTC"}
    if not matches(rule, event, now):
        missing = "; ".join(unmet(rule.condition, reader(event, now)))  # type: ignore[arg-type]
        return "condition_not_met", _(
            "The trigger's condition was not met: %(missing)s."
        ) % {"missing": missing}
    if rule.when is When.CREATED and not _is_new(event, person, now):
        return "not_new", _("Only new records count, and this one is not new.")
    if rule.when is When.BECOMES:
        return _against_the_change(event, person, now)
    return None


def _against_the_change(event: Event, person: PersonFacts, now: datetime) -> Refusal:
    if person.matched_before:
        return "matched_before", _(
            "The condition was met before already; only a change to it counts."
        )
    if event.is_found and not person.heard_before and not _is_new(event, person, now):
        return "unknown_before", _(
            "Only a change to the condition counts, and nothing is known of this "
            "record from before: it may have met the condition for long."
        )
    return None


def _is_new(event: Event, person: PersonFacts, now: datetime) -> bool:
    """Nothing was heard of it before, and it does not say that it is old."""
    made = moment(read_field(event.fields, "CreatedDate"))
    return not person.heard_before and (made is None or made > now - NEW_FOR)


def _against_the_draw(rule: TriggerRule, drawn: float | None) -> Refusal:
    if drawn is None or drawn * 100 < rule.share:
        return None
    return "not_drawn", _(
        "Only %(share)s %% are asked, by lot: %(draw)s was not below %(share)s."
    ) % {"share": f"{rule.share:g}", "draw": f"{drawn * 100:.2f}"}


def _against_the_address(
    rule: TriggerRule, event: Event, recipient: Invitee
) -> Refusal:
    if not recipient.email:
        return "no_address", _("The field %(field)s held no e-mail address.") % {
            "field": rule.email_field
        }
    if not is_address(recipient.email):
        return "bad_address", (
            _("“%(email)s” in %(field)s is no e-mail address.")
            % {"email": recipient.email[:100], "field": rule.email_field}
        )
    if opted_out(rule, event):
        return "opted_out_in_crm", _("The CRM says that %(email)s wants no e-mail.") % {
            "email": recipient.email
        }
    return against_the_role(recipient.email, skip_roles=rule.skip_role_addresses)


def against_the_role(email: str, *, skip_roles: bool) -> Refusal:
    """Refuse what no person reads, and if wanted what several people read."""
    if is_machine(email):
        return "machine_address", _(
            "%(email)s is the address of a machine: nobody reads it."
        ) % {"email": email}
    if skip_roles and is_role(email):
        return "role_address", _(
            "%(email)s is an address that several people share."
        ) % {"email": email}
    return None


def opted_out(rule: TriggerRule, event: Event) -> bool:
    """Say whether the record says so: in the field named, or in Salesforce's own."""
    named = rule.opt_out_field and value_of(event, rule.opt_out_field)
    if truth(named) is True:
        return True
    return any(truth(value) is True for value in _no_mail_fields(event.fields))


def _no_mail_fields(fields: object, depth: int = 3) -> Iterator[object]:
    if not isinstance(fields, dict) or not depth:
        return
    for name, value in fields.items():
        if str(name).rpartition(".")[2].lower() in NO_MAIL:
            yield value
        yield from _no_mail_fields(value, depth - 1)


def _against_the_person(
    rule: TriggerRule, recipient: Invitee, person: PersonFacts, now: datetime
) -> Refusal:
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


def _full(event: Event, person: PersonFacts, now: datetime) -> caps.Asked | None:
    """Return the first limit that is reached, of those that are for this record."""
    read = reader(event, now)
    return next(
        (
            asked
            for asked in person.asked
            if caps.exceeded(asked) and caps.applies(asked.cap, read)
        ),
        None,
    )
