"""Scans of files as an installation would name one in `UPLOAD_SCAN`."""

from __future__ import annotations

from typing import Any

from responses.scanning import Held, Refused


def pass_over(file: Any) -> None:
    file.read()


def refuse(_file: Any) -> None:
    raise Refused


def hold(_file: Any) -> None:
    raise Held("Looks like a macro.")


def fail(_file: Any) -> None:
    raise ConnectionError("The scanner does not answer.")
