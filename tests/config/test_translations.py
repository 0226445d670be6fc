"""German is complete: every text is in the catalogue, translated, and shown."""

from __future__ import annotations

import ast
import gettext as gnu
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import pytest
from django.apps import apps
from django.conf import settings
from django.template.defaultfilters import date as say_date
from django.utils import translation
from django.utils.translation.template import templatize

from surveys.wording import whole
from tests.factories.access import bearer, make_api_key
from tests.factories.responses import link_to
from tests.factories.surveys import survey_document

CATALOGUE = settings.LOCALE_PATHS[0] / "de" / "LC_MESSAGES"
ROOMS = ("surveys", "deployments", "responses", "crm_mappings", "config")
# What is not for readers of German: `UNTRANSLATED` in the Makefile.
LEFT_OUT = ("crm_mappings/emulator/", "config/demo/")
MARKS = frozenset(
    {
        *("_", "gettext", "gettext_lazy", "gettext_noop", "_lazy"),
        *("ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"),
    }
)
PLACEHOLDER = re.compile(
    r"%(?:\(\w+\))?[sdr]|\{\{ ?(?!and |und )[\w%()]+ ?\}\}|\{\w+\}"
)
IN_TEMPLATE = re.compile(
    r"""\b(?:n?gettext|_)\(u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
)


@dataclass
class Entry:
    context: str = ""
    flags: str = ""
    id: str = ""
    plural: str = ""
    said: dict[int, str] = field(default_factory=dict)

    @property
    def forms(self) -> list[tuple[str, str]]:
        """Each German form beside the English one that it translates."""
        if not self.plural:
            return [(self.id, self.said.get(0, ""))]
        return [(self.id, self.said.get(0, "")), (self.plural, self.said.get(1, ""))]


def entries(text: str) -> Iterator[Entry]:
    """Read a catalogue as GNU gettext writes it; its head is left out."""
    for block in re.split(r"\n\s*\n", text):
        entry, target = Entry(), ""
        for line in block.splitlines():
            if line.startswith("#~"):
                raise AssertionError(f"left over: {line}")
            if line.startswith("#,"):
                entry.flags += line
            mark = re.match(
                r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)? ?(".*")', line
            )
            if mark:
                target = mark[1] or target
                said = ast.literal_eval(mark[2])
                if target.startswith("msgstr"):
                    form = int(target[7:8] or 0)
                    entry.said[form] = entry.said.get(form, "") + said
                else:
                    name = {
                        "msgctxt": "context",
                        "msgid": "id",
                        "msgid_plural": "plural",
                    }
                    setattr(entry, name[target], getattr(entry, name[target]) + said)
        if entry.id:
            yield entry


@pytest.fixture(scope="module")
def german() -> list[Entry]:
    found = list(entries((CATALOGUE / "django.po").read_text(encoding="utf-8")))
    assert len(found) > 1000
    return found


def marked_in(source: str) -> Iterator[str]:
    """The texts that a module marks for the catalogue."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in MARKS and node.args:
            given = node.args[1 if name.startswith("pgettext") else 0]
            if isinstance(given, ast.Constant) and isinstance(given.value, str):
                yield given.value


def sources(*, suffix: str) -> Iterator[tuple[str, str]]:
    for room in (*ROOMS, "templates"):
        for path in sorted((settings.ROOT / room).rglob(f"*{suffix}")):
            name = path.relative_to(settings.ROOT).as_posix()
            if not name.startswith(LEFT_OUT):
                yield name, path.read_text(encoding="utf-8")


def test_every_text_of_the_code_is_in_the_catalogue(german):
    known = {entry.id for entry in german}

    assert [
        (name, text)
        for name, source in sources(suffix=".py")
        for text in marked_in(source)
        if text not in known
    ] == []


def test_every_text_of_the_templates_is_in_the_catalogue(german):
    known = {entry.id for entry in german}
    found = [
        (name, ast.literal_eval(text))
        for suffix in (".html", ".txt")
        for name, source in sources(suffix=suffix)
        for text in IN_TEMPLATE.findall(templatize(source, origin=name))
    ]

    assert len(found) > 200
    assert [one for one in found if one[1] not in known] == []


def test_every_text_has_german_words(german):
    assert [
        entry.id
        for entry in german
        if not all(said.strip() for _text, said in entry.forms)
    ] == []
    assert [entry.id for entry in german if "fuzzy" in entry.flags] == []


def test_german_keeps_the_placeholders(german):
    for entry in german:
        for text, said in entry.forms:
            assert sorted(set(PLACEHOLDER.findall(said))) == sorted(
                set(PLACEHOLDER.findall(text))
            ), said


def test_german_keeps_the_spaces_at_the_ends(german):
    """A text with a space at its end is followed by another one."""
    for entry in german:
        for text, said in entry.forms:
            assert said[:1].isspace() == text[:1].isspace(), said
            assert said[-1:].isspace() == text[-1:].isspace(), said


def test_german_quotes_as_german_does(german):
    said = [said for entry in german for _text, said in entry.forms]

    assert [text for text in said if text.count("„") != text.count("“")] == []
    assert [text for text in said if "”" in text] == []


def test_compiled_catalogue_is_that_of_the_texts(german):
    with (CATALOGUE / "django.mo").open("rb") as file:
        compiled = gnu.GNUTranslations(file)

    count = 0
    for entry in german:
        for number, (text, said) in enumerate(entry.forms):
            if entry.plural:
                got = compiled.ngettext(entry.id, entry.plural, number + 1)
            elif entry.context:
                got = compiled.pgettext(entry.context, entry.id)
            else:
                got = compiled.gettext(text)
            assert got == said
            count += 1
    assert count >= len(german)


def test_no_text_of_ours_changes_the_names_of_months_and_days():
    with translation.override("de"):
        assert [say_date(date(2026, month, 1), "F") for month in (3, 5, 12)] == [
            "März",
            "Mai",
            "Dezember",
        ]
        assert (
            say_date(date(2026, 5, 3), "N D") == "Mai. So"
            or say_date(date(2026, 5, 3), "l") == "Sonntag"
        )


def test_thousands_are_set_apart_as_the_language_does():
    with translation.override("de"):
        assert whole(32000) == "32.000"
    with translation.override("en"):
        assert whole(32000) == "32,000"


@pytest.mark.django_db
def test_a_survey_says_in_german_what_is_wrong_with_an_answer(client):
    link = link_to(survey_document())

    answer = client.post(
        link, {"page": "p1", "csat": "x", "nps": "11", "go": "next", "language": "de"}
    )

    assert answer.headers["Content-Language"] == "de"
    assert "Es gibt ein Problem" in answer.text
    assert "Wählen Sie eine der Zahlen." in answer.text
    assert "Wählen Sie eine Zahl von 0 bis 10." in answer.text


@pytest.mark.django_db
def test_the_admin_speaks_german_to_who_reads_german(admin_client):
    index = admin_client.get("/admin/", headers={"Accept-Language": "de"}).text

    assert "Umfragen, Antworten und Salesforce" in index
    for name in (
        "Umfragen",
        "Ausspielungen",
        "Antworten",
        "Zuordnungen",
        "Verbindungen",
    ):
        assert f">{name}</a>" in index


@pytest.mark.django_db
def test_fields_without_a_name_of_their_own_are_named_in_german(admin_client):
    page = admin_client.get(
        "/admin/crm_mappings/mapping/add/", headers={"Accept-Language": "de"}
    ).text

    assert ">Umfrage:</label>" in page
    assert ">Verbindung:</label>" in page


def test_names_of_fields_leave_the_migrations_alone():
    field = apps.get_model("crm_mappings", "Mapping")._meta.get_field("survey")

    assert "verbose_name" not in field.deconstruct()[3]


@pytest.mark.django_db
def test_what_an_api_key_may_do_is_said_in_german(admin_client):
    page = admin_client.get(
        "/admin/tellback/apikey/add/", headers={"Accept-Language": "de"}
    ).text

    assert "responses:read: Antworten lesen" in page


@pytest.mark.django_db
def test_problems_of_a_document_are_said_in_german(client):
    answer = client.post(
        "/api/v1/surveys/",
        {"key": "x", "title": {}, "pages": []},
        content_type="application/json",
        headers={**bearer(make_api_key()), "Accept-Language": "de"},
    )

    assert answer.status_code == 400
    assert "Eine Umfrage braucht mindestens eine Seite." in answer.text
