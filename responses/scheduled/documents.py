"""Owns the scheduled dump as a document: what REST, export and `apply` read and write.

Its secret is no part of it. Where it goes and as whom cannot be changed while the old
secret stays: it would be shown to a place that it was not meant for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from responses.dump import writing
from responses.scheduled import keeping
from responses.scheduled.models import ScheduledDump
from surveys import row_documents
from surveys.definition import Problem
from surveys.models import Survey
from surveys.row_documents import DocumentRefused, KeyTaken
from surveys.sharing import seen

COLUMNS = row_documents.columns(ScheduledDump, ())
# What the secret was given for.
GUARDED = ("place", "address", "bucket", "user", "host_key")


def dump_document(dump: ScheduledDump) -> dict[str, Any]:
    """The dump as a document; `save_document` of it changes nothing."""
    document = {"key": dump.key, **row_documents.write(dump, COLUMNS)}
    return {**document, "survey": dump.survey.key}


@transaction.atomic
def save_document(
    *,
    document: object,
    secret: str = "",
    made_by: int | None = None,
    only_new: bool = False,
) -> ScheduledDump:
    """Create or update the document's dump. Raises `DocumentRefused`, and `KeyTaken`
    when only a new one is wanted.

    A secret that is not given stays. `made_by` is whom it is made for: it sees what
    that person may see.
    """
    if not isinstance(document, Mapping):
        text = _("A scheduled dump is an object with key, name, survey and place.")
        raise DocumentRefused([Problem("", text)])
    values, problems = row_documents.read(document, COLUMNS, beside={"survey"})
    survey = _survey(document.get("survey"))
    if survey is None:
        problems.append(Problem("survey", _("There is no survey with this key.")))
    if problems or survey is None:
        raise DocumentRefused(problems)
    before = ScheduledDump.objects.filter(key=values["key"]).first()
    if only_new and before is not None:
        raise KeyTaken(before.key)
    dump = before or ScheduledDump(key=values["key"])
    forget = before is not None and not secret and moves(dump, values)
    for name, value in values.items():
        setattr(dump, name, value)
    dump.survey = survey
    problems += _problems(dump)
    if problems:
        raise DocumentRefused(problems)
    kept = "" if forget else secret or dump.secret
    try:
        with transaction.atomic():
            store(dump, secret=kept, made_by=made_by)
    except IntegrityError as error:  # somebody made it at the same moment
        raise KeyTaken(dump.key) from error
    return dump


def store(dump: ScheduledDump, *, secret: str, made_by: int | None) -> None:
    """Keep the dump as it is now, and plan it."""
    dump.secret = secret
    dump.made_by_id = made_by
    dump.made_by_person = made_by is not None
    dump.problem, dump.failing_since = "", None
    dump.save()
    keeping.plan(dump=dump, now=timezone.now())


def moves(dump: ScheduledDump, values: Mapping[str, Any]) -> bool:
    """Whether it would show its secret to another place than it was given for."""
    return any(
        name in values and values[name] != getattr(dump, name) for name in GUARDED
    )


def _problems(dump: ScheduledDump) -> Iterator[Problem]:
    try:
        dump.clean()
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            yield from (Problem(name, text) for text in messages)
    for name in writing.unknown_fields(dump.survey, dump.wanted_columns):
        text = _("The dump has no column “%(name)s”.") % {"name": name[:60]}
        yield Problem("columns", text)


def _survey(key: object) -> Survey | None:
    if not isinstance(key, str):
        return None
    return seen(Survey.objects.filter(key=key[:50].replace("\x00", ""))).first()
