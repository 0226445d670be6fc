"""Owns how the row of a response is written: inserted once, or changed if it still is
as it was read. Whoever was slower reads again; nothing is locked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from responses.models import Response

TICK = timedelta(microseconds=1)


class Overtaken(Exception):
    """Another request was faster, or took the last place: nothing of this one stays."""


def write(
    response: Response,
    *,
    now: datetime,
    values: Mapping[str, object],
    first: Callable[[], None] | None = None,
    then: Callable[[], None] | None = None,
) -> bool:
    """Write the values, with what is done `first` and `then`, or nothing of it all.

    False: another request was faster, and `response` is as that one left it. A change
    of one row alone needs no transaction.
    """
    was = _state(response, values)
    alone = response.is_stored and not first and not then
    try:
        with nullcontext() if alone else transaction.atomic():
            if first:
                first()
            _insert_or_change(response, now, values)
            if then:
                then()
    except BaseException as error:
        _restore(response, was)
        if not _is_lost_race(response, error):
            raise
        return False
    return True


def _is_lost_race(response: Response, error: BaseException) -> bool:
    """Whether to look again; the response then is as the other request left it."""
    if isinstance(error, Overtaken):
        _look_again(response)
        return True
    raced = isinstance(error, IntegrityError) and not response.is_stored
    return raced and _look_again(response)


def _insert_or_change(
    response: Response, now: datetime, values: Mapping[str, object]
) -> None:
    known = response.updated_at
    if not response.is_stored:
        _set(response, {**values, "updated_at": now})
        response.save(force_insert=True)
        return
    changed = {**values, "updated_at": max(now, known + TICK)}
    unchanged = Response.objects.filter(
        pk=response.pk, status=Response.Status.IN_PROGRESS, updated_at=known
    )
    if not unchanged.update(**changed):
        raise Overtaken
    _set(response, changed)


def _look_again(response: Response) -> bool:
    """Read what another request has stored; False: there is nothing of the kind."""
    if not response.is_stored:
        mine = Response.objects.filter(token_hash=response.token_hash)
        if response.invitation_id:
            mine = Response.objects.filter(invitation=response.invitation_id)
        key = mine.values_list("pk", flat=True).first()
        if key is None:
            return False
        _restore(response, {"pk": key})
    response.refresh_from_db()
    return True


def _state(response: Response, values: Mapping[str, object]) -> dict[str, object]:
    return {name: getattr(response, name) for name in ("pk", "updated_at", *values)}


def _restore(response: Response, was: Mapping[str, object]) -> None:
    _set(response, was)
    response._state.adding = was["pk"] is None  # noqa: SLF001 - as Django documents it


def _set(response: Response, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        setattr(response, name, value)
