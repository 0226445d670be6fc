"""What each refusal of the reference means, read from the body as Salesforce sends it."""

from __future__ import annotations

import json

import pytest

from crm_mappings.delivery import outcomes
from crm_mappings.salesforce.errors import Kind, read_body, read_error

DUPLICATES = {
    "allowSave": True,
    "duplicateRule": "Standard_Contact_Duplicate_Rule",
    "matchResults": [{"matchRecords": [{"record": {"Id": "0038M0000016Wv8QAE"}}]}],
}
FLS = "Please check the security settings of this field."
DATE = "Cannot deserialize instance of datetime from VALUE_STRING value 2013-08-12T15"
TRIGGER = "Foo: execution of BeforeUpdate caused by: System.NullPointerException"
# HTTP status, code, words, fields, what it means.
REFUSALS = [
    (400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"], Kind.DATA),
    (400, "STRING_TOO_LONG", "Short Code: data value too large: ABC (max length=15)", ["Code__c"], Kind.DATA),
    (400, "INVALID_FIELD", "No such column 'x' on sobject of type Contact", None, Kind.SCHEMA),
    (400, "INVALID_FIELD", "Foreign key external ID: 0116 not found for field F in entity E", None, Kind.DATA),
    (400, "INVALID_FIELD_FOR_INSERT_UPDATE", f"Unable to create/update fields: X. {FLS}", ["X"], Kind.SCHEMA),
    (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Industry: bad value for restricted picklist field: Xyz", ["Industry"], Kind.DATA),
    (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "No surveys on Sundays", [], Kind.DATA),
    (400, "FIELD_FILTER_VALIDATION_EXCEPTION", "Value does not exist or does not match filter criteria.", ["X"], Kind.DATA),
    (400, "FIELD_INTEGRITY_EXCEPTION", "There's a problem with this state", ["MailingState"], Kind.DATA),
    (400, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: badone", ["Email"], Kind.DATA),
    (400, "NUMBER_OUTSIDE_VALID_RANGE", "Amount: value outside of valid range on numeric field: 1e+20", ["Amount"], Kind.DATA),
    (400, "JSON_PARSER_ERROR", DATE, None, Kind.DATA),
    (400, "JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body.", None, Kind.DATA),
    (400, "DUPLICATE_VALUE", "duplicate value found: Ext__c duplicates value on record with id: 00Q", [], Kind.DUPLICATE),
    (400, "DUPLICATES_DETECTED", "You're creating a duplicate record.", None, Kind.DUPLICATE),
    (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: 001", [], Kind.LOCK),
    (404, "ENTITY_IS_DELETED", "entity is deleted", [], Kind.DATA),
    (400, "ENTITY_IS_LOCKED", "the entity is locked for editing", [], Kind.DATA),
    (400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [], Kind.DATA),
    (400, "INVALID_CROSS_REFERENCE_KEY", "Record Type ID: this ID value isn't valid for the user: 012", ["RecordTypeId"], Kind.DATA),
    (400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", [], Kind.DATA),
    (400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights on cross-reference id: 001", [], Kind.DATA),
    (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", TRIGGER, [], Kind.DATA),
    (400, "CANNOT_EXECUTE_FLOW_TRIGGER", 'We can\'t save this record because the "X" process failed.', [], Kind.DATA),
    (400, "APEX_ERROR", "System.LimitException: Too many SOQL queries: 101", None, Kind.DATA),
    (500, "System.LimitException", "Too many SOQL queries: 101", None, Kind.DATA),
    (400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [], Kind.DATA),
    (400, "MALFORMED_ID", "malformed id abc", [], Kind.DATA),
    (400, "MALFORMED_ID", "Related To ID: id value of incorrect type: 006", ["WhatId"], Kind.DATA),
    (400, "INVALID_ID_FIELD", "Invalid id field", None, Kind.DATA),
    (400, "MISSING_ARGUMENT", "Id not specified in an update call", [], Kind.DATA),
    (404, "NOT_FOUND", "The requested resource does not exist", None, Kind.DATA),
    (400, "INVALID_TYPE", "sObject type 'Foo__c' is not supported.", None, Kind.SCHEMA),
    (405, "METHOD_NOT_ALLOWED", "HTTP Method 'POST' not allowed. Allowed are HEAD,GET", None, Kind.DATA),
    (403, "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", None, Kind.BUDGET),
    (401, "INVALID_SESSION_ID", "Session expired or invalid", None, Kind.SESSION),
    (401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API", None, Kind.SESSION),
    (401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE", None, Kind.CONNECTION),
    (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", None, Kind.BUDGET),
    (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", None, Kind.TRANSIENT),
    (400, "REQUEST_RUNNING_TOO_LONG", "Your request was running for too long, and has been stopped.", None, Kind.TRANSIENT),
    (403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner", None, Kind.CONNECTION),
    (403, "API_CURRENTLY_DISABLED", "API is currently disabled for this user", None, Kind.CONNECTION),
    (403, "FUNCTIONALITY_NOT_ENABLED", "This feature is not currently enabled for this user.", None, Kind.CONNECTION),
    (403, "INSUFFICIENT_ACCESS", "insufficient access rights", None, Kind.CONNECTION),
    (403, "TXN_SECURITY_METERING_ERROR", "The action violates a transaction security policy", None, Kind.CONNECTION),
    (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId: 123-456 (78)", None, Kind.TRANSIENT),
    (503, "SERVER_UNAVAILABLE", "We're experiencing temporary delays processing your request", None, Kind.TRANSIENT),
    (410, "UNSUPPORTED_API_VERSION", "Requested version is unsupported", None, Kind.CONNECTION),
    (410, "GONE", "Requested version is gone", None, Kind.CONNECTION),
]  # fmt: skip
PASSING = {Kind.TRANSIENT, Kind.LOCK, Kind.SESSION, Kind.BUDGET}


@pytest.mark.parametrize(("status", "code", "message", "fields", "kind"), REFUSALS)
def test_a_refusal_is_read_with_its_words_and_its_fields(
    status, code, message, fields, kind
):
    error = {"message": message, "errorCode": code}
    error |= {"duplicateResut": DUPLICATES} if code == "DUPLICATES_DETECTED" else {}
    error |= {} if fields is None else {"fields": fields}

    refusal = read_body(status, json.dumps([error]).encode())

    assert (refusal.kind, refusal.code) == (kind, code)
    assert refusal.message == message
    assert refusal.fields == tuple(fields or ())


@pytest.mark.parametrize(("status", "code", "message", "fields", "kind"), REFUSALS)
def test_a_refused_record_of_a_collection_touches_nothing_but_itself(
    status, code, message, fields, kind
):
    element = {"statusCode": code, "message": message, "fields": fields or []}

    refusal = outcomes.of_record(read_error(element))

    assert refusal.message == message
    assert refusal.kind not in {Kind.CONNECTION, Kind.SESSION}
    assert (refusal.kind in PASSING) == (kind in PASSING - {Kind.SESSION})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (300, Kind.DATA),
        (409, Kind.LOCK),
        (412, Kind.DATA),
        (414, Kind.DATA),
        (415, Kind.DATA),
        (420, Kind.TRANSIENT),
        (428, Kind.DATA),
        (431, Kind.DATA),
        (502, Kind.TRANSIENT),
        (503, Kind.TRANSIENT),
        (504, Kind.TRANSIENT),
    ],
)
def test_a_body_without_a_code_is_judged_by_its_status(status, kind):
    assert read_body(status, b"<html><h1>Down for maintenance</h1></html>").kind is kind
