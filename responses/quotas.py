"""Owns how many responses of a sort are taken: counted by conditional update, so
that no two who finish at once take the last place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.db.models import F

from responses import places
from responses.models import QuotaCount, Response
from surveys import logic, publishing
from surveys.conditions import holds
from surveys.definition import Definition, Quota


def meant(
    definition: Definition, response: Response, answers: Mapping[str, object]
) -> Iterator[Quota]:
    """The quotas that the answers so far belong to."""
    read = logic.reader(definition, answers, response.variables)
    return (quota for quota in definition.quotas if holds(quota.condition, read))


def full(
    definition: Definition, response: Response, answers: Mapping[str, object]
) -> str:
    """The key of a quota of the answers that takes no more; blank when none is full.

    Asked before the last page too. The deployment's own limit stands before them.
    """
    if places.are_gone(response):
        return places.FULL
    wanted = {quota.key: quota for quota in meant(definition, response, answers)}
    if not wanted:
        return ""
    counts = QuotaCount.objects.filter(survey=response.survey_id, key__in=wanted)
    for key, count in counts.order_by("key").values_list("key", "count"):
        if count >= wanted[key].limit:
            return key
    return ""


def reserve(
    definition: Definition, response: Response, answers: Mapping[str, object]
) -> bool:
    """Take a place in each quota and in the deployment; False: one is full.

    Called in the completing transaction: the caller gives the places back by
    rolling back. Rows are taken in the order of their keys, so that no two wait
    for each other.
    """
    wanted = meant(definition, response, answers)
    for quota in sorted(wanted, key=lambda one: one.key):
        QuotaCount.objects.get_or_create(survey_id=response.survey_id, key=quota.key)
        free = QuotaCount.objects.filter(
            survey=response.survey_id, key=quota.key, count__lt=quota.limit
        )
        if not free.update(count=F("count") + 1):
            return False
        if quota.closes and not free.exists():
            publishing.close(survey=response.survey)
    return places.take(response)
