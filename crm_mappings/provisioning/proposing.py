"""Owns the question to an org: what of a survey's managed mapping is there, and what
would be created."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from crm_mappings import connections, documents
from crm_mappings.connections.descriptions import GONE
from crm_mappings.models import Connection, Mapping, Provisioning
from crm_mappings.plan import managed, rules
from crm_mappings.plan.managed import RESPONSE, Proposal
from crm_mappings.plan.managed.proposals import Kept
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.salesforce import managed_package, metadata
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import OrgError
from deployments.models import Trigger
from surveys import definition as definitions
from surveys import drafting, publishing
from surveys.definition import Definition, DefinitionError
from surveys.models import Survey
from surveys.next_steps import origin

FRESH = timedelta(0)
# What surveys are mostly about; these can always be chosen.
COMMON = ("Account", "Case", "Contact", "Lead", "Opportunity")
USUAL = ("Account", "Contact")


class CannotPropose(Exception):
    """The survey cannot be read; the text says what to do."""


def tied_records(survey: Survey) -> list[str]:
    """Return the objects that triggers tie to the survey's invitations."""
    rows = Trigger.objects.filter(deployment__survey=survey)
    named: set[str] = set()
    for tied, object_ in rows.values_list("records", "object"):
        named |= {object_, *tied}
    return sorted(name for name in named if name)


def record_choices(survey: Survey) -> tuple[list[str], list[str]]:
    """Return which objects can be chosen, and which are to begin with."""
    began_as = origin(survey)
    tied = {*tied_records(survey), *(began_as.records if began_as else ())}
    return sorted({*tied, *COMMON}), sorted({*tied, *USUAL})


def propose(
    *, survey: Survey, connection: Connection, records: Sequence[str], now: datetime
) -> Proposal:
    """Ask the org, and return what there is and what would be created.

    Raises `CannotPropose` for the survey and `OrgError` for the org.
    """
    schemas = _schemas(connection, (RESPONSE, *records), now)
    return managed.propose(
        definition_of(survey),
        records=records,
        schemas=schemas,
        kept=_kept(survey, connection),
    )


def package(proposal: Proposal, *, source: bool = False) -> bytes:
    """Return the zip for an administrator: as it is deployed, or as a project."""
    make = managed_package.source_files if source else managed_package.files
    return metadata.zipped(make(proposal))


def definition_of(survey: Survey) -> Definition:
    """Return the published survey, or else its draft as far as it is sound."""
    if survey.live_version_id:
        return publishing.compiled(survey.live_version_id)
    try:
        return definitions.parse(drafting.draft_document(survey))
    except DefinitionError as error:
        raise CannotPropose(
            _("Finish the questions of “%(survey)s” first: %(problem)s")
            % {"survey": survey, "problem": error}
        ) from error


def managed_mapping(survey: Survey, connection: Connection) -> Mapping | None:
    """Return the mapping that was made for the survey and the org before."""
    rows = Provisioning.objects.filter(
        survey=survey, connection=connection, mapping__isnull=False
    )
    row = rows.select_related("mapping").order_by("-pk").first()
    return row.mapping if row else None


def _kept(survey: Survey, connection: Connection) -> Kept:
    mapping = managed_mapping(survey, connection)
    if mapping is None:
        return {}
    try:
        return managed.kept_names(rules.parse(documents.mapping_document(mapping)))
    except rules.MappingError:
        return {}


def _schemas(
    connection: Connection, names: Sequence[str], now: datetime
) -> dict[str, ObjectSchema]:
    org = connections.client(connection)
    try:
        return {
            name: schema
            for name in dict.fromkeys(names)
            if (schema := _schema(connection, name, now, org)) is not None
        }
    finally:
        org.close()


def _schema(
    connection: Connection,
    name: str,
    now: datetime,
    org: OrgClient,
) -> ObjectSchema | None:
    """None: it is not there, or the user does not see it."""
    try:
        return connections.describe(
            connection=connection, object=name, now=now, max_age=FRESH, org=org
        )
    except OrgError as error:
        if error.refusal.code in GONE:
            return None
        raise
