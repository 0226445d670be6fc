"""Owns which tool a file is of: its content decides, and not its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surveys.importing import limesurvey, surveyjs, xlsform
from surveys.importing.building import Builder
from surveys.importing.hardened import parse_xml
from surveys.importing.report import ImportRefused, Report
from surveys.wording import gettext as _

MOST_BYTES = 10_000_000
ZIP = b"PK\x03\x04"
BLANKS = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    document: Mapping[str, Any]
    report: Report


def read(data: bytes, *, name: str) -> Imported:
    """Read a survey of another tool; `name` titles it if it does not itself.

    Raises `ImportRefused` for a file that is none, or that is not sound.
    """
    if len(data) > MOST_BYTES:
        raise ImportRefused(_("The file is larger than 10 MB."))
    start = data.lstrip(BLANKS)[:1]
    if data.startswith(ZIP):
        builder = xlsform.read(data, name=name)
    elif start == b"<":
        builder = limesurvey.read(parse_xml(data), name=name)
    elif start == b"{":
        builder = surveyjs.read(_json(data), name=name)
    else:
        raise ImportRefused(
            _(
                "This is neither a LimeSurvey file (.lss), nor a survey of SurveyJS "
                "(.json), nor an XLSForm (.xlsx)."
            )
        )
    return _finished(builder)


def _finished(builder: Builder) -> Imported:
    document = builder.finish()
    return Imported(document=document, report=builder.report)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ImportRefused(
            _("This is not JSON that can be read: %(why)s") % {"why": str(error)[:200]}
        ) from error
