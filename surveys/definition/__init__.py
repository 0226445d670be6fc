"""The published survey as plain data: pages, questions, choices and rules."""

from surveys.definition.document import to_document
from surveys.definition.kinds import OPTIONS, STORED_OPTIONS, facet_types, name_info
from surveys.definition.names import names
from surveys.definition.parsing import parse
from surveys.definition.problems import DefinitionError, Problem
from surveys.definition.shape import (
    OTHER,
    Choice,
    ContactField,
    Definition,
    Exit,
    Kind,
    Page,
    Question,
    Quota,
    Row,
    Variable,
)
from surveys.texts import Texts, say

__all__ = [
    "OPTIONS",
    "OTHER",
    "STORED_OPTIONS",
    "Choice",
    "ContactField",
    "Definition",
    "DefinitionError",
    "Exit",
    "Kind",
    "Page",
    "Problem",
    "Question",
    "Quota",
    "Row",
    "Texts",
    "Variable",
    "facet_types",
    "name_info",
    "names",
    "parse",
    "say",
    "to_document",
]
