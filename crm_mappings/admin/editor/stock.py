"""Owns what the editor can offer: objects, fields and facts, as far as they can be
known. An org that does not answer costs the lists, never the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import groupby

from django.utils.translation import gettext as _

from crm_mappings import connections, facts
from crm_mappings.admin.editor import sheet as sheets
from crm_mappings.admin.editor.options import Group, Option, Options
from crm_mappings.models import Connection
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.salesforce.errors import Kind, OrgError
from deployments.models import Trigger
from surveys import definition as definitions
from surveys import publishing
from surveys.definition import Definition, DefinitionError
from surveys.models import Survey

COMMON_RECORDS = ("Account", "Case", "Contact", "Lead", "Opportunity")


@dataclass(kw_only=True)
class Stock:
    """What can be chosen for one survey and one connection."""

    definition: Definition | None
    objects: tuple[connections.ObjectInfo, ...] = ()
    schemas: Mapping[str, ObjectSchema] = field(default_factory=dict)
    records: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    # What could not be found out, in words.
    gaps: tuple[str, ...] = ()

    @cached_property
    def facts(self) -> tuple[facts.FactInfo, ...]:
        if self.definition is None:
            return ()
        return tuple(
            facts.catalogue(
                self.definition, variables=self.variables, records=self.records
            )
        )

    @cached_property
    def object_options(self) -> Options:
        return Options(
            [
                Group(
                    label="",
                    options=tuple(
                        Option(value=info.name, label=title(info.label, info.name))
                        for info in self.objects
                        if info.queryable
                    ),
                )
            ]
        )

    def schema(self, name: str) -> ObjectSchema | None:
        return self.schemas.get(name)

    def source_options(self, earlier: Iterable[str]) -> Options:
        """Return every fact, and the records of the steps before."""
        groups = [
            Group(label=str(label), options=tuple(_option(fact) for fact in members))
            for label, members in groupby(self.facts, key=lambda fact: fact.group)
        ]
        steps = tuple(
            Option(
                value=f"step.{key}",
                label=_("Record of step “%(step)s”") % {"step": key},
                gives="id",
            )
            for key in earlier
            if key
        )
        typed = (
            Option(value="constant", label=_("Always the same: a constant")),
            Option(value="template", label=_("A text with answers in it")),
        )
        return Options(
            [
                *groups,
                Group(label=_("Earlier steps"), options=steps),
                Group(label=_("Typed by you"), options=typed),
            ]
        )


def title(label: str, name: str) -> str:
    return name if label == name else f"{label} ({name})"


def _option(fact: facts.FactInfo) -> Option:
    sample = ""
    if fact.sample is not None:
        sample = " · " + _("e.g. %(sample)s") % {"sample": _say(fact.sample)}
    return Option(
        value=sheets.source_token(fact.source),
        label=f"{fact.label}{sample}",
        gives=str(fact.type),
    )


def _say(sample: object) -> str:
    if isinstance(sample, list | tuple):
        return ", ".join(map(str, sample))
    if isinstance(sample, bool):
        return _("yes") if sample else _("no")
    return str(sample)


def load(
    *, survey: Survey, connection: Connection, objects: Iterable[str], now: datetime
) -> Stock:
    """Return what can be offered; what the org does not say is said in `gaps`."""
    asking = _Asking(connection=connection, now=now)
    definition = _definition(survey)
    if definition is None:
        asking.gaps.append(
            _("The survey cannot be read yet: finish its questions first.")
        )
    return Stock(
        definition=definition,
        objects=tuple(asking.objects()),
        schemas=asking.schemas({name for name in objects if name}),
        records=tuple(sorted(_records(survey))),
        variables=tuple(sorted(_variables(survey))),
        gaps=tuple(asking.gaps),
    )


@dataclass(kw_only=True)
class _Asking:
    """Asks the org, until it does not answer; from then on what is kept is used."""

    connection: Connection
    now: datetime
    gaps: list[str] = field(default_factory=list)
    down: bool = False

    def objects(self) -> list[connections.ObjectInfo]:
        try:
            return connections.list_objects(connection=self.connection, now=self.now)
        except OrgError as error:
            self._gap(error, _("The list of objects"))
            return connections.known_objects(connection=self.connection)

    def schemas(self, names: set[str]) -> dict[str, ObjectSchema]:
        found = {name: self._schema(name) for name in sorted(names)}
        return {name: schema for name, schema in found.items() if schema}

    def _schema(self, name: str) -> ObjectSchema | None:
        if not self.down:
            try:
                return connections.describe(
                    connection=self.connection, object=name, now=self.now
                )
            except OrgError as error:
                self._gap(error, name)
        return connections.known(connection=self.connection, object=name)

    def _gap(self, error: OrgError, what: str) -> None:
        """One object that is not there says nothing of the others."""
        self.down = self.down or error.kind not in {Kind.DATA, Kind.SCHEMA}
        text = _("%(what)s could not be asked for: %(why)s")
        self.gaps.append(text % {"what": what, "why": error.refusal.message})


def _definition(survey: Survey) -> Definition | None:
    """Return the published survey, or else its draft as far as it is sound."""
    if survey.live_version_id:
        return publishing.compiled(survey.live_version_id)
    try:
        return definitions.parse(publishing.draft_document(survey))
    except DefinitionError:
        return None


def _records(survey: Survey) -> set[str]:
    """Return the objects that triggers tie to this survey's invitations."""
    triggers = Trigger.objects.filter(deployment__survey=survey)
    named = set(COMMON_RECORDS)
    for tied, object_ in triggers.values_list("records", "object"):
        named |= {object_, *tied}
    return named


def _variables(survey: Survey) -> set[str]:
    """Return the variables that triggers fill, declared by the survey or not."""
    filled = Trigger.objects.filter(deployment__survey=survey).values_list("variables")
    return {key for (variables,) in filled for key in variables}
