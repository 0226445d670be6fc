"""Owns the deployment that a ready-made survey suggests: made as a draft, to be looked
through and set live by a person."""

from __future__ import annotations

from django.db import transaction

from deployments import sources
from deployments.models import Deployment, Trigger
from deployments.rest_source import RestSource
from deployments.short_links import give
from surveys.keys import propose
from surveys.models import Survey
from surveys.ready_made import ReadyMade
from surveys.texts import say


@transaction.atomic
def set_up(*, survey: Survey, suggested: ReadyMade, language: str) -> Deployment:
    """Make the draft of the deployment, with its triggers."""
    ask = dict(suggested.ask)
    triggers = ask.pop("triggers", [])
    taken = set(Deployment.objects.values_list("key", flat=True))
    row = Deployment.objects.create(
        survey=survey,
        name=say(suggested.name, language, "en"),
        key=propose(survey.key, taken, fallback="ask", separator="-", longest=50),
        **ask,
    )
    for document in triggers:
        source = source_of(document["object"])
        Trigger.objects.create(deployment=row, source=source, **document)
    if row.channel == Deployment.Channel.WEB:
        give(deployment=row)
    return row


def source_of(object_name: str) -> str:
    """The first org that tells of such records, or may do so; blank: there is none."""
    door = f"{RestSource.key}:"
    orgs = [one for one, _label in sources.all_choices() if not one.startswith(door)]
    known = [one for one in orgs if object_name in dict(sources.get(one).objects(one))]
    return next(iter(known or orgs), "")
