"""Asks the source for fields of related records that events did not bring along.

One question for many records, before anything is decided and outside of every
transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import cache

from deployments import counting, sources
from deployments.models import Cap, Deployment, Trigger, TriggerEvent
from deployments.reading import event_of, rule_of
from deployments.rules import Event, missing_paths, read_field
from deployments.rules.events import lacks
from deployments.sources import SourceError, UnknownSource
from surveys.conditions import ConditionError

AUTHOR = "LastModifiedById"

Told = tuple[str, str]  # a source, and an object in lower case
Reads = Callable[[Trigger, Event], list[str]]  # what an event lacks for a trigger
Read = Callable[
    [str, str, Sequence[str], Sequence[str]], Mapping[str, Mapping[str, object]]
]


def look_up(rows: Iterable[TriggerEvent]) -> dict[int, SourceError]:
    """Fill `looked_up` of the events that need it; return why some could not be."""
    rows = list(rows)
    failed = _mark_own(rows)
    failed |= _look_up(_left(rows, failed), _missing, _read)
    # A limit holds for records of many objects: not all have what it asks for.
    if Cap.objects.filter(is_active=True, condition__isnull=False).exists():
        left = _left(rows, failed)
        failed |= _look_up(left, _missing_for_limits(), sources.read_what_there_is)
    return failed


def _left(rows: Iterable[TriggerEvent], failed: Container[int]) -> list[TriggerEvent]:
    return [row for row in rows if row.pk not in failed and not row.is_own]


def _look_up(
    rows: Sequence[TriggerEvent], reads: Reads, read: Read
) -> dict[int, SourceError]:
    failed: dict[int, SourceError] = {}
    for (source, _object), needs in _wanted(rows, reads).items():
        paths = sorted({path for _row, paths in needs for path in paths})
        records = [row.record_id for row, _paths in needs]
        try:
            found = read(source, needs[0][0].object, records, paths)
        except UnknownSource:  # nothing can be asked there
            found = {}
        except SourceError as error:
            failed |= {row.pk: error for row, _paths in needs}
            continue
        for row, _paths in needs:
            _keep(row, paths, found.get(row.record_id, {}))
    return failed


def _mark_own(rows: Sequence[TriggerEvent]) -> dict[int, SourceError]:
    """Mark what our own user changed; a record that does not say who is somebody's."""
    failed: dict[int, SourceError] = {}
    users: dict[str, frozenset[str] | SourceError] = {}
    for row in rows:
        author = read_field(row.fields, AUTHOR)
        if not isinstance(author, str) or row.is_own:
            continue
        if row.source not in users:
            users[row.source] = _own_users(row.source)
        ours = users[row.source]
        if isinstance(ours, SourceError):
            failed[row.pk] = ours
        elif author[:15] in {user[:15] for user in ours}:
            row.is_own = True
            TriggerEvent.objects.filter(pk=row.pk).update(is_own=True)
    return failed


def _own_users(source: str) -> frozenset[str] | SourceError:
    try:
        return sources.get(source).own_users(source)
    except UnknownSource:
        return frozenset()
    except SourceError as error:
        return error


def _wanted(
    rows: Iterable[TriggerEvent], reads: Reads
) -> dict[Told, list[tuple[TriggerEvent, list[str]]]]:
    rows = list(rows)
    triggers = _listening(rows)
    wanted: dict[Told, list[tuple[TriggerEvent, list[str]]]] = defaultdict(list)
    for row in rows:
        told = (row.source, row.object.lower())
        event = event_of(row)
        missing = {path for one in triggers.get(told, ()) for path in reads(one, event)}
        if missing:
            wanted[told].append((row, sorted(missing)))
    return wanted


def _listening(rows: Sequence[TriggerEvent]) -> dict[Told, list[Trigger]]:
    found: dict[Told, list[Trigger]] = defaultdict(list)
    live = Trigger.objects.filter(
        source__in={row.source for row in rows},
        is_active=True,
        deployment__status=Deployment.Status.LIVE,
    ).select_related("deployment__survey")
    for trigger in live:
        found[trigger.source, trigger.object.lower()].append(trigger)
    return found


def _missing(trigger: Trigger, event: Event) -> list[str]:
    try:
        return missing_paths(rule_of(trigger), event)
    except ConditionError:
        return []  # it is told when the event is decided


def _missing_for_limits() -> Reads:
    """What the limits of a trigger's deployment read; direct fields too, because a
    trigger need not listen to them."""

    @cache
    def fields(deployment: Deployment) -> list[str]:
        try:
            return counting.fields_of(counting.caps_of(deployment))
        except ConditionError:
            return []  # as above

    def missing(trigger: Trigger, event: Event) -> list[str]:
        wanted = fields(trigger.deployment)
        return [path for path in wanted if lacks(event.fields, path)]

    return missing


def _read(
    source: str, object_name: str, record_ids: Sequence[str], paths: Sequence[str]
) -> Mapping[str, Mapping[str, object]]:
    return sources.get(source).read(source, object_name, record_ids, paths)


def _keep(
    row: TriggerEvent, paths: Sequence[str], values: Mapping[str, object]
) -> None:
    # A path that was asked for and is not there is blank: it is not asked for again.
    row.looked_up = {**row.looked_up, **{path: values.get(path) for path in paths}}
    TriggerEvent.objects.filter(pk=row.pk).update(looked_up=row.looked_up)
