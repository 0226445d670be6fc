"""Owns the webhook document: what REST, export and `apply` read and write.

Its secret is no part of it: it is shown when it is made, and never read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from responses.webhooks.models import Webhook, check_events
from surveys import row_documents
from surveys.definition import Problem
from surveys.models import Survey
from surveys.row_documents import DocumentRefused
from surveys.sharing import seen, sees_all

COLUMNS = row_documents.columns(Webhook, {"status"})


def webhook_document(webhook: Webhook) -> dict[str, Any]:
    """The webhook as a document; `save_document` of it changes nothing."""
    document = {"key": webhook.key, **row_documents.write(webhook, COLUMNS)}
    if webhook.survey is not None:
        document["survey"] = webhook.survey.key
    return document


@transaction.atomic
def save_document(*, document: object, only_new: bool = False) -> Webhook:
    """Create or update the document's webhook. Raises `DocumentRefused`, and
    `KeyTaken` when only a new one is wanted."""
    if not isinstance(document, Mapping):
        text = _("A webhook document is an object with key, name, url and events.")
        raise DocumentRefused([Problem("", text)])
    values, problems = row_documents.read(document, COLUMNS, beside={"survey"})
    try:
        if "events" in values:
            check_events(values["events"])
    except ValidationError as error:
        problems += [Problem("events", text) for text in error.messages]
    survey = None
    if key := document.get("survey"):
        named = Survey.objects.filter(key=str(key)[:50].replace("\x00", ""))
        survey = seen(named).first()
        if survey is None:
            text = _("There is no survey with the key “%(key)s”.")
            problems.append(Problem("survey", text % {"key": str(key)[:50]}))
    elif not sees_all():
        text = _("Name a survey: to be told of all, one has to oversee them all.")
        problems.append(Problem("survey", text))
    if problems:
        raise DocumentRefused(problems)
    key = values.pop("key")
    values["survey"] = survey
    return row_documents.keep(Webhook.objects, values, key=key, only_new=only_new)
