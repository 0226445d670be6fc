"""Owns the document of what records hear of a deployment's invitations: what export,
git and `apply` read and write. It has the deployment's key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm_mappings.milestones.noting import problems_of
from crm_mappings.models import Connection, MilestoneRule
from deployments.models import Deployment
from surveys import row_documents
from surveys.definition import Problem
from surveys.row_documents import DocumentRefused
from surveys.texts import tidy


def milestones_document(deployment: Deployment) -> dict[str, Any]:
    """The rules as a document; `save_document` of it changes nothing."""
    rules = MilestoneRule.objects.filter(deployment=deployment)
    columns = _columns()
    return {
        "key": deployment.key,
        "rules": [
            {"connection": rule.connection.key, **row_documents.write(rule, columns)}
            for rule in rules.select_related("connection").order_by("pk")
        ],
    }


@transaction.atomic
def save_document(*, document: object) -> Deployment:
    """Let the deployment have these rules and no others. Raises `DocumentRefused`."""
    given = document if isinstance(document, Mapping) else {}
    found = Deployment.objects.filter(key=tidy(str(given.get("key", "")))).first()
    problems = list(_unknown(given))
    if found is None:
        problems.append(
            Problem("key", _("There is no deployment with this key: write it there."))
        )
    rules = given.get("rules", [])
    if not isinstance(rules, list):
        problems.append(Problem("rules", _("This must be a list of objects.")))
        rules = []
    wanted = [_rule(one, f"rules[{n}]", problems) for n, one in enumerate(rules)]
    problems += _twice(wanted)
    if problems or found is None:
        raise DocumentRefused(problems)
    kept = [_save(found, values) for values in wanted]
    MilestoneRule.objects.filter(deployment=found).exclude(pk__in=kept).delete()
    return found


def _unknown(given: Mapping[str, Any]) -> Iterator[Problem]:
    for name in given:
        if name not in {"key", "rules"}:
            yield Problem(str(name)[:80], _("This is not known here."))


def _rule(given: object, path: str, problems: list[Problem]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        problems.append(Problem(path, _("This must be an object.")))
        return {}
    values, wrong = row_documents.read(
        given, _columns(), f"{path}.", beside={"connection"}
    )
    problems += wrong
    key = tidy(str(given.get("connection", "")))
    values["connection"] = Connection.objects.filter(key=key).first()
    if values["connection"] is None:
        message = _("There is no connection with the key “%(key)s”.")
        problems.append(Problem(f"{path}.connection", message % {"key": key[:80]}))
    fields = values.get("fields") or {}
    if not all(isinstance(one, str) for one in fields.values()):
        problems.append(Problem(f"{path}.fields", _("Each field is a text.")))
    else:
        problems += [Problem(f"{path}.fields", one) for one in problems_of(fields)]
    return values


def _twice(wanted: list[dict[str, Any]]) -> Iterator[Problem]:
    seen = set()
    for number, values in enumerate(wanted):
        place = (values.get("connection"), str(values.get("object", "")).lower())
        if place in seen:
            yield Problem(f"rules[{number}]", _("This object stands there already."))
        seen.add(place)


def _save(deployment: Deployment, values: Mapping[str, Any]) -> int:
    rule, _made = MilestoneRule.objects.update_or_create(
        deployment=deployment,
        connection=values["connection"],
        object=values["object"],
        defaults={"fields": values["fields"], "is_active": values["is_active"]},
    )
    return rule.pk


def _columns() -> list[row_documents.Column]:
    return row_documents.columns(MilestoneRule, ())
