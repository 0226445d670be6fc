"""A definition as one respondent goes through it: blocks of pages in their order by
chance, and, where the look says so, one question at a time.

Pure. What comes out is a definition as any other, so path, answers and checks need not
know of it; data and mappings speak in keys, which stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from random import Random

from surveys.conditions import All, Any_, Condition, Not
from surveys.definition import Definition, Exit, Kind, Page, Question
from surveys.definition.blocks import runs
from surveys.ordering import questions as in_order

# What begins the key of a page that is no page of the survey: no key does.
PART = "~"
Group = tuple[Question, ...]


def arranged(definition: Definition, *, seed: int, single: bool) -> Definition:
    """The same for the same seed."""
    pages = mixed(definition.pages, seed)
    return replace(definition, pages=_single(pages, seed) if single else pages)


def is_by_chance(definition: Definition, *, single: bool) -> bool:
    """Whether the seed makes a difference to the order of pages."""
    return bool(runs(definition.pages)) or (
        single and any(page.random for page in definition.pages)
    )


def mixed(pages: tuple[Page, ...], seed: int) -> tuple[Page, ...]:
    order = list(range(len(pages)))
    for run in runs(pages):
        blocks = list(run)
        # By chance, yet known from the seed: nothing is to be kept secret here.
        Random(f"{seed}:blocks:{pages[run[0][0]].key}").shuffle(blocks)  # noqa: S311
        start = run[0][0]
        for step, place in enumerate(place for block in blocks for place in block):
            order[start + step] = place
    return tuple(pages[place] for place in order)


def _single(pages: Sequence[Page], seed: int) -> tuple[Page, ...]:
    parts = [tuple(_parts(page, seed)) for page in pages]
    starts = {part[-1].key: part[0].key for part in parts}
    return tuple(
        replace(one, next=tuple(_from_the_start(way, starts) for way in one.next))
        for part in parts
        for one in part
    )


def _from_the_start(way: Exit, starts: Mapping[str, str]) -> Exit:
    return replace(way, go_to=starts[way.go_to]) if way.go_to else way


def _parts(page: Page, seed: int) -> Iterator[Page]:
    """A page for each question; statements stand with the question behind them."""
    asked = page.questions
    if page.random and not any(one.show_if for one in asked):
        asked = in_order(page, asked, seed)
    groups = list(_groups(asked))
    last = len(groups) - 1
    for number, group in enumerate(groups):
        yield replace(
            page,
            # The last keeps the page's key: whoever has turned it is through.
            key=page.key if number == last else _part_key(group),
            questions=group,
            next=page.next
            if number == last
            else tuple(_early(page.next, groups[number + 1 :])),
            random=False,
        )


def _part_key(group: Group) -> str:
    """The same however pages and questions are ordered; no longer than a key."""
    digest = sha256(group[-1].key.encode()).hexdigest()
    return f"{PART}{digest[:16]}"


def _groups(questions: Sequence[Question]) -> Iterator[Group]:
    group: list[Question] = []
    for question in questions:
        group.append(question)
        if question.kind is not Kind.STATEMENT:
            yield tuple(group)
            group = []
    if group:
        yield tuple(group)


def _early(ways: Sequence[Exit], rest: Sequence[Group]) -> Iterator[Exit]:
    """The page's rules where all that is left of it stays hidden, else none."""
    left = [question for group in rest for question in group]
    rules = [question.show_if for question in left if question.show_if is not None]
    if len(rules) < len(left):
        return
    hidden = Not(Any_(tuple(rules)))
    for way in ways:
        yield replace(way, condition=_both(hidden, way.condition))


def _both(one: Condition, other: Condition | None) -> Condition:
    return one if other is None else All((one, other))
