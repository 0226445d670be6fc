"""Owns going live: proves a mapping against the org and the published survey, and
freezes what was proved as a numbered revision."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from crm_mappings import connections
from crm_mappings.documents import mapping_document, save_document
from crm_mappings.models import Mapping, MappingRevision
from crm_mappings.plan import check as proof
from crm_mappings.plan import rules
from crm_mappings.plan.anonymity import naming_step
from crm_mappings.plan.check import Finding
from crm_mappings.plan.recognising import our_keys
from crm_mappings.plan.rules import MappingSpec
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.salesforce.errors import OrgError
from deployments.models import Deployment
from surveys import publishing

User = AbstractBaseUser | AnonymousUser
LONGEST_NOTE = 500
NAMED = 5
PLACE = re.compile(r"steps\[(\d+)\](?:\.fields\[(\d+)\])?")


class MappingRefused(Exception):
    """The mapping would fail; `findings` say where and what to do."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("; ".join(f.message for f in findings if will_fail(f)))


def will_fail(finding: Finding) -> bool:
    return finding.grade == "will_fail"


def check(*, mapping: Mapping, now: datetime) -> tuple[Finding, ...]:
    """Return what the org and the published survey say of the draft."""
    return check_document(mapping=mapping, document=mapping_document(mapping), now=now)


def check_document(
    *, mapping: Mapping, document: dict[str, Any], now: datetime
) -> tuple[Finding, ...]:
    """Return what they say of a document for this mapping's survey and org."""
    try:
        spec = rules.parse(document)
    except rules.MappingError as error:
        return tuple(_unreadable(problem, document) for problem in error.problems)
    version = mapping.survey.live_version_id
    if version is None:
        return (_unpublished(mapping),)
    schemas: dict[str, ObjectSchema] = {}
    undescribed = tuple(_describe(mapping, spec, now, schemas))
    if undescribed:
        return undescribed
    found = proof.check(spec, schemas, publishing.compiled(version))
    return (*_anonymous(mapping, document), *found)


def activate(
    *, mapping: Mapping, now: datetime, user: User | None = None, note: str = ""
) -> MappingRevision:
    """Freeze the draft as the live revision; raise `MappingRefused` if it fails."""
    document = mapping_document(mapping)
    _prove(mapping, document, now)
    return _freeze(mapping, _keyed(mapping, document, now), now, user, note)


def roll_back(
    *,
    revision: MappingRevision,
    now: datetime,
    user: User | None = None,
    note: str = "",
    may_trust: bool = False,
) -> MappingRevision:
    """Let what an earlier revision said run again, as a new one, and be the draft.

    Raises `MappingRefused` where the org or the survey would not take it any more.
    """
    mapping = revision.mapping
    if revision.document.get("trusts_links") and not mapping.trusts_links:
        _refuse_trust(may_trust)
    _prove(mapping, revision.document, now)
    keyed = _keyed(mapping, revision.document, now)
    said = note or _("As in revision %(number)d.") % {"number": revision.number}
    with transaction.atomic():
        save_document(document=keyed, may_trust=True)
        mapping.refresh_from_db()
        return _freeze(mapping, mapping_document(mapping), now, user, said)


def _refuse_trust(may_trust: bool) -> None:
    if not may_trust:
        finding = Finding(
            step=None,
            field=None,
            grade="will_fail",
            message=_("That revision lets open variables choose the record."),
            hint=_("Only an administrator can bring it back."),
        )
        raise MappingRefused((finding,))


def _prove(mapping: Mapping, document: dict[str, Any], now: datetime) -> None:
    findings = check_document(mapping=mapping, document=document, now=now)
    if any(map(will_fail, findings)):
        raise MappingRefused(findings)


def _keyed(mapping: Mapping, document: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return a proved document with our key wherever the org has a field for it."""
    spec = rules.parse(document)
    schemas: dict[str, ObjectSchema] = {}
    for _finding in _describe(mapping, spec, now, schemas):
        pass
    keys = our_keys(spec, schemas)
    steps = [
        {**step, "key_field": keys.get(step["key"], step.get("key_field"))}
        for step in document["steps"]
    ]
    return {**document, "steps": steps}


def pause(*, mapping: Mapping) -> bool:
    """Stop the mapping for responses to come; True if it was active."""
    active = Mapping.objects.filter(pk=mapping.pk, status=Mapping.Status.ACTIVE)
    return active.update(status=Mapping.Status.PAUSED) == 1


@transaction.atomic
def _freeze(
    mapping: Mapping,
    document: dict[str, Any],
    now: datetime,
    user: User | None,
    note: str,
) -> MappingRevision:
    """The lock on the mapping gives each of two activations its own number."""
    locked = Mapping.objects.select_for_update().get(pk=mapping.pk)
    last = locked.revisions.aggregate(last=Max("number"))["last"] or 0
    revision = MappingRevision.objects.create(
        mapping=locked,
        number=last + 1,
        document=document,
        activated_at=now,
        activated_by_id=user.pk if user else None,
        note=note.strip()[:LONGEST_NOTE],
    )
    locked.live_revision = revision
    locked.status, locked.problem = Mapping.Status.ACTIVE, ""
    locked.save(update_fields=["live_revision", "status", "problem"])
    return revision


def _describe(
    mapping: Mapping, spec: MappingSpec, now: datetime, schemas: dict[str, ObjectSchema]
) -> Iterator[Finding]:
    """Fill `schemas`; yield a finding for each step whose object is not described."""
    for step in spec.steps:
        if step.object in schemas:
            continue
        try:
            schemas[step.object] = connections.describe(
                connection=mapping.connection, object=step.object, now=now
            )
        except OrgError as error:
            yield Finding(
                step=step.key,
                field=None,
                grade="will_fail",
                message=_("%(object)s could not be looked up: %(why)s")
                % {"object": step.object, "why": error.refusal.message},
                hint=_("Test the connection, or choose another object."),
            )


def _anonymous(mapping: Mapping, document: dict[str, Any]) -> Iterator[Finding]:
    """Responses that nobody can lead to a record come to nothing: say so before."""
    step = naming_step(document)
    if step is None:
        return
    rows = Deployment.objects.filter(survey=mapping.survey, anonymous=True)
    names = list(rows.order_by("name").values_list("name", flat=True)[:NAMED])
    if names:
        yield Finding(
            step=step,
            field=None,
            grade="may_fail",
            message=_(
                "%(names)s: the answers are anonymous, so nothing says which record "
                "they are about. This mapping skips them."
            )
            % {"names": ", ".join(f"“{name}”" for name in names)},
            hint=_(
                "For these, make a mapping that only creates records, or let the "
                "deployment ask by name."
            ),
            example=_("an anonymous response"),
        )


def _unpublished(mapping: Mapping) -> Finding:
    return Finding(
        step=None,
        field=None,
        grade="will_fail",
        message=_("The survey “%(survey)s” is not published yet.")
        % {"survey": mapping.survey},
        hint=_("Publish the survey; then activate the mapping."),
    )


def _unreadable(problem: rules.Problem, document: dict[str, Any]) -> Finding:
    step, field = _named(problem.path, document)
    return Finding(
        step=step, field=field, grade="will_fail", message=problem.message, hint=""
    )


def _named(path: str, document: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return the names of the step and the field that a path leads to."""
    place = PLACE.match(path)
    if place is None:
        return None, None
    step = document["steps"][int(place[1])]
    field = step["fields"][int(place[2])]["field"] if place[2] else None
    return step["key"], field
