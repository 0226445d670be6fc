"""The forms of a draft: survey, page, question and choice."""

from surveys.admin.forms.choice import ChoiceForm, ChoiceFormSet
from surveys.admin.forms.page import PageForm
from surveys.admin.forms.question import QuestionForm, fitting_kinds
from surveys.admin.forms.survey import SurveyForm

__all__ = [
    "ChoiceForm",
    "ChoiceFormSet",
    "PageForm",
    "QuestionForm",
    "SurveyForm",
    "fitting_kinds",
]
