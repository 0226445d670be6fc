"""Reads the people of a list in the CRM as rows, as if they had come in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from deployments import counting, sources
from deployments.addresses import is_address, normal_address
from deployments.mailings.sheets import BadRow, GoodRow, Sheet
from deployments.models import PeopleList
from deployments.rules import Event, Invitee, address_key, language
from deployments.rules.deciding import Refusal
from deployments.rules.events import text_of, texts_of, value_of
from deployments.rules.windows import zone_of
from deployments.sources import PersonRef
from surveys.conditions.values import truth
from surveys.wording import gettext as _

MOST = 50_000
COLUMNS = ("record", "email", "name")
Wanted = Callable[[PersonRef], bool]


def everybody(_person: PersonRef) -> bool:
    return True


def read_list(
    people: PeopleList, *, event_key: str, wanted: Wanted = everybody
) -> Sheet:
    """Read those of the list that are wanted. Raises `SourceError` where it cannot."""
    feed = sources.get(people.source)
    found = feed.people(people.source, people.kind, people.what, MOST)
    good: list[GoodRow] = []
    bad: list[BadRow] = []
    seen: dict[str, int] = {}
    refs = sorted(filter(wanted, found), key=attrgetter("object"))
    line = 0
    for object_name, group in groupby(refs, key=attrgetter("object")):
        for row in _rows(people, object_name, list(group), event_key):
            line += 1
            problem = _problem(people, row, seen)
            event, invitee = row
            cells = (event.record_id, invitee.email, invitee.name)
            if problem:
                code, reason = problem
                bad.append(
                    BadRow(
                        line=line,
                        reason=reason,
                        cells=cells,
                        code=code,
                        email=invitee.email,
                        record_id=event.record_id,
                    )
                )
            else:
                seen[invitee.email] = line
                good.append(GoodRow(line=line, invitee=invitee, cells=cells))
    return Sheet(
        columns=COLUMNS, good=tuple(good), bad=tuple(bad), ignored=(), encoding=""
    )


def _rows(
    people: PeopleList, object_name: str, refs: Sequence[PersonRef], event_key: str
) -> Iterator[tuple[Event, Invitee]]:
    ids = [ref.record_id for ref in refs]
    feed = sources.get(people.source)
    found = feed.read(people.source, object_name, ids, _paths(people))
    limits = counting.fields_of(counting.caps_of(people.deployment))
    facts = sources.read_what_there_is(people.source, object_name, ids, limits)
    for record_id in ids:
        fields: Mapping[str, object] = found.get(record_id, {})
        event = Event(
            source=people.source,
            event_id="",
            object=object_name,
            record_id=record_id,
            fields=fields,
        )
        told = facts.get(record_id, {})
        yield event, _invitee(people, event, told, event_key)


def _paths(people: PeopleList) -> list[str]:
    named = (
        *(people.email_field, people.name_field, people.language_field),
        *(people.time_zone_field, people.segment_field, people.opt_out_field),
        *people.records.values(),
        *people.variables.values(),
    )
    return list(dict.fromkeys(path for path in named if path))


def _invitee(
    people: PeopleList, event: Event, facts: Mapping[str, object], event_key: str
) -> Invitee:
    email = normal_address(text_of(event, people.email_field))
    zone = text_of(event, people.time_zone_field)
    return Invitee(
        email=email,
        name=text_of(event, people.name_field)[:200],
        language=language(text_of(event, people.language_field)),
        time_zone=zone if zone_of(zone) else "",
        segment=text_of(event, people.segment_field)[:100],
        records={event.object: event.record_id, **texts_of(event, people.records)},
        variables=texts_of(event, people.variables),
        record_key=address_key(email),
        event_key=event_key,
        facts=facts,
    )


def _problem(
    people: PeopleList, row: tuple[Event, Invitee], seen: Mapping[str, int]
) -> Refusal:
    event, invitee = row
    if not event.fields:
        return "gone", _("The record is gone, or not to be seen.")
    if not invitee.email:
        return "no_address", _("There is no e-mail address.")
    if not is_address(invitee.email):
        return "bad_address", _("This is no e-mail address that mail can be sent to.")
    if invitee.email in seen:
        return "same_address", _("The same address as in line %(line)s.") % {
            "line": seen[invitee.email]
        }
    if people.opt_out_field and truth(value_of(event, people.opt_out_field)) is True:
        return "opted_out_in_crm", _("The CRM says that this person wants no e-mail.")
    return None
