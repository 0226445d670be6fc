"""Owns what the API takes as an address, a language, record references, texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from deployments.addresses import is_address
from deployments.rules import language

OBJECT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}\Z")
LONGEST_VALUE = 255
LONGEST_ID = 100
MOST_RECORDS = 20


class AddressField(serializers.CharField):
    default_error_messages = {
        "address": _("“{value}” is not an e-mail address that mail can be sent to.")
    }

    def to_internal_value(self, data: Any) -> str:
        value = super().to_internal_value(data)
        if not is_address(value):
            self.fail("address", value=value[:100])
        return value


class LanguageField(serializers.CharField):
    default_error_messages = {
        "language": _("“{value}” is not a language code such as de or de-AT.")
    }

    def to_internal_value(self, data: Any) -> str:
        value = super().to_internal_value(data)
        if value and not language(value):
            self.fail("language", value=value[:100])
        return language(value)


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {
            "type": ["string", "number", "boolean"],
            "maxLength": LONGEST_VALUE,
        },
    }
)
class TextsField(serializers.DictField):
    """Names with short texts; numbers and truth values are written as text."""

    child = serializers.CharField(max_length=LONGEST_VALUE, allow_blank=True)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if isinstance(data, Mapping):
            words = {True: "true", False: "false"}
            data = {
                name: words[value] if isinstance(value, bool) else value
                for name, value in data.items()
            }
        texts: dict[str, str] = super().to_internal_value(data)
        return {name: text for name, text in texts.items() if text}


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {
            "type": ["string", "number", "boolean"],
            "maxLength": LONGEST_VALUE,
        },
        "maxProperties": MOST_RECORDS,
        "example": {"Case": "500D000001AbCdEIAV"},
    }
)
class RecordsField(TextsField):
    """Which record of each object the invitation is about."""

    default_error_messages = {
        "object": _("“{name}” is not the name of an object such as Case or Visit__c."),
        "many": _("An invitation is about {most} records at most."),
    }

    def to_internal_value(self, data: Any) -> dict[str, str]:
        records = super().to_internal_value(data)
        if len(records) > MOST_RECORDS:
            self.fail("many", most=MOST_RECORDS)
        for name in records:
            if not OBJECT_NAME.match(name):
                self.fail("object", name=name[:100])
        return records


@extend_schema_field(
    {"type": ["string", "integer"], "minLength": 1, "maxLength": LONGEST_ID}
)
class IdField(serializers.CharField):
    """An id of another system, which may have numbers for ids."""

    takes_numbers = True

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST_ID, **options)


@extend_schema_field(
    {"type": "object", "additionalProperties": True, "example": {"Status": "Closed"}}
)
class AnyObjectField(serializers.DictField):
    """An object of any JSON values."""
