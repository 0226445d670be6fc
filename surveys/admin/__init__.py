"""Survey designers' door: surveys with their outline, pages, questions, and themes."""

from surveys.admin.page import PageAdmin
from surveys.admin.question import QuestionAdmin
from surveys.admin.survey import SurveyAdmin
from surveys.admin.theme import ThemeAdmin

__all__ = ["PageAdmin", "QuestionAdmin", "SurveyAdmin", "ThemeAdmin"]
