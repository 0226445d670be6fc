"""Surveys of other tools: LimeSurvey, SurveyJS and XLSForm, each with a report."""

from surveys.importing.acts import import_survey
from surveys.importing.reading import MOST_BYTES, Imported, read
from surveys.importing.report import ImportRefused, Report

__all__ = [
    "MOST_BYTES",
    "ImportRefused",
    "Imported",
    "Report",
    "import_survey",
    "read",
]
