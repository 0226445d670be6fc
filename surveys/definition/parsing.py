"""From a survey document to a definition, or to everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from surveys import conditions
from surveys.definition.blocks import PLACES, apart, check_blocks
from surveys.definition.flow import (
    MOST_EXITS,
    MOST_QUOTAS,
    check_reach,
    check_ways,
    read_exit,
    read_quota,
)
from surveys.definition.kinds import (
    ENDS,
    LONGEST_TEXT,
    NPS_MAX,
    NPS_MIN,
    OPTIONS,
    RATING_MAX,
    RATING_MIN,
    TEXT_LENGTHS,
    WIDEST_RATING,
)
from surveys.definition.names import check_names, names_among
from surveys.definition.nodes import LONGEST_LABEL, Node, Once
from surveys.definition.options import (
    check_choices,
    optional,
    read_image,
    read_options,
)
from surveys.definition.piping import check_pipes, question_texts
from surveys.definition.problems import Findings
from surveys.definition.shape import (
    Choice,
    Definition,
    Exit,
    Kind,
    Page,
    Question,
    Quota,
    Variable,
)
from surveys.texts import Texts
from surveys.wording import gettext as _
from surveys.wording import gettext_noop

MOST_VARIABLES = 100
MOST_PAGES = 100
MOST_QUESTIONS = 300
MOST_CHOICES = 300
LONGEST_QUESTION = 5_000
LONGEST_CLOSING = 20_000
HIGHEST_RATING = 100
ON_PAGE = re.compile(r"pages\[([0-9]+)\]")

SURVEY_PARTS = (
    "key",
    "title",
    "default_language",
    "variables",
    "pages",
    "thanks",
    "screened_out",
    "quotas",
)
PAGE_PARTS = ("key", "title", "show_if", "questions", "next", "random", "place")
CHOICE_PARTS = ("key", "label", "score", "exclusive", "image")
QUESTION_PARTS = ("key", "kind", "text", "help", "required", "show_if")


def parse(document: object, *, frozen: bool = False) -> Definition:
    """Raise `DefinitionError` with all the problems of the document.

    What was published stays readable: `frozen` leaves out the checks of what a
    person may have meant, which grow with time.
    """
    findings = Findings()
    if not isinstance(document, Mapping):
        findings.add("", _("A survey document is an object with key, title and pages."))
        findings.raise_if_any()
    assert isinstance(document, Mapping)  # noqa: S101 - raised above; for the types
    definition = _survey(Node(document, "", findings), frozen)
    findings.raise_if_any()
    return definition


def _survey(node: Node, frozen: bool) -> Definition:
    node.only(SURVEY_PARTS)
    language = node.language("default_language", "en")
    key = node.survey_key()
    title = node.texts("title", longest=LONGEST_LABEL, needed_in=language)
    thanks = optional(node, "thanks", LONGEST_CLOSING, language)
    reading = _Reading(language=language)
    variables = tuple(reading.variables(node))
    pages = tuple(reading.pages(node))
    screened_out = optional(node, "screened_out", LONGEST_CLOSING, language)
    quotas = tuple(reading.quotas(node))
    definition = Definition(
        key=key,
        title=title,
        default_language=language,
        languages=(),
        variables=variables,
        pages=pages,
        thanks=thanks,
        screened_out=screened_out,
        quotas=quotas,
    )
    check_ways(node.findings, pages)
    if not frozen:
        check_names(node.findings, pages)
        check_blocks(node.findings, pages)
        reading.check_rules(node.findings, variables, pages)
        check_reach(node.findings, pages)
        check_pipes(node.findings, definition)
    return replace(definition, languages=_languages(definition))


@dataclass(slots=True)
class _Rule:
    path: str
    rule: conditions.Condition
    # How many questions are asked before the place of the rule.
    before: int

    @property
    def page(self) -> int | None:
        """Which page it stands on, if it is one of a page."""
        match = ON_PAGE.match(self.path)
        return int(match[1]) if match else None


@dataclass(slots=True)
class _Reading:
    """What must be remembered across pages: keys, and rules to check at the end."""

    language: str
    keys: Once = field(
        default_factory=lambda: Once(
            _("“{key}” is the key of another question or variable.")
        )
    )
    page_keys: Once = field(
        default_factory=lambda: Once(_("“{key}” is the key of another page."))
    )
    asked: list[Question] = field(default_factory=list)
    rules: list[_Rule] = field(default_factory=list)

    def variables(self, survey: Node) -> Iterator[Variable]:
        for node in survey.nodes("variables", most=MOST_VARIABLES):
            node.only(("key", "label", "open"))
            key = node.key()
            self.keys.see(node, key)
            label = node.line("label", LONGEST_LABEL) or key
            yield Variable(key=key, label=label, open=node.flag("open"))

    def pages(self, survey: Node) -> Iterator[Page]:
        needed = _("A survey needs at least one page.")
        for node in survey.nodes("pages", most=MOST_PAGES, needed=needed):
            yield self._page(node)
        if len(self.asked) > MOST_QUESTIONS:
            survey.add(
                "pages",
                _("A survey has at most %(most)s questions.")
                % {"most": MOST_QUESTIONS},
            )

    def _page(self, node: Node) -> Page:
        node.only(PAGE_PARTS)
        key = node.key()
        self.page_keys.see(node, key)
        title = optional(node, "title", LONGEST_LABEL, self.language)
        show_if = self._rule(node)
        needed = _("A page needs at least one question.")
        parts = node.nodes("questions", most=MOST_QUESTIONS, needed=needed)
        questions = tuple(self._question(part) for part in parts)
        return Page(
            key=key,
            title=title,
            questions=questions,
            show_if=show_if,
            next=tuple(self._exits(node)),
            random=node.flag("random"),
            place=node.word("place", PLACES),
        )

    def _exits(self, page: Node) -> Iterator[Exit]:
        for node in page.nodes("next", most=MOST_EXITS):
            node.only(("if", "go_to", "end", "screen_out", "text"))
            condition = self._rule(node, "if")
            yield read_exit(node, condition, self.language)

    def quotas(self, survey: Node) -> Iterator[Quota]:
        keys = Once(_("“{key}” is the key of another quota."))
        for node in survey.nodes("quotas", most=MOST_QUOTAS):
            node.only(("key", "limit", "if", "when_full", "text"))
            key = node.key()
            keys.see(node, key)
            condition = self._rule(node, "if")
            yield read_quota(node, key, condition, self.language)

    def _question(self, node: Node) -> Question:
        kind = _kind(node)
        node.only((*QUESTION_PARTS, *(_options(kind) if kind else node.document)))
        kind = kind or Kind.STATEMENT
        low, high = _scale(node, kind)
        key = node.key()
        self.keys.see(node, key)
        choices = tuple(self._choices(node, kind))
        check_choices(node, kind, choices)
        question = Question(
            key=key,
            kind=kind,
            text=node.texts("text", longest=LONGEST_QUESTION, needed_in=self.language),
            help=optional(node, "help", LONGEST_QUESTION, self.language),
            required=_required(node, kind),
            choices=choices,
            show_if=self._rule(node),
            min=low,
            max=high,
            min_label=optional(node, "min_label", LONGEST_LABEL, self.language),
            max_label=optional(node, "max_label", LONGEST_LABEL, self.language),
            max_length=_max_length(node, kind),
            **read_options(node, kind, self.language),
        )
        self.asked.append(question)
        return question

    def _choices(self, question: Node, kind: Kind) -> Iterator[Choice]:
        if "choices" not in OPTIONS[kind]:
            return
        needed = _("Give at least one choice.")
        keys = Once(_("“{key}” is the key of another choice."))
        takes_images = kind is Kind.SINGLE_CHOICE
        shows_images = takes_images and question.document.get("display") == "image"
        for node in question.nodes("choices", most=MOST_CHOICES, needed=needed):
            node.only(CHOICE_PARTS if takes_images else CHOICE_PARTS[:-1])
            key = node.key()
            keys.see(node, key)
            yield Choice(
                key=key,
                label=node.texts(
                    "label", longest=LONGEST_LABEL, needed_in=self.language
                ),
                score=node.decimal("score"),
                exclusive=node.flag("exclusive"),
                image=read_image(node, needed=shows_images) if takes_images else "",
            )

    def _rule(self, node: Node, name: str = "show_if") -> conditions.Condition | None:
        rule = node.rule(name)
        if rule is not None:
            self.rules.append(_Rule(node.at(name), rule, len(self.asked)))
        return rule

    def check_rules(
        self,
        findings: Findings,
        variables: Iterable[Variable],
        pages: Sequence[Page],
    ) -> None:
        """A rule may read variables and what is asked before it."""
        variables = tuple(variables)
        strangers = apart(pages)
        for one in self.rules:
            later = {question.key for question in self.asked[one.before :]}
            # The other blocks of a run may come later too.
            places = () if one.page is None else strangers.get(one.page, ())
            later |= {
                question.key for place in places for question in pages[place].questions
            }
            known = names_among(self.asked[: one.before], variables)
            for part in conditions.comparisons(one.rule):
                if part.source == "question" and part.name in later:
                    findings.add(one.path, _(LATER).format(name=part.name))
                else:
                    for message in conditions.check(part, known):
                        findings.add(one.path, message)


LATER = gettext_noop(
    "“{name}” is not asked before this: a rule reads earlier questions only."
)


def _kind(node: Node) -> Kind | None:
    try:
        return Kind(node.document.get("kind", ""))
    except ValueError:
        node.add(
            "kind",
            _("Use one of %(kinds)s.")
            % {"kinds": ", ".join(kind.value for kind in Kind)},
        )
        return None


def _options(kind: Kind) -> frozenset[str]:
    # The ends of NPS may be said, as long as they are the ones it has.
    return OPTIONS[kind] | ENDS if kind is Kind.NPS else OPTIONS[kind]


def _required(node: Node, kind: Kind) -> bool:
    required = node.flag("required")
    if required and kind is Kind.STATEMENT and "kind" in node.document:
        node.add("required", _("A statement has no answer that could be required."))
    return required


def _scale(node: Node, kind: Kind) -> tuple[int | None, int | None]:
    if kind is Kind.NPS:
        if node.document.get("min", NPS_MIN) != NPS_MIN:
            node.add("min", _("The scale of NPS is 0 to 10. Use a rating for another."))
        if node.document.get("max", NPS_MAX) != NPS_MAX:
            node.add("max", _("The scale of NPS is 0 to 10. Use a rating for another."))
        return NPS_MIN, NPS_MAX
    if kind is not Kind.RATING:
        return None, None
    low, high = (
        node.whole("min", 0, HIGHEST_RATING),
        node.whole("max", 1, HIGHEST_RATING),
    )
    low = RATING_MIN if low is None else low
    high = RATING_MAX if high is None else high
    if low >= high:
        node.add(
            "min",
            _("The lowest rating (%(low)s) must be below the highest (%(high)s).")
            % {"low": low, "high": high},
        )
    elif high - low > WIDEST_RATING:
        node.add(
            "max",
            _("A rating has at most %(most)s steps.") % {"most": WIDEST_RATING + 1},
        )
    return low, high


def _max_length(node: Node, kind: Kind) -> int | None:
    if kind not in TEXT_LENGTHS:
        return None
    length = node.whole("max_length", 1, LONGEST_TEXT)
    return TEXT_LENGTHS[kind] if length is None else length


def _languages(definition: Definition) -> tuple[str, ...]:
    spoken = {code for texts in every_text(definition) for code in texts}
    default = definition.default_language
    return (default, *sorted(spoken - {default}))


def every_text(definition: Definition) -> Iterator[Texts]:
    yield from (definition.title, definition.thanks, definition.screened_out)
    yield from (quota.text for quota in definition.quotas)
    for page in definition.pages:
        yield page.title
        yield from (way.text for way in page.next)
        for question in page.questions:
            yield from question_texts(question)
