"""Which names of a survey a rule can read, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from surveys import conditions
from surveys.definition.kinds import name_info
from surveys.definition.problems import Findings
from surveys.definition.shape import Definition, Page, Question, Variable
from surveys.wording import gettext as _
from surveys.wording import gettext_noop

# What rules and texts read besides questions: {{variable.agent}}, {{record.Case}}.
RESERVED = frozenset({"variable", "record", "response", "field"})

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


RESERVED_HINT = gettext_noop(
    "“%(key)s” is the name of something else that rules and texts read. Use another."
)


def check_names(findings: Findings, pages: Sequence[Page]) -> None:
    """A question of such a key could not be told from what the name means."""
    for place, page in enumerate(pages):
        for number, question in enumerate(page.questions):
            if question.key in RESERVED:
                findings.add(
                    f"pages[{place}].questions[{number}].key",
                    _(RESERVED_HINT) % {"key": question.key},
                )
