"""Packages for the Metadata API, and a deploy that is followed to its end."""

import io
import json
import zipfile
from typing import Any

import requests

from crm_mappings.emulator.org import Org
from tests.factories.org import api

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
XMLNS = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
OPTIONS = {"rollbackOnError": True, "singlePackage": True, "checkOnly": False}


def package_xml(**members: list[str]) -> str:
    types = "".join(
        f"<types>{''.join(f'<members>{one}</members>' for one in names)}"
        f"<name>{kind}</name></types>"
        for kind, names in members.items()
    )
    return f"{HEAD}<Package {XMLNS}>{types}<version>66.0</version></Package>"


def field_xml(name: str, kind: str = "Text", **parts: Any) -> str:
    usual: dict[str, dict[str, Any]] = {
        "Text": {"length": 40},
        "Number": {"precision": 18, "scale": 0},
        "LongTextArea": {"length": 32768, "visibleLines": 3},
        "Checkbox": {"defaultValue": "false"},
    }
    given = {"label": name.removesuffix("__c"), **usual.get(kind, {}), **parts}
    inner = "".join(
        f"<{key}>{value}</{key}>" for key, value in given.items() if value is not None
    )
    return f"<fields><fullName>{name}</fullName>{inner}<type>{kind}</type></fields>"


def values_xml(*values: str, restricted: bool = False) -> str:
    listed = "".join(
        f"<value><fullName>{one}</fullName><default>false</default>"
        f"<label>{one.title()}</label></value>"
        for one in values
    )
    flag = "true" if restricted else "false"
    return (
        f"<restricted>{flag}</restricted><valueSetDefinition><sorted>false</sorted>"
        f"{listed}</valueSetDefinition>"
    )


def object_xml(*fields: str, **parts: str) -> str:
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in parts.items())
    return f"{HEAD}<CustomObject {XMLNS}>{''.join(fields)}{inner}</CustomObject>"


NEW_OBJECT = {
    "deploymentStatus": "Deployed",
    "label": "Answer",
    "nameField": "<label>Name</label><type>Text</type>",
    "pluralLabel": "Answers",
    "sharingModel": "ReadWrite",
}


def permissions_xml(fields: dict[str, bool], objects: tuple[str, ...] = ()) -> str:
    inner = "".join(
        f"<fieldPermissions><editable>{str(edit).lower()}</editable><field>{name}"
        "</field><readable>true</readable></fieldPermissions>"
        for name, edit in fields.items()
    )
    inner += "<label>Tellback</label>"
    inner += "".join(
        "<objectPermissions><allowCreate>true</allowCreate><allowDelete>false"
        "</allowDelete><allowEdit>true</allowEdit><allowRead>true</allowRead>"
        f"<modifyAllRecords>false</modifyAllRecords><object>{name}</object>"
        "<viewAllRecords>false</viewAllRecords></objectPermissions>"
        for name in objects
    )
    return f"{HEAD}<PermissionSet {XMLNS}>{inner}</PermissionSet>"


def zipped(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return out.getvalue()


def send(
    http: requests.Session, org: Org, files: dict[str, str], **options: Any
) -> requests.Response:
    asked = json.dumps({"deployOptions": {**OPTIONS, **options}})
    return http.post(
        api(org, "metadata/deployRequest"),
        files={
            "json": (None, asked, "application/json"),
            "file": ("deploy.zip", zipped(files), "application/zip"),
        },
    )


def follow(http: requests.Session, org: Org, deploy_id: str) -> dict[str, Any]:
    address = api(org, f"metadata/deployRequest/{deploy_id}?includeDetails=true")
    for _turn in range(10):
        told = http.get(address).json()["deployResult"]
        if told["done"]:
            return dict(told)
    raise AssertionError(f"the deploy does not end: {told}")


def deploy(
    http: requests.Session, org: Org, files: dict[str, str], **options: Any
) -> dict[str, Any]:
    answer = send(http, org, files, **options)
    assert answer.status_code == 201, answer.text
    return follow(http, org, answer.json()["id"])


def problems(result: dict[str, Any]) -> dict[str, str]:
    failures = result["details"]["componentFailures"]
    return {one["fullName"]: one["problem"] for one in failures}
