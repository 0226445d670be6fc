"""Owns how much of a body the API reads, and what it does with JSON that is none."""

from __future__ import annotations

import json
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser


class TooLarge(APIException):
    status_code = 413
    default_code = "too-large"
    default_detail = _("The body is too large.")


class BoundedJSONParser(JSONParser):
    """JSON as RFC 8259 has it, no larger than the settings allow."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - DRF's signature
        parser_context: Any = None,
    ) -> Any:
        refuse_announced((parser_context or {}).get("request"))
        body = read(stream)
        try:
            # UTF-8 is the only encoding of JSON that travels.
            return json.loads(body.decode("utf-8-sig"), parse_constant=refuse)
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deeply.")) from error
        except ValueError as error:
            raise ParseError(_("This is no JSON: {}").format(error)) from error


def refuse_announced(request: Any) -> None:
    """Raise `TooLarge` before a byte is read, where the sender says how many come."""
    said = str(request.META.get("CONTENT_LENGTH") or "") if request else ""
    if said.isdecimal() and int(said) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise TooLarge


def read(stream: IO[Any]) -> bytes:
    """Return the body; raise `TooLarge` as soon as it is."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body: bytes = stream.read(most + 1)
    if len(body) > most:
        raise TooLarge
    return body


def refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number in JSON.")
