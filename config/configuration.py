"""Acts on the whole set-up as documents: read it, and apply what files say.

A file holds one document after another, each named by its kind:
`survey: {…}`, `theme: {…}`, `connection: {…}`, `limit: {…}`, `deployment: {…}`,
`mapping: {…}`, `webhook: {…}`, `scheduled_dump: {…}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from crm_mappings import connection_documents
from crm_mappings import documents as mapping_documents
from crm_mappings.milestones import documents as milestone_documents
from crm_mappings.models import Connection, MilestoneRule
from crm_mappings.models import Mapping as CrmMapping
from crm_mappings.plan.rules import MappingError
from deployments import documents as deployment_documents
from deployments import limit_documents
from deployments.models import Cap, Deployment
from responses.scheduled import documents as dump_documents
from responses.scheduled.models import ScheduledDump
from responses.webhooks import documents as webhook_documents
from responses.webhooks.models import Webhook
from surveys import keeping, theming
from surveys.definition import DefinitionError
from surveys.models import Survey, Theme
from surveys.row_documents import DocumentRefused

REFUSALS = (DefinitionError, DocumentRefused, MappingError)


EVERY = Q()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of document: its rows, and how they are read and written."""

    model: Any
    write: Callable[[Any], dict[str, Any]]
    save: Callable[..., Any]
    # Which rows have a document of their own.
    only: Q = EVERY


# In the order in which they are applied: each may name those before it.
KINDS: Mapping[str, Kind] = {
    "connection": Kind(
        model=Connection,
        write=connection_documents.connection_document,
        save=connection_documents.save_document,
    ),
    "theme": Kind(
        model=Theme, write=theming.theme_document, save=theming.save_document
    ),
    "survey": Kind(
        model=Survey, write=keeping.survey_document, save=keeping.save_document
    ),
    "limit": Kind(
        model=Cap,
        write=limit_documents.limit_document,
        save=limit_documents.save_document,
        only=Q(deployment=None),
    ),
    "deployment": Kind(
        model=Deployment,
        write=deployment_documents.deployment_document,
        save=deployment_documents.save_document,
    ),
    "milestones": Kind(
        model=Deployment,
        write=milestone_documents.milestones_document,
        save=milestone_documents.save_document,
        only=Q(pk__in=MilestoneRule.objects.values("deployment")),
    ),
    "mapping": Kind(
        model=CrmMapping,
        write=mapping_documents.mapping_document,
        # Whoever has a shell here is an administrator.
        save=partial(mapping_documents.save_document, may_trust=True),
    ),
    "webhook": Kind(
        model=Webhook,
        write=webhook_documents.webhook_document,
        save=webhook_documents.save_document,
    ),
    "scheduled_dump": Kind(
        model=ScheduledDump,
        write=dump_documents.dump_document,
        save=dump_documents.save_document,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One document of a file."""

    kind: str
    document: Mapping[str, Any]
    # The file, and which of its documents.
    place: str

    @property
    def key(self) -> str:
        return str(self.document.get("key", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    entry: Entry
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]

    @property
    def outcome(self) -> str:
        if self.before is None:
            return "new"
        return "unchanged" if self.before == self.after else "changed"


class ConfigurationRefused(ValueError):
    """Nothing was applied; `problems` say what is wrong, in every file."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


def entries(documents: Iterable[object], *, file: str) -> Iterator[Entry]:
    """The documents of a file. Raises `ConfigurationRefused`."""
    for number, document in enumerate(documents, 1):
        place = f"{file}, document {number}"
        if document is None:
            continue
        if not isinstance(document, Mapping) or len(document) != 1:
            raise ConfigurationRefused([f"{place}: {_named_kinds()}"])
        kind, inner = next(iter(document.items()))
        if kind not in KINDS or not isinstance(inner, Mapping):
            raise ConfigurationRefused([f"{place}: {_named_kinds()}"])
        yield Entry(kind=kind, document=inner, place=place)


def _named_kinds() -> str:
    return _("A document is named by its kind: %(kinds)s, with its content below.") % {
        "kinds": ", ".join(KINDS)
    }


def export(surveys: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Every document, or those of the surveys and what hangs on them.

    Raises `ConfigurationRefused` for a survey that is not there.
    """
    known = set(Survey.objects.values_list("key", flat=True))
    missing = [key for key in surveys if key not in known]
    if missing:
        raise ConfigurationRefused(
            [_("There is no survey “%(key)s”.") % {"key": key} for key in missing]
        )
    for name, kind in KINDS.items():
        for row in _rows(name, kind, surveys):
            yield {name: kind.write(row)}


def _rows(name: str, kind: Kind, surveys: Sequence[str]) -> QuerySet[Any]:
    rows: QuerySet[Any] = kind.model.objects.filter(kind.only).order_by("key")
    if not surveys:
        return rows
    if name == "survey":
        return rows.filter(key__in=surveys)
    if name == "theme":
        return rows.filter(surveys__key__in=surveys).distinct()
    if name == "connection":
        mapped = Q(mappings__survey__key__in=surveys)
        told = Q(milestone_rules__deployment__survey__key__in=surveys)
        return rows.filter(mapped | told).distinct()
    return rows.filter(survey__key__in=surveys)


def apply(*, found: Sequence[Entry], dry_run: bool = False) -> list[Applied]:
    """Make the set-up say what the documents say, all of them or nothing.

    What no document names stays as it is. Raises `ConfigurationRefused`.
    """
    problems = list(_twice(found))
    applied: list[Applied] = []
    with transaction.atomic():
        for name, kind in KINDS.items():
            for entry in found:
                if entry.kind == name:
                    _apply_one(kind, entry, applied, problems)
        if problems:
            raise ConfigurationRefused(problems)
        if dry_run:
            transaction.set_rollback(True)
    return applied


def _apply_one(
    kind: Kind, entry: Entry, applied: list[Applied], problems: list[str]
) -> None:
    before = _read(kind, entry.key)
    try:
        # A savepoint of its own: the next one can still be tried.
        with transaction.atomic():
            row = kind.save(document=entry.document)
    except REFUSALS as error:
        name = f"{entry.place} ({entry.kind} {entry.key[:60]})"
        problems += [
            f"{name}: {one.path}: {one.message}"
            if one.path
            else f"{name}: {one.message}"
            for one in error.problems
        ]
    else:
        row = kind.model.objects.get(pk=row.pk)
        applied.append(Applied(entry=entry, before=before, after=kind.write(row)))


def _read(kind: Kind, key: str) -> dict[str, Any] | None:
    row = kind.model.objects.filter(kind.only, key=key).first()
    return None if row is None else kind.write(row)


def _twice(found: Sequence[Entry]) -> Iterator[str]:
    seen: dict[tuple[str, str], str] = {}
    for entry in found:
        first = seen.setdefault((entry.kind, entry.key), entry.place)
        if first != entry.place:
            yield _("%(place)s: %(kind)s “%(key)s” stands in %(first)s already.") % {
                "place": entry.place,
                "kind": entry.kind,
                "key": entry.key[:60],
                "first": first,
            }
