"""Owns how mistakes in a document are told flatly: each with its place. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def flatten(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Yield {"path", "message"} for every error of a nested DRF detail."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            inner = "" if key == "non_field_errors" else str(key)
            yield from flatten(value, ".".join(part for part in (path, inner) if part))
    elif isinstance(detail, list):
        nested = any(isinstance(item, dict | list) for item in detail)
        for index, item in enumerate(detail):
            yield from flatten(item, f"{path}.{index}".strip(".") if nested else path)
    else:
        yield {"path": path, "message": str(detail)}
