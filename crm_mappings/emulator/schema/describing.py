"""Owns the describe answers: of all objects, and of one object with its fields."""

import hashlib
import json
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from crm_mappings.emulator.schema.catalogue import Catalogue
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import RecordType, SObject

SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
    "base64": "xsd:base64Binary",
}
NOT_GROUPED = {
    *("datetime", "double", "currency", "percent", "address", "multipicklist"),
    "base64",
}
MASTER = "012000000000000AAA"


def describe_field(field: Field) -> dict[str, Any]:
    """Every key of a real field description, in its (alphabetical) order."""
    return dict(sorted({**_fixed(field), **_derived(field)}.items()))


def _fixed(field: Field) -> dict[str, Any]:
    return {
        "aiPredictionField": False,
        "autoNumber": field.auto_number,
        "calculated": field.calculated,
        "calculatedFormula": None,
        "cascadeDelete": False,
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": field.compound,
        "controllerName": None,
        "createable": field.createable,
        "custom": field.custom,
        "dataTranslationEnabled": None,
        "defaultValue": field.default,
        "defaultValueFormula": None,
        "defaultedOnCreate": field.defaulted,
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": field.digits,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": field.external_id,
        "extraTypeInfo": field.extra,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": field.id_lookup,
        "inlineHelpText": None,
        "label": field.label,
        "length": field.length,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": field.name_field,
        "nillable": field.nillable,
        "permissionable": field.permissionable,
        "precision": field.precision,
        "referenceTargetField": None,
        "referenceTo": list(field.refers),
        "relationshipName": field.relationship,
        "relationshipOrder": None,
        "restrictedDelete": False,
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "type": field.type,
        "unique": field.unique,
        "updateable": field.updateable,
        "writeRequiresMasterRead": False,
    }


def _derived(field: Field) -> dict[str, Any]:
    short = not field.long
    countable = field.type not in {"boolean", "address", "multipicklist"} and short
    return {
        "aggregatable": countable,
        "byteLength": field.length * _bytes_per_character(field),
        "filterable": short and field.type != "base64",
        "groupable": short and field.type not in NOT_GROUPED and not field.auto_number,
        "namePointing": field.polymorphic,
        "picklistValues": [
            _choice(value, label, field.default)
            for value, label in zip(
                field.values, field.labels or field.values, strict=True
            )
        ],
        "polymorphicForeignKey": field.polymorphic,
        "queryByDistance": field.type == "address",
        "searchPrefilterable": _prefilters(field),
        "soapType": SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": short and field.type not in {"address", "multipicklist"},
    }


def _bytes_per_character(field: Field) -> int:
    return 1 if field.type in {"id", "reference"} else 3


def _prefilters(field: Field) -> bool:
    lookup = field.type == "reference" and field.relationship is not None
    return lookup and field.createable and field.nillable


def _choice(value: str, label: str, default: Any) -> dict[str, Any]:
    return {
        "active": True,
        "defaultValue": value == default,
        "label": label,
        "validFor": None,
        "value": value,
    }


def _rights(sobject: SObject) -> dict[str, Any]:
    """The keys that the list of objects and a single describe have in common."""
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": sobject.createable,
        "custom": sobject.name.endswith("__c"),
        "customSetting": False,
        "deepCloneable": False,
        "deletable": sobject.deletable,
        "deprecatedAndHidden": False,
        "feedEnabled": True,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": sobject.prefix,
        "label": sobject.label,
        "labelPlural": sobject.plural,
        "layoutable": True,
        "mergeable": sobject.mergeable,
        "mruEnabled": True,
        "name": sobject.name,
        "queryable": sobject.queryable,
        "replicateable": True,
        "retrieveable": sobject.queryable,
        "searchable": True,
        "triggerable": True,
        "undeletable": sobject.undeletable,
        "updateable": sobject.updateable,
    }


def describe_global(catalogue: Catalogue, version: str) -> dict[str, Any]:
    listed = [
        {**_rights(each), "urls": _urls(each, version)}
        for each in catalogue.all()
        if each.listed
    ]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed}


def describe(
    catalogue: Catalogue, sobject: SObject, version: str, origin: str
) -> dict[str, Any]:
    whole = {
        **_rights(sobject),
        "actionOverrides": [],
        "childRelationships": _children(catalogue, sobject),
        "compactLayoutable": True,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [describe_field(each) for each in sobject.fields],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [
            *(_record_type(each, sobject, version) for each in sobject.record_types),
            _master_record_type(sobject, version),
        ],
        "searchLayoutable": True,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": _scopes(sobject),
        "urls": {**_urls(sobject, version), **_pages(origin)},
    }
    return dict(sorted(whole.items()))


def _urls(sobject: SObject, version: str) -> dict[str, str]:
    base = f"/services/data/v{version}/sobjects/{sobject.name}"
    return {
        "compactLayouts": f"{base}/describe/compactLayouts",
        "rowTemplate": f"{base}/{{ID}}",
        "approvalLayouts": f"{base}/describe/approvalLayouts",
        "listviews": f"{base}/listviews",
        "describe": f"{base}/describe",
        "quickActions": f"{base}/quickActions",
        "layouts": f"{base}/describe/layouts",
        "sobject": base,
    }


def _pages(origin: str) -> dict[str, str]:
    return {
        "uiDetailTemplate": f"{origin}/{{ID}}",
        "uiEditTemplate": f"{origin}/{{ID}}/e",
    }


def _children(catalogue: Catalogue, sobject: SObject) -> list[dict[str, Any]]:
    return [
        {
            "cascadeDelete": not field.nillable,
            "childSObject": child.name,
            "deprecatedAndHidden": False,
            "field": field.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": field.child_relationship,
            "restrictedDelete": False,
        }
        for child, field in catalogue.children(sobject.name)
    ]


def _master_record_type(sobject: SObject, version: str) -> dict[str, Any]:
    base = f"/services/data/v{version}/sobjects/{sobject.name}"
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": MASTER,
        "urls": {"layout": f"{base}/describe/layouts/{MASTER}"},
    }


def _record_type(kind: RecordType, sobject: SObject, version: str) -> dict[str, Any]:
    base = f"/services/data/v{version}/sobjects/{sobject.name}"
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": False,
        "developerName": kind.developer_name,
        "master": False,
        "name": kind.label,
        "recordTypeId": kind.record_id,
        "urls": {"layout": f"{base}/describe/layouts/{kind.record_id}"},
    }


def _scopes(sobject: SObject) -> list[dict[str, str]]:
    plural = sobject.plural.lower()
    return [
        {"label": f"All {plural}", "name": "everything"},
        {"label": f"My {plural}", "name": "mine"},
    ]


def tag(document: object) -> str:
    """The ETag of a description: eight hexadecimal digits in quotes."""
    raw = json.dumps(document, sort_keys=True).encode()
    return f'"{hashlib.sha256(raw).hexdigest()[:8]}"'


def http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)
