"""Which names of a survey a rule can read, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable

from surveys import conditions
from surveys.definition.kinds import name_info
from surveys.definition.shape import Definition, Question, Variable

VARIABLE = conditions.NameInfo(type="any")


def names(definition: Definition) -> conditions.Names:
    """Every question and variable: for rules that are asked of a whole response."""
    return names_among(definition.questions(), definition.variables)


def names_among(
    questions: Iterable[Question], variables: Iterable[Variable]
) -> conditions.Names:
    infos = {("variable", variable.key): VARIABLE for variable in variables}
    for question in questions:
        info = name_info(question)
        if info is not None:
            infos[("question", question.key)] = info
    return conditions.names_of(infos)
