"""The pure cores speak the reader's language, once somebody translates."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.utils import translation

from surveys import wording
from surveys.definition import DefinitionError, parse


def test_marked_texts_are_left_as_they_are():
    with translation.override("de"):
        assert wording.gettext_noop("Use a number.") == "Use a number."


def test_the_site_gives_the_pure_cores_its_own_language():
    with translation.override("de"):
        assert wording.gettext("Use a number.") == translation.gettext("Use a number.")


def test_a_problem_of_a_document_can_be_read_in_english():
    with translation.override("en"), pytest.raises(DefinitionError) as refused:
        parse([])
    assert refused.value.problems[0].message == (
        "A survey document is an object with key, title and pages."
    )


ALONE = """
import sys
from surveys import definition, wording
days = [wording.ngettext("day", "days", count) for count in (1, 2)]
print(wording.gettext("Answer"), *days, "django" in sys.modules)
"""


def test_without_a_site_every_text_is_english_and_no_framework_is_loaded():
    said = subprocess.run(
        [sys.executable, "-c", ALONE], check=True, capture_output=True, text=True
    )
    assert said.stdout.split() == ["Answer", "day", "days", "False"]
