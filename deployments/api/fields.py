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
MOST_RECORDS = 20


class ClosedSerializer(serializers.Serializer[Any]):
    """Refuses what it does not know: a misspelled name is never passed over."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = {
                str(name): [
                    _("“%(name)s” is not known here; there is %(known)s.")
                    % {"name": name, "known": ", ".join(self.fields)}
                ]
                for name in data
                if name not in self.fields
            }
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


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
        "additionalProperties": {"type": "string", "maxLength": LONGEST_VALUE},
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
    {"type": "object", "additionalProperties": True, "example": {"Status": "Closed"}}
)
class AnyObjectField(serializers.DictField):
    """An object of any JSON values."""
