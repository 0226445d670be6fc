"""Survey designers' door: surveys with their outline, pages and questions."""

from surveys.admin.page import PageAdmin
from surveys.admin.question import QuestionAdmin
from surveys.admin.survey import SurveyAdmin

__all__ = ["PageAdmin", "QuestionAdmin", "SurveyAdmin"]
