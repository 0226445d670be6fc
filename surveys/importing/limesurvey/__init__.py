"""Owns LimeSurvey's files: a survey (.lss), a group (.lsg) or a question (.lsq)."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from surveys.importing.building import Builder
from surveys.importing.limesurvey.questions import Questions
from surveys.importing.limesurvey.tables import (
    ALWAYS,
    Row,
    Tables,
    Texts,
    code_of,
    found_in,
    in_order,
    rows_of,
)
from surveys.importing.report import ImportRefused
from surveys.texts import tidy
from surveys.wording import gettext as _

# Texts of a survey that have a place of their own here.
SAID = {
    "surveyls_title",
    "surveyls_endtext",
    "surveyls_welcometext",
    "surveyls_description",
}


def read(root: etree._Element, *, name: str) -> Builder:
    if root.tag != "document" or root.find("LimeSurveyDocType") is None:
        raise ImportRefused(_("This XML is not a file of LimeSurvey."))
    tables = Tables({section.tag: list(rows_of(section)) for section in root})
    if not tables.of("questions"):
        raise ImportRefused(_("There is no question in this file."))
    settings = next(iter(tables.of("surveys")), {})
    languages = [tidy(one.text or "") for one in root.iterfind("languages/language")]
    own = settings.get("language") or next(iter(languages), "") or "en"
    builder = Builder(format="limesurvey", dialect="limesurvey", language=code_of(own))
    builder.report.found = found_in(root, tables)
    tables.language = builder.language
    tables.read_attributes()
    _Survey(builder, tables, name).all()
    return builder


@dataclass(slots=True)
class _Survey:
    builder: Builder
    tables: Tables
    name: str

    def all(self) -> None:
        asking = Questions(self.builder, self.tables)
        self._survey()
        groups = sorted(self.tables.once("groups", "gid"), key=in_order("group_order"))
        questions = sorted(
            self.tables.once("questions", "qid"), key=in_order("question_order")
        )
        for group in groups or [{"gid": questions[0].get("gid", "")}]:
            self._group(group)
            for question in questions:
                if question.get("gid") == group.get("gid"):
                    asking.ask(question)
        known = {group.get("gid") for group in groups}
        for question in questions:
            if groups and question.get("gid") not in known:
                asking.leave(question, _("Its group is not in the file."))
        self._others()

    def _survey(self) -> None:
        texts: dict[str, Texts] = {}
        for row in self.tables.of("surveys_languagesettings"):
            for name in SAID:
                if row.get(name):
                    language = code_of(row.get("surveyls_language", ""))
                    texts.setdefault(name, {})[language] = row[name]
        groups = self.tables.once("groups", "gid")
        group = self.tables.group_texts(groups[0], "group_name") if groups else {}
        self.builder.title = (
            texts.get("surveyls_title") or group or {self.builder.language: self.name}
        )
        self.builder.thanks = texts.get("surveyls_endtext", {})
        self.builder.key = next(iter(self.builder.title.values()), self.name)
        welcome = texts.get("surveyls_welcometext") or texts.get("surveyls_description")
        if welcome:
            self.builder.page("welcome")
            self.builder.question("welcome", "statement", welcome)
            if "surveyls_welcometext" in texts and "surveyls_description" in texts:
                self.builder.report.leave(
                    _("description of the survey"),
                    _("The welcome text stands in its place."),
                )

    def _group(self, group: Row) -> None:
        gid = group.get("gid", "")
        titles = self.tables.group_texts(group, "group_name")
        about = self.tables.group_texts(group, "description")
        name = next(iter(titles.values()), f"group {gid}")
        relevance = group.get("grelevance", "").strip()
        rule = "" if relevance in ALWAYS else relevance
        self.builder.page(name, titles, rule)
        if any(text.strip() for text in about.values()):
            self.builder.question(f"about_{name}", "statement", about)
        if group.get("randomization_group"):
            self.builder.report.leave(
                _("page") + f" {name}", _("Its place by chance among other groups.")
            )

    def _others(self) -> None:
        """What has no place here, in one line for each sort."""
        report = self.builder.report
        for row in self.tables.once("quota", "id"):
            report.leave(_("quota") + f" {row.get('name', '')}", _("Set it up again."))
        for table in (
            "assessments",
            "quota_members",
            "defaultvalues",
            "survey_url_parameters",
        ):
            rows = self.tables.of(table)
            if rows:
                report.leave(table, _("%(n)s entries") % {"n": len(rows)})
        settings = {
            name
            for row in self.tables.of("surveys")
            + self.tables.of("surveys_languagesettings")
            for name, value in row.items()
            if name not in SAID and value not in {"", "I", "inherit"}
        }
        if settings:
            report.leave(_("settings of the survey"), ", ".join(sorted(settings)))
        themes = self.tables.of("themes") + self.tables.of("themes_inherited")
        if themes:
            report.leave(_("look of the survey"), _("Its theme stays in LimeSurvey."))
