"""Owns the course of a deploy. As with bulk jobs, each question about it brings it on
by one state; what it brings is tried on a copy of the org first."""

import copy
from dataclasses import replace
from datetime import datetime

from crm_mappings.emulator.metadata.components import (
    Outcome,
    Trial,
    components,
    judge,
)
from crm_mappings.emulator.metadata.deploys import Deploy
from crm_mappings.emulator.metadata.messages import Flow, Message
from crm_mappings.emulator.metadata.permission_sets import PermissionSet
from crm_mappings.emulator.org import Org
from crm_mappings.emulator.schema.catalogue import Catalogue
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import SObject


def move(org: Org, deploy: Deploy) -> None:
    """On to the next state; one deploy of an org runs at a time."""
    now = org.clock.now()
    if deploy.status == "Canceling":
        deploy.status, deploy.ended_at = "Canceled", now
    elif deploy.status == "Pending" and not _is_busy(org, deploy):
        deploy.status, deploy.started_at = "InProgress", now
        deploy.total = len(components(deploy.package))
    elif deploy.status == "InProgress":
        _run(org, deploy)
        deploy.ended_at = now


def _is_busy(org: Org, but: Deploy) -> bool:
    others = (each for each in org.deploys.values() if each is not but)
    return any(each.status in {"InProgress", "Canceling"} for each in others)


def _run(org: Org, deploy: Deploy) -> None:
    """Judge everything on a copy; apply it when all of it is fine."""
    tried = copy.copy(org.catalogue)
    tried.detach()
    users = org.rows.table("User").rows.values()
    trial = Trial(
        objects=tried,
        sets={each.name: each for each in org.access.sets.values()},
        messages=dict(org.messages),
        usernames={str(each["Username"]) for each in users},
    )
    for part in components(deploy.package):
        outcome = judge(part, trial)
        deploy.outcomes.append(outcome)
        if not outcome.problem:
            _bring(outcome, tried, org, real=False)
    if any(each.problem for each in deploy.outcomes):
        deploy.status = "Failed"
        return
    deploy.status = "Succeeded"
    if not deploy.check_only:
        for outcome in deploy.outcomes:
            _bring(outcome, org.catalogue, org, real=True)
        org.settle_access()


def _bring(outcome: Outcome, objects: Catalogue, org: Org, *, real: bool) -> None:
    now = org.clock.now().replace(microsecond=0)
    match outcome.made:
        case SObject() as made if outcome.created:
            made = replace(made, prefix=_next_prefix(org.catalogue)) if real else made
            objects.deploy(made, now=now)
            if real:
                org.rows.add_table(made)
                org.access.objects.add(made.name)
        case Field() as made if outcome.changed:
            _bring_field(outcome, made, objects, org, real=real)
        case PermissionSet() as made if real:
            org.keep_permission_set(made)
        case Message() as made if real:
            org.messages[made.name] = made
        case Flow() as made if real:
            org.outbound.add_rule(made.rule(org.messages[made.message]))
        case _:
            pass


def _bring_field(
    outcome: Outcome, made: Field, objects: Catalogue, org: Org, *, real: bool
) -> None:
    now = org.clock.now().replace(microsecond=0)
    full = objects.full(outcome.component.object_name)
    kept = tuple(made if each.name == made.name else each for each in full.fields)
    changed = full.with_field(made) if outcome.created else replace(full, fields=kept)
    objects.deploy(changed, now=now)
    if not real:
        return
    if outcome.created:
        org.access.fields.add(f"{full.name}.{made.name}")
        org.rows.add_field(changed)
    else:
        _renew(objects, made, full.name, now)


def _renew(objects: Catalogue, made: Field, name: str, now: datetime) -> None:
    """A field that is seen is seen as it is now."""
    seen = objects.find(name)
    if seen is None or seen.find(made.name) is None:
        return
    fields = tuple(
        replace(made, createable=each.createable, updateable=each.updateable)
        if each.name == made.name
        else each
        for each in seen.fields
    )
    objects.show(replace(seen, fields=fields), now=now)


def _next_prefix(objects: Catalogue) -> str:
    used = {each.prefix for each in objects.every()}
    return next(
        prefix for number in range(1, 100) if (prefix := f"a{number:02d}") not in used
    )
