"""The published survey as plain data: pages, questions, choices and rules."""

from surveys.definition.document import to_document
from surveys.definition.kinds import OPTIONS, facet_types, name_info
from surveys.definition.names import names
from surveys.definition.parsing import parse
from surveys.definition.problems import DefinitionError, Problem
from surveys.definition.shape import (
    Choice,
    Definition,
    Kind,
    Page,
    Question,
    Variable,
)
from surveys.texts import Texts, say

__all__ = [
    "OPTIONS",
    "Choice",
    "Definition",
    "DefinitionError",
    "Kind",
    "Page",
    "Problem",
    "Question",
    "Texts",
    "Variable",
    "facet_types",
    "name_info",
    "names",
    "parse",
    "say",
    "to_document",
]
