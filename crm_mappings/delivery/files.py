"""Owns the files of respondents on their way to the org: read when they are sent."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from crm_mappings.plan.planner import FileContent
from crm_mappings.salesforce.errors import Kind, OrgError, Refusal
from responses import uploads
from surveys.wording import gettext as _


def with_files(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with the content of each file where only its id stood."""
    return {
        name: _content(value) if isinstance(value, FileContent) else value
        for name, value in record.items()
    }


def _content(file: FileContent) -> str:
    content = uploads.content(file.upload)
    if content is None:
        raise OrgError(
            Refusal(
                kind=Kind.DATA,
                code="FILE_GONE",
                message=_("The file of the answer is not kept any more."),
            )
        )
    return base64.b64encode(content).decode()
