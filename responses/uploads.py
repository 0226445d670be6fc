"""Owns the files that respondents send: checked by their content, kept outside the
web root under random names, and asked for by the response that they belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet

from responses import scanning
from responses.contents import HEAD, Content, recognised
from responses.forms import names
from responses.models import Response, Upload
from surveys.answers import AnswerProblem, Raw, values_of
from surveys.definition import Kind, Page, Question

MEGABYTE = 1024 * 1024
LONGEST_NAME = 255
# By the name of the input, as many as were sent.
Files = Mapping[str, "Sequence[File[bytes]]"]


def take_in(
    page: Page,
    response: Response,
    raw: Mapping[str, Raw],
    files: Files,
    now: datetime,
) -> tuple[dict[str, Raw], dict[str, AnswerProblem]]:
    """Keep the files of the page, and put their ids where an answer stands.

    A file is only ever an answer of the response that it was sent with.
    """
    answers, problems = dict(raw), {}
    for question in page.questions:
        if question.kind is not Kind.FILE:
            continue
        found = _taken(question, response, raw.get(question.key, ()), files, now)
        if isinstance(found, AnswerProblem):
            problems[question.key] = found
            answers.pop(question.key, None)
        else:
            answers[question.key] = found
    return answers, problems


def _taken(
    question: Question, response: Response, raw: Raw, files: Files, now: datetime
) -> list[str] | AnswerProblem:
    sent = files.get(names.field_name(question.key), ())
    if len(sent) > 1:
        return AnswerProblem("one_answer_only")
    if sent:
        upload = keep(question, response, sent[0], now)
        return upload if isinstance(upload, AnswerProblem) else [str(upload.key)]
    values = values_of(raw)
    # A browser sends the input of a file that nobody chose as a blank text.
    before = [value for value in values.get("", ()) if value]
    if not before or values.get(names.REMOVE):
        return []
    known = {str(key) for key in _of(response, question).values_list("key", flat=True)}
    return before if set(before) <= known else AnswerProblem("unknown_file")


def keep(
    question: Question, response: Response, file: File[bytes], now: datetime
) -> Upload | AnswerProblem:
    """Store the file, or say why it is not taken."""
    content = _checked(question, file)
    if isinstance(content, AnswerProblem):
        return content
    try:
        held = scanning.scan(file)
    except scanning.Refused:
        return AnswerProblem("wrong_file_type")
    file.seek(0)
    # Whoever sends one file after the other keeps two of them at most: the answer
    # as it is stored, and the one that may become it.
    for earlier in _of(response, question):
        if str(earlier.key) != response.answers.get(question.key):
            forget(earlier)
    return Upload.objects.create(
        response=response,
        question=question.key,
        name=_shown_name(file.name or "", content),
        media_type=content.media_type,
        size=file.size,
        file=File(file, name=f"file{content.ending}"),
        created_at=now,
        held=held,
    )


def _checked(question: Question, file: File[bytes]) -> Content | AnswerProblem:
    if not file.size:
        return AnswerProblem("empty_file")
    if file.size > question.max_size * MEGABYTE:
        return AnswerProblem("file_too_large", {"max_size": question.max_size})
    file.seek(0)
    content = recognised(file.read(HEAD), question.types)
    if content is None:
        return AnswerProblem("wrong_file_type")
    return content


def _shown_name(name: str, content: Content) -> str:
    """As it was called, without what no name should hold, ending as what it is."""
    last = name.replace("\\", "/").rpartition("/")[2]
    stem = PurePosixPath(last).stem or "file"
    plain = "".join(sign for sign in stem if sign.isprintable() and sign not in NAMED)
    return f"{plain.strip()[: LONGEST_NAME - 10] or 'file'}{content.ending}"


# Besides what a path is made of, what turns the reading direction.
NAMED = frozenset('/\\:*?"<>|\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069')


def described(response: Response, link: Callable[[Upload], str]) -> dict[str, object]:
    """The answers with each file's name and link instead of its id alone."""
    answers: dict[str, object] = dict(response.answers)
    for upload in response.uploads.all():
        if answers.get(upload.question) == str(upload.key):
            answers[upload.question] = {
                "id": str(upload.key),
                "name": upload.name,
                "url": link(upload),
            }
    return answers


def content(key: str) -> bytes | None:
    """Return what is in a file by the key of its upload; None when it is gone, or in
    quarantine."""
    upload = Upload.objects.filter(key=key).first()
    if upload is None or upload.held:
        return None
    try:
        with upload.file.open("rb") as file:
            read: bytes = file.read()
    except OSError:
        return None
    return read


def _of(response: Response, question: Question) -> QuerySet[Upload]:
    return Upload.objects.filter(response=response, question=question.key)


def forget_unused(response: Response) -> None:
    """Remove what was replaced or taken away before the response was completed."""
    kept = {value for value in response.answers.values() if isinstance(value, str)}
    for upload in response.uploads.all():
        if str(upload.key) not in kept:
            forget(upload)


def forget_all(response: Response) -> None:
    for upload in response.uploads.all():
        forget(upload)


def forget(upload: Upload) -> None:
    """Remove the row, and the file once that is sure."""
    storage, name = upload.file.storage, str(upload.file.name)
    upload.delete()
    transaction.on_commit(lambda: storage.delete(name), robust=True)
