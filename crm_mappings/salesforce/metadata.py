"""Owns how a package is sent to the Metadata API, and how its answers are read."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from crm_mappings.plan.ids import is_id
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.collections import UnreadableAnswer

RESOURCE = "metadata/deployRequest"
# Zips name a moment for each file; one for all, so that the same is the same.
STAMP = (2020, 1, 1, 0, 0, 0)
MOST_PROBLEMS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentProblem:
    """Why Salesforce refuses one component."""

    name: str
    kind: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a deploy is."""

    id: str
    status: str
    done: bool
    success: bool
    components: int = 0
    deployed: int = 0
    errors: int = 0
    message: str = ""
    problems: tuple[ComponentProblem, ...] = ()


def zipped(files: Mapping[str, str]) -> bytes:
    """Return files as a zip without a top folder, as the Metadata API takes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, STAMP), text)
    return out.getvalue()


def deploy(org: OrgClient, package: bytes, *, check_only: bool) -> Progress:
    """Begin to deploy a zip, or only to try it."""
    body, kind = request(package, check_only=check_only)
    return progress(org.raw("POST", RESOURCE, body, kind))


def follow(org: OrgClient, deploy_id: str) -> Progress:
    return progress(org.raw("GET", f"{_place(deploy_id)}?includeDetails=true"))


def cancel(org: OrgClient, deploy_id: str) -> None:
    asked = json.dumps({"deployResult": {"status": "Canceling"}})
    org.raw("PATCH", _place(deploy_id), asked.encode(), "application/json")


def _place(deploy_id: str) -> str:
    if not is_id(deploy_id):
        raise UnreadableAnswer
    return f"{RESOURCE}/{deploy_id}"


def request(package: bytes, *, check_only: bool) -> tuple[bytes, str]:
    """Return the body of a deploy, and its content type."""
    options = {
        "allowMissingFiles": False,
        "autoUpdatePackage": False,
        "checkOnly": check_only,
        "ignoreWarnings": False,
        "performRetrieve": False,
        "purgeOnDelete": False,
        "rollbackOnError": True,
        "runTests": None,
        "singlePackage": True,
        "testLevel": "NoTestRun",
    }
    asked = json.dumps({"deployOptions": options})
    told = RequestField("json", asked)
    told.make_multipart(content_type="application/json")
    file = RequestField("file", package, filename="deploy.zip")
    file.make_multipart(content_type="application/zip")
    return encode_multipart_formdata([told, file])


def progress(answer: object) -> Progress:
    """Read what the org says of a deploy, as JSON or its text."""
    told = _loaded(answer)
    result = told.get("deployResult")
    if not isinstance(result, dict) or not isinstance(told.get("id"), str):
        raise UnreadableAnswer
    details = result.get("details")
    failures = details.get("componentFailures") if isinstance(details, dict) else None
    return Progress(
        id=told["id"],
        status=str(result.get("status") or ""),
        done=result.get("done") is True,
        success=result.get("success") is True,
        components=_count(result, "numberComponentsTotal"),
        deployed=_count(result, "numberComponentsDeployed"),
        errors=_count(result, "numberComponentErrors"),
        message=str(result.get("errorMessage") or "")[:500],
        problems=tuple(_problem(one) for one in _listed(failures)[:MOST_PROBLEMS]),
    )


def _loaded(answer: object) -> dict[str, Any]:
    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except (ValueError, RecursionError):
            answer = None
    if not isinstance(answer, dict):
        raise UnreadableAnswer
    return answer


def _count(result: Mapping[str, Any], name: str) -> int:
    given = result.get(name)
    return given if isinstance(given, int) and given >= 0 else 0


def _listed(failures: object) -> list[dict[str, Any]]:
    """One failure alone may come without a list around it."""
    several = failures if isinstance(failures, list) else [failures]
    return [one for one in several if isinstance(one, dict)]


def _problem(one: Mapping[str, Any]) -> ComponentProblem:
    return ComponentProblem(
        name=str(one.get("fullName") or one.get("fileName") or "?")[:200],
        kind=str(one.get("componentType") or "")[:60],
        problem=str(one.get("problem") or "")[:500],
    )
