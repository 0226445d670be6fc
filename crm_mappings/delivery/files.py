"""Owns the files of respondents on their way to the org, read when they are sent, and
out of it again."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

from crm_mappings.models import WrittenRecord
from crm_mappings.plan.planner import FileContent
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import Kind, OrgError, Refusal
from responses import uploads
from surveys.wording import gettext as _

VERSION: Final = "ContentVersion"
DOCUMENT: Final = "ContentDocumentId"


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


def to_delete(org: OrgClient, records: Sequence[WrittenRecord]) -> list[str]:
    """Return the ids by which records are deleted: a file goes as a whole, because an
    org deletes no version of one."""
    versions = [one.record_id for one in records if one.object == VERSION]
    held = org.retrieve(VERSION, versions, ["Id", DOCUMENT]) if versions else {}
    documents = {key: row.get(DOCUMENT) for key, row in held.items()}
    return [documents.get(one.record_id) or one.record_id for one in records]
