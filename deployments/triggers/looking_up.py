"""Asks the source for fields of related records that events did not bring along.

One question for many records, before anything is decided and outside of every
transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from deployments import sources
from deployments.models import Deployment, Trigger, TriggerEvent
from deployments.reading import event_of, rule_of
from deployments.rules import Event, missing_paths, read_field
from deployments.sources import SourceError, UnknownSource
from surveys.conditions import ConditionError

AUTHOR = "LastModifiedById"

Told = tuple[str, str]  # a source, and an object in lower case


def look_up(rows: Iterable[TriggerEvent]) -> dict[int, SourceError]:
    """Fill `looked_up` of the events that need it; return why some could not be."""
    rows = list(rows)
    failed = _mark_own(rows)
    wanted = _wanted([row for row in rows if row.pk not in failed and not row.is_own])
    for (source, _object), needs in wanted.items():
        paths = sorted({path for _row, paths in needs for path in paths})
        records = [row.record_id for row, _paths in needs]
        try:
            found = read(source, needs[0][0].object, records, paths)
        except SourceError as error:
            failed |= {row.pk: error for row, _paths in needs}
            continue
        for row, _paths in needs:
            _keep(row, paths, found.get(row.record_id, {}))
    return failed


def read(
    source: str, object_name: str, record_ids: Sequence[str], paths: Sequence[str]
) -> Mapping[str, Mapping[str, object]]:
    """Read records from the source; nothing, where nothing can be asked there."""
    try:
        feed = sources.get(source)
        return feed.read(source, object_name, record_ids, paths)
    except UnknownSource:
        return {}


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
    rows: Iterable[TriggerEvent],
) -> dict[Told, list[tuple[TriggerEvent, list[str]]]]:
    rows = list(rows)
    triggers = _listening(rows)
    wanted: dict[Told, list[tuple[TriggerEvent, list[str]]]] = defaultdict(list)
    for row in rows:
        told = (row.source, row.object.lower())
        event = event_of(row)
        missing = {
            path for one in triggers.get(told, ()) for path in _missing(one, event)
        }
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


def _keep(
    row: TriggerEvent, paths: Sequence[str], values: Mapping[str, object]
) -> None:
    # A path that was asked for and is not there is blank: it is not asked for again.
    row.looked_up = {**row.looked_up, **{path: values.get(path) for path in paths}}
    TriggerEvent.objects.filter(pk=row.pk).update(looked_up=row.looked_up)
