"""Finds who in an org has an address, and what stands there against mail to it.

As the org's own Consent API does, it looks at contacts, leads, their individuals and
the consent for the channel e-mail. An org without these objects has none of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crm_mappings import connections
from crm_mappings.connections.descriptions import GONE
from crm_mappings.models import Connection
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import OrgError
from deployments.addresses import normal_address, readable
from surveys.conditions.values import moment
from surveys.wording import gettext as _

Row = Mapping[str, Any]

PEOPLE = ("Contact", "Lead")
CONSENT, POINT, INDIVIDUAL = (
    "ContactPointTypeConsent",
    "ContactPointEmail",
    "Individual",
)
FLAG, LINK = "HasOptedOutOfEmail", "IndividualId"
WISHES = ("HasOptedOutSolicit", "HasOptedOutProcessing", "ShouldForget")
CONSENT_FIELDS = (
    *("PartyId", "DataUsePurposeId", "PrivacyConsentStatus"),
    *("CaptureDate", "EffectiveFrom", "EffectiveTo"),
)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The fields of each object that the connection's user sees."""

    fields: Mapping[str, frozenset[str]]

    def has(self, object_: str, *names: str) -> bool:
        return self.fields.get(object_, frozenset()).issuperset(names) and (
            object_ in self.fields
        )

    def of(self, object_: str, names: Iterable[str]) -> list[str]:
        return [name for name in names if self.has(object_, name)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the org holds about some addresses."""

    people: Mapping[str, Sequence[Row]]  # address -> contacts and leads
    points: Mapping[str, Sequence[str]]  # address -> individuals
    individuals: Mapping[str, Row]
    consents: Mapping[str, Sequence[Row]]  # individual -> consents, as they came

    def individuals_of(self, email: str) -> list[str]:
        linked = [str(row.get(LINK) or "") for row in self.people.get(email, ())]
        known = [*linked, *self.points.get(email, ())]
        return list(dict.fromkeys(one for one in known if one))


def shape_of(connection: Connection, org: OrgClient, now: datetime) -> Shape:
    fields: dict[str, frozenset[str]] = {}
    for name in (*PEOPLE, INDIVIDUAL, CONSENT, POINT):
        schema = _schema(connection, org, name, now)
        if schema is not None:
            fields[name] = frozenset(schema.fields)
    return Shape(fields=fields)


def _schema(
    connection: Connection, org: OrgClient, name: str, now: datetime
) -> ObjectSchema | None:
    try:
        return connections.describe(
            connection=connection, object=name, now=now, org=org
        )
    except OrgError as error:
        if error.refusal.code in GONE:
            return None
        raise


def find(org: OrgClient, shape: Shape, emails: Collection[str]) -> Found:
    """Ask for all addresses at once: five queries, however many there are."""
    people, points = _people(org, shape, emails), _points(org, shape, emails)
    linked = {str(row.get(LINK) or "") for rows in people.values() for row in rows}
    ids = sorted((linked | {one for some in points.values() for one in some}) - {""})
    individuals = {}
    if ids and shape.has(INDIVIDUAL):
        asked = ["Id", *shape.of(INDIVIDUAL, WISHES)]
        rows = org.select(INDIVIDUAL, asked, "Id", ids)
        individuals = {str(row["Id"]): row for row in rows}
    return Found(
        people=people,
        points=points,
        individuals=individuals,
        consents=_consents(org, shape, ids),
    )


def _people(
    org: OrgClient, shape: Shape, emails: Collection[str]
) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for object_ in PEOPLE:
        if not shape.has(object_, "Email"):
            continue
        names = (FLAG, LINK, "FirstName", "LastName", "IsConverted")
        asked = ["Id", "Email", *shape.of(object_, names)]
        for row in org.select(object_, asked, "Email", _spellings(emails)):
            if row.get("IsConverted") is not True:  # it is the contact that it became
                found[_address(row.get("Email"))].append({**row, "object": object_})
    return found


def _points(
    org: OrgClient, shape: Shape, emails: Collection[str]
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    if shape.has(POINT, "EmailAddress", "ParentId"):
        asked = ["EmailAddress", "ParentId"]
        for row in org.select(POINT, asked, "EmailAddress", _spellings(emails)):
            found[_address(row.get("EmailAddress"))].append(str(row.get("ParentId")))
    return found


def _consents(
    org: OrgClient, shape: Shape, individuals: Sequence[str]
) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    if individuals and shape.has(CONSENT, "PartyId", "ContactPointType"):
        asked = ["ContactPointType", *shape.of(CONSENT, CONSENT_FIELDS)]
        for row in org.select(CONSENT, asked, "PartyId", individuals):
            if row.get("ContactPointType") == "Email":
                found[str(row.get("PartyId"))].append(row)
    return found


def addresses_of(
    org: OrgClient, shape: Shape, individuals: Collection[str]
) -> set[str]:
    """Every address at which these individuals are reached."""
    ids, found = sorted(individuals), set()
    for object_ in PEOPLE:
        if ids and shape.has(object_, LINK, "Email"):
            rows = org.select(object_, ["Email"], LINK, ids)
            found |= {_address(row.get("Email")) for row in rows}
    if ids and shape.has(POINT, "EmailAddress", "ParentId"):
        rows = org.select(POINT, ["EmailAddress"], "ParentId", ids)
        found |= {_address(row.get("EmailAddress")) for row in rows}
    return found - {""}


def against(found: Found, email: str, now: datetime) -> str:
    """Say what in the org stands against mail to an address, or an empty string."""
    for row in found.people.get(email, ()):
        if row.get(FLAG) is True:
            return _("Email Opt Out of the %(object)s %(id)s") % {
                "object": row["object"],
                "id": row["Id"],
            }
    for one in found.individuals_of(email):
        wish = next((name for name in WISHES if _is(found, one, name)), "")
        if wish:
            return _("%(field)s of the Individual %(id)s") % {"field": wish, "id": one}
        if refuses(found.consents.get(one, ()), now):
            return _("Contact Point Type Consent of the Individual %(id)s") % {
                "id": one
            }
    return ""


def _is(found: Found, individual: str, name: str) -> bool:
    return found.individuals.get(individual, {}).get(name) is True


def refuses(consents: Iterable[Row], now: datetime) -> bool:
    """For each purpose the latest word that is in force counts; one no is enough."""
    latest: dict[str, tuple[datetime, str]] = {}
    for row in consents:
        begins = moment(row.get("EffectiveFrom")) or BEGINNING
        ends = moment(row.get("EffectiveTo"))
        if begins > now or (ends is not None and ends <= now):
            continue
        said = (
            moment(row.get("CaptureDate")) or begins,
            str(row.get("PrivacyConsentStatus") or ""),
        )
        purpose = str(row.get("DataUsePurposeId") or "")
        latest[purpose] = max(said, latest.get(purpose, said))
    return any(status == "OptOut" for _at, status in latest.values())


def _spellings(emails: Collection[str]) -> list[str]:
    return sorted({*emails, *map(readable, emails)})


def _address(text: object) -> str:
    return normal_address(str(text or ""))
