"""Rules chosen from lists: the form field that every room's admin uses.

    class MappingForm(forms.ModelForm):
        condition = ConditionField(label=_("Only if"), required=False)

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            groups = survey_groups(definition.questions(), definition.variables, "en")
            choose_from(self, "condition", [*groups, NameGroup(...)])

The form's media (`surveys/rows.js`, `surveys/condition.js`, `surveys/forms.css`)
comes with the widget; without scripts three blank rows do.
"""

from surveys.admin.conditions.field import (
    ConditionField,
    ConditionWidget,
    choose_from,
)
from surveys.admin.conditions.names import (
    Groups,
    NameChoice,
    NameGroup,
    question_names,
    survey_groups,
)
from surveys.admin.conditions.words import OP_LABELS, in_words

__all__ = [
    "OP_LABELS",
    "ConditionField",
    "ConditionWidget",
    "Groups",
    "NameChoice",
    "NameGroup",
    "choose_from",
    "in_words",
    "question_names",
    "survey_groups",
]
