"""Owns what the editor can offer: objects, fields and facts, as far as they can be
known. An org that does not answer costs the lists, never the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import groupby, permutations

from django.utils.translation import gettext as _

from crm_mappings import connections, facts
from crm_mappings.admin.editor import sheet as sheets
from crm_mappings.admin.editor.fields import record_kinds
from crm_mappings.admin.editor.options import Group, Option, Options
from crm_mappings.facts import FactInfo
from crm_mappings.models import Connection
from crm_mappings.plan.results import readable
from crm_mappings.plan.schema import FieldSchema, ObjectSchema
from crm_mappings.plan.sources import SourceError, parse_source
from crm_mappings.plan.values import Facts, read
from crm_mappings.salesforce.errors import Kind, OrgError
from deployments.models import Trigger
from responses.models import Response
from surveys import definition as definitions
from surveys import drafting, publishing
from surveys.definition import Definition, DefinitionError
from surveys.models import Survey

# So many responses are read for examples, and so much of each is shown.
LATEST = 5
SHOWN = 60
# So many earlier steps are offered as “the one or else the other”.
MOST_PAIRED = 4
COMMON_RECORDS = ("Account", "Case", "Contact", "Lead", "Opportunity")


# What a field of a record gives to a later step; others give text.
GIVES: Mapping[str, str] = {
    **dict.fromkeys(("int", "long", "double", "currency", "percent"), "number"),
    **dict.fromkeys(("date", "datetime"), "date"),
    "time": "time",
    "boolean": "boolean",
    "multipicklist": "list",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A step whose record later ones can use."""

    key: str
    object: str


@dataclass(kw_only=True)
class Stock:
    """What can be chosen for one survey and one connection."""

    definition: Definition | None
    objects: tuple[connections.ObjectInfo, ...] = ()
    schemas: Mapping[str, ObjectSchema] = field(default_factory=dict)
    records: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    # What the latest responses have given: a fact's name -> the value, in words.
    samples: Mapping[str, str] = field(default_factory=dict)
    latest: Facts | None = None
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
                        # An event can be published, and never be found.
                        if info.queryable or info.createable
                    ),
                )
            ]
        )

    def schema(self, name: str) -> ObjectSchema | None:
        return self.schemas.get(name)

    def source_options(self, earlier: Sequence[Earlier]) -> Options:
        """Return every fact, and what the steps before leave behind."""
        groups = [
            Group(label=str(label), options=tuple(map(self._option, members)))
            for label, members in groupby(self.facts, key=lambda fact: fact.group)
        ]
        typed = (
            Option(value="constant", label=_("Always the same: a constant")),
            Option(value="template", label=_("A text with answers in it")),
        )
        return Options(
            [
                *groups,
                Group(label=_("Earlier steps"), options=tuple(_records_of(earlier))),
                *(self._results_of(one) for one in earlier if one.key),
                Group(label=_("Typed by you"), options=typed),
            ]
        )

    def _results_of(self, step: Earlier) -> Group:
        """Return how the step's record came, and its fields, by label."""
        named = {"step": step.key, "object": step.object}
        schema = self.schema(step.object)
        known = schema.fields.values() if schema else ()
        usable = sorted(filter(readable, known), key=lambda one: one.label.casefold())
        came = Option(
            value=result_token(step.key, "outcome"),
            label=_("Step “%(step)s”: whether it was found or created") % named,
            gives="text",
        )
        fields = (
            Option(
                value=result_token(step.key, one.name),
                label=_("Step “%(step)s”: %(field)s")
                % {"step": step.key, "field": one.title()},
                gives=_given(one),
            )
            for one in usable
            if one.type != "id"
        )
        label = _("Record of step “%(step)s” (%(object)s)") % named
        return Group(label=label, options=(came, *fields))

    def _option(self, fact: FactInfo) -> Option:
        token = sheets.source_token(fact.source)
        sample = self.samples.get(token) or say(fact.sample)
        more = " · " + _("e.g. %(sample)s") % {"sample": sample} if sample else ""
        about = fact.source.get("record")
        gives = _of_objects([about]) if about else str(fact.type)
        return Option(value=token, label=f"{fact.label}{more}", gives=gives)


def result_token(step: str, name: str) -> str:
    return sheets.source_token({"step": step, "facet": name})


def _records_of(earlier: Sequence[Earlier]) -> Iterator[Option]:
    known = [one for one in earlier if one.key]
    for one in known:
        text = _("Record of step “%(step)s”") % {"step": one.key}
        yield Option(
            value=f"step.{one.key}", label=text, gives=_of_objects([one.object])
        )
    for one, other in permutations(known[-MOST_PAIRED:], 2):
        text = _("Record of step “%(step)s”, or else of “%(other)s”")
        named = text % {"step": one.key, "other": other.key}
        either = _of_objects(sorted({one.object, other.object}))
        yield Option(value=f"step.{one.key}.{other.key}", label=named, gives=either)


def _given(field: FieldSchema) -> str:
    if field.type == "reference":
        return _of_objects(field.reference_to)
    return GIVES.get(field.type, "text")


def _of_objects(objects: Iterable[str]) -> str:
    return " ".join(record_kinds(filter(None, objects)))


def title(label: str, name: str) -> str:
    return name if label == name else f"{label} ({name})"


def say(sample: object) -> str:
    """Return a value as it stands in a list of choices: short, on one line."""
    if sample is None:
        return ""
    if isinstance(sample, list | tuple):
        text = ", ".join(map(str, sample))
    elif isinstance(sample, bool):
        text = _("yes") if sample else _("no")
    else:
        text = " ".join(str(sample).split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def load(
    *,
    survey: Survey,
    connection: Connection,
    objects: Iterable[str],
    now: datetime,
    may_read: bool = False,
) -> Stock:
    """Return what can be offered; what the org does not say is said in `gaps`.

    Only who `may_read` responses sees what people have answered.
    """
    asking = _Asking(connection=connection, now=now)
    definition = _definition(survey)
    if definition is None:
        asking.gaps.append(
            _("The survey cannot be read yet: finish its questions first.")
        )
    latest = _latest(survey) if may_read else []
    return Stock(
        latest=latest[0] if latest else None,
        samples=_samples(latest),
        definition=definition,
        objects=tuple(asking.objects()),
        schemas=asking.schemas({name for name in objects if name}),
        records=tuple(sorted(_records(survey))),
        variables=tuple(sorted(_variables(survey))),
        gaps=tuple(asking.gaps),
    )


def _latest(survey: Survey) -> list[Facts]:
    """Return what is known of the latest responses, newest first."""
    done = Response.objects.filter(survey=survey, status=Response.Status.COMPLETED)
    rows = done.select_related("version", "invitation", "deployment", "survey")
    return [facts.read(row) for row in rows.order_by("-completed_at")[:LATEST]]


def _samples(latest: Sequence[Facts]) -> dict[str, str]:
    """Return for each fact what was given last, where anything was."""
    found: dict[str, str] = {}
    for known in reversed(latest):
        named = facts.catalogue(
            known.definition, variables=known.variables, records=known.records
        )
        for fact in named:
            text = _read(fact, known)
            if text:
                found[sheets.source_token(fact.source)] = text
    return found


def _read(fact: facts.FactInfo, known: Facts) -> str:
    try:
        return say(read(parse_source(fact.source), known, {}))
    except SourceError:
        # A variable that came before its name was checked.
        return ""


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
        return definitions.parse(drafting.draft_document(survey))
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
