"""Owns the pictures of choices between documents and rows.

Outside, a document holds a picture as a data address; here, by the name that its content
has, so that no definition in memory holds bytes. A picture is one row, however many
choices and versions show it, and stays: versions never change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from surveys import pictures
from surveys.definition import DefinitionError, Problem
from surveys.models import StoredPicture
from surveys.pictures import Picture


def keep(picture: Picture) -> str:
    """Store the picture, unless it is here; its name."""
    StoredPicture.objects.get_or_create(
        name=picture.name, defaults={"data": picture.data}
    )
    return picture.name


def find(name: str) -> Picture | None:
    if not pictures.NAME.match(name):
        return None
    row = StoredPicture.objects.filter(name=name).first()
    return None if row is None else pictures.stored(name, bytes(row.data))


def take_in(document: Mapping[str, Any]) -> None:
    """Store the pictures of a document that was read without a problem.

    Raises `DefinitionError` for names that are of no picture here.
    """
    named = []
    for path, choice in _choices(document):
        image = choice.get("image")
        if image and pictures.NAME.match(image):
            named.append((path, image))
        elif image:
            keep(pictures.from_text(image))
    known = _known({image for _path, image in named})
    missing = [path for path, image in named if image not in known]
    if missing:
        message = _("There is no such picture here. Give it as data:image/png;base64,…")
        raise DefinitionError([Problem(f"{path}.image", message) for path in missing])


def give_out(document: dict[str, Any]) -> dict[str, Any]:
    """The document with its pictures in it, for other places; it is not changed."""
    names = {choice["image"] for _path, choice in _choices(document) if _has(choice)}
    if not names:
        return document
    rows = StoredPicture.objects.filter(name__in=names)
    said = {row.name: str(pictures.stored(row.name, bytes(row.data))) for row in rows}
    pages = [
        {**page, "questions": [_filled(one, said) for one in page["questions"]]}
        for page in document["pages"]
    ]
    return {**document, "pages": pages}


def _filled(question: dict[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    if not any(_has(choice) for choice in question.get("choices", ())):
        return question
    choices = [
        {**choice, "image": said.get(choice["image"], choice["image"])}
        if _has(choice)
        else choice
        for choice in question["choices"]
    ]
    return {**question, "choices": choices}


def _has(choice: Mapping[str, Any]) -> bool:
    return bool(choice.get("image"))


def _known(names: set[str]) -> set[str]:
    rows = StoredPicture.objects.filter(name__in=names)
    return set(rows.values_list("name", flat=True)) if names else set()


def _choices(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for page_number, page in enumerate(document["pages"]):
        for number, question in enumerate(page["questions"]):
            path = f"pages[{page_number}].questions[{number}]"
            for place, choice in enumerate(question.get("choices") or ()):
                yield f"{path}.choices[{place}]", choice
