"""Owns what one answer says of an object that was asked for beside others. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crm_mappings.salesforce.errors import Refusal, read_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What came of asking for one object: a description, nothing new, or nothing."""

    describe: dict[str, Any] | None = None
    modified: str = ""
    unchanged: bool = False
    refusal: Refusal | None = None


def described(row: Mapping[str, Any]) -> Described:
    status, body = row.get("httpStatusCode"), row.get("body")
    headers = row.get("httpHeaders")
    modified = headers.get("Last-Modified") if isinstance(headers, dict) else None
    if status == 304:
        return Described(unchanged=True)
    if status == 200 and isinstance(body, dict):
        return Described(describe=body, modified=str(modified or "")[:40])
    first = body[0] if isinstance(body, list) and body else body
    return Described(refusal=read_error(first, status=int(status or 0)))
