"""Owns how a file goes to a field: by the id of the upload, read only when it is
sent."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from crm_mappings.plan.convert.refusing import RefusedValueError, ValueProblem, as_text
from crm_mappings.plan.schema import FieldSchema
from surveys.wording import gettext as _


@dataclass(frozen=True, slots=True)
class FileContent:
    """Stands for the content of a file that a respondent has sent."""

    upload: str


def file_wire(value: object, field: FieldSchema) -> FileContent | None:
    text = as_text(value).strip()
    if not text:
        return None
    try:
        return FileContent(str(UUID(text)))
    except ValueError as error:
        problem = not_a_file(field)
        raise RefusedValueError(problem.code, problem.message) from error


def not_a_file(field: FieldSchema) -> ValueProblem:
    return ValueProblem(
        code="not_a_file",
        message=_("%(field)s takes the file of an answer, and nothing else.")
        % {"field": field.title()},
    )
