"""Owns how strictly the body of a call is read: known names alone, and the types that
JSON has. A misspelled name or a number for a text is never passed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

TYPES = {
    serializers.CharField: (str, _("This is a text.")),
    serializers.BooleanField: (bool, _("This is true or false.")),
    serializers.IntegerField: (int, _("This is a whole number.")),
}


def with_key(key: str, document: object) -> dict[str, Any]:
    """Return the document under the key of its address; it may not say another."""
    if not isinstance(document, Mapping):
        raise serializers.ValidationError([_("Send the document as a JSON object.")])
    if document.get("key", key) != key:
        problem = {"key": [_("It is not the key in the address.")]}
        raise serializers.ValidationError(problem)
    return {"key": key, **document}


class Body(serializers.Serializer[Any]):
    """The body of a call, as a JSON object."""

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
            wrong = self._of_wrong_type(data)
            if unknown or wrong:
                raise serializers.ValidationError({**wrong, **unknown})
        return super().to_internal_value(data)

    def _of_wrong_type(self, data: Mapping[Any, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, field in self.fields.items():
            value = data.get(name)
            takes = getattr(field, "takes_numbers", False)
            if value is None or (takes and type(value) is int):
                continue
            for kind, (wanted, text) in TYPES.items():
                if isinstance(field, kind) and type(value) is not wanted:
                    found[name] = [text]
        return found
