"""Files: checked by their content, stored under random names, downloaded by those
who may see the response."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from crm_mappings import facts
from responses import contents, erasure, submission, uploads
from responses.models import Response, Upload
from tests.factories.kinds import of_kind
from tests.factories.responses import link_to, pages
from tests.factories.surveys import survey_document, why

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 50
PDF = b"%PDF-1.7\n" + b"x" * 50


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def link(db) -> str:
    return link_to(
        survey_document(
            pages=pages([of_kind("file", "proof")], [why(key="word", required=True)])
        )
    )


def sent(content: bytes = PNG, name: str = "photo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/html")


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_stored_under_a_random_name(client, link, media):
    answer = client.post(link, {"page": "p1", "proof": sent()})

    assert answer.status_code == 303
    upload = Upload.objects.get()
    assert Response.objects.get().answers == {"proof": str(upload.key)}
    assert (upload.name, upload.media_type) == ("photo.png", "image/png")
    (stored,) = files(media)
    assert stored.read_bytes() == PNG
    assert "photo" not in str(stored.relative_to(media))
    assert str(upload.key).replace("-", "") not in str(stored)


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"<!doctype html><script>", "photo.png", "not taken"),
        (b"MZ\x90\x00", "photo.png", "not taken"),
        (b"<svg xmlns='x'/>", "photo.svg", "not taken"),
        (b"just text", "notes.txt", "not taken"),
        (b"", "photo.png", "empty"),
        (PNG + b"\x00" * 1024 * 1024, "photo.png", "up to 1 MB"),
    ],
)
def test_a_file_that_is_not_taken_is_said(client, media, read, content, name, words):
    document = of_kind("file", "proof", max_size=1)
    link = link_to(survey_document(pages=pages([document], [why()])))

    answer = client.post(link, {"page": "p1", "proof": sent(content, name)})

    assert answer.status_code == 422
    assert words in read(answer).one("//p[@id='q-proof-error']").text_content()
    assert Response.objects.get().answers == {}
    assert not files(media)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("C:\\temp\\a.exe", "a.png"),
        ("\u202egnp.exe", "gnp.png"),
        ("x" * 400 + ".png", "x" * 245 + ".png"),
        ("Grüße 🎉.html", "Grüße 🎉.png"),
        ('a"b.png', "ab.png"),
    ],
)
def test_a_name_is_shown_without_what_no_name_should_hold(client, link, name, shown):
    client.post(link, {"page": "p1", "proof": sent(PNG, name)})

    assert Upload.objects.get().name == shown


def test_a_file_stays_is_replaced_and_is_taken_away(client, link, media, read):
    client.post(link, {"page": "p1", "proof": sent()})
    first = Upload.objects.get()
    page = read(client.get(f"{link}?page=p1"))
    assert page.one("//main//form").get("enctype") == "multipart/form-data"

    client.post(link, {"page": "p1", "proof": page.form["proof"][0]})
    assert Response.objects.get().answers == {"proof": str(first.key)}

    client.post(link, {"page": "p1", "proof": sent(PDF, "b.pdf")})
    second = Upload.objects.get(name="b.pdf")
    assert Response.objects.get().answers == {"proof": str(second.key)}

    client.post(link, {"page": "p1", "proof": str(second.key), "proof.remove": "true"})
    assert Response.objects.get().answers == {}


def test_a_file_outlives_what_is_wrong_beside_it(client, media, read):
    """No browser sends a file again that was chosen for the page before."""
    word = why(key="word", required=True)
    proof, last = of_kind("file", "proof"), why(key="last", required=True)
    link = link_to(survey_document(pages=pages([proof, word], [last])))

    wrong = read(client.post(link, {"page": "p1", "proof": sent()}))
    assert wrong.response.status_code == 422
    assert "A file is here already" in wrong.text
    # What a browser sends: the hidden field, and the input that nobody touched.
    proofs = [*wrong.form["proof"], ""]
    client.post(link, {**wrong.form, "proof": proofs, "word": "Cracked"})

    kept = str(Upload.objects.get().key)
    assert Response.objects.get().answers == {"proof": kept, "word": "Cracked"}


def test_an_input_that_is_left_empty_changes_nothing(client, link):
    empty = client.post(link, {"page": "p1", "proof": ""})
    client.post(link, {"page": "p1", "proof": sent()})
    kept = str(Upload.objects.get().key)

    again = client.post(link, {"page": "p1", "proof": [kept, ""]})

    assert (empty.status_code, again.status_code) == (303, 303)
    assert Response.objects.get().answers == {"proof": kept}


def test_the_file_of_somebody_else_is_no_answer(client, link):
    client.post(link, {"page": "p1", "proof": sent()})
    stolen = str(Upload.objects.get().key)
    other = link_to(
        survey_document(key="another", pages=pages([of_kind("file", "proof")]))
    )

    answer = client.post(other, {"page": "p1", "proof": stolen})

    assert answer.status_code == 422
    assert Response.objects.get(survey__key="another").answers == {}


def test_what_is_not_used_goes_when_the_response_is_completed(
    client, link, media, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        client.post(link, {"page": "p1", "proof": sent()})
        client.post(link, {"page": "p1", "proof": sent(PDF, "b.pdf")})
        client.post(link, {"page": "p2", "word": "done"})

    assert Response.objects.get().status == Response.Status.COMPLETED
    assert Upload.objects.get().name == "b.pdf"
    assert len(files(media)) == 1


def test_erasing_takes_the_files_along(
    client, link, media, django_capture_on_commit_callbacks
):
    client.post(link, {"page": "p1", "proof": sent()})

    with django_capture_on_commit_callbacks(execute=True):
        erasure.erase(response=Response.objects.get(), now=timezone.now())

    assert not Upload.objects.exists()
    assert not files(media)


def test_only_who_may_see_responses_downloads_a_file(
    client, link, admin_client, django_user_model
):
    client.post(link, {"page": "p1", "proof": sent()})
    upload = Upload.objects.get()
    address = reverse("admin:responses_response_upload", args=[upload.key])
    clerk = django_user_model.objects.create_user("clerk", is_staff=True)

    answer = admin_client.get(address)

    assert b"".join(answer.streaming_content) == PNG
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert client.get(address).status_code == 302
    client.force_login(clerk)
    assert client.get(address).status_code == 403


def test_a_response_leads_to_its_file(client, link, admin_client):
    client.post(link, {"page": "p1", "proof": sent()})
    response = Response.objects.get()

    answer = admin_client.get(
        reverse("admin:responses_response_change", args=[response.pk])
    )

    assert str(Upload.objects.get().key) in answer.content.decode()
    assert "photo.png" in answer.content.decode()


def test_a_mapping_reads_the_name_and_the_link(client, link):
    client.post(link, {"page": "p1", "proof": sent()})

    read = facts.read(Response.objects.get()).answers["proof"]

    assert read["name"] == "photo.png"
    assert read["url"].endswith(f"/uploads/{read['id']}/")


def test_a_scan_keeps_a_file_out(client, link, media, settings):
    settings.UPLOAD_SCAN = "tests.factories.scans.refuse"

    answer = client.post(link, {"page": "p1", "proof": sent()})

    assert answer.status_code == 422
    assert not files(media)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("hold", "Looks like a macro."), ("fail", "The scan failed."), ("gone", "failed")],
)
def test_what_a_scan_holds_goes_into_quarantine(
    client, link, settings, admin_client, name, reason
):
    settings.UPLOAD_SCAN = f"tests.factories.scans.{name}"

    answer = client.post(link, {"page": "p1", "proof": sent()})

    assert answer.status_code == 303
    upload = Upload.objects.get()
    assert reason in upload.held
    assert uploads.content(str(upload.key)) is None
    place = reverse("admin:responses_response_upload", args=[upload.key])
    page = admin_client.get(place)
    assert upload.held in page.content.decode()
    assert PNG not in page.content

    admin_client.post(place)

    upload.refresh_from_db()
    assert upload.held == ""
    assert uploads.content(str(upload.key)) == PNG
    assert b"".join(admin_client.get(place)) == PNG


def test_only_administrators_release_a_file(client, link, settings):
    settings.UPLOAD_SCAN = "tests.factories.scans.hold"
    client.post(link, {"page": "p1", "proof": sent()})
    place = reverse("admin:responses_response_upload", args=[Upload.objects.get().key])
    analyst = User.objects.create_user("analyst", is_staff=True)
    analyst.groups.add(Group.objects.get(name="Analyst"))
    client.force_login(analyst)

    page = client.post(place)

    assert "An administrator can release it" in page.content.decode()
    assert Upload.objects.get().held


def test_a_clean_file_is_let_in(client, link, settings):
    settings.UPLOAD_SCAN = "tests.factories.scans.pass_over"

    client.post(link, {"page": "p1", "proof": sent()})

    assert Upload.objects.get().held == ""


def test_several_files_for_one_question_are_refused(client, link, media):
    answer = client.post(link, {"page": "p1", "proof": [sent(), sent(PDF, "b.pdf")]})

    assert answer.status_code == 422
    assert not files(media)


def test_too_large_a_body_is_not_even_read(client, link):
    answer = client.generic(
        "POST", link, b"x", content_type="multipart/form-data", CONTENT_LENGTH="1" * 12
    )

    assert answer.status_code == 413


def test_a_page_that_asks_for_no_file_keeps_none(client, media):
    link = link_to(survey_document())

    client.post(link, {"page": "p1", "csat": "5", "proof": sent(), "why": sent()})

    assert not Upload.objects.exists()
    assert not files(media)


@pytest.mark.parametrize(
    ("head", "groups", "ending"),
    [
        (b"\xff\xd8\xff\xe0", ["image"], ".jpg"),
        (b"GIF89a", ["image"], ".gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", ["image"], ".webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", ["audio"], ".wav"),
        (b"\x00\x00\x00\x18ftypheic", ["image"], ".heic"),
        (b"\x00\x00\x00\x18ftypmp42", ["video"], ".mp4"),
        (b"PK\x03\x04[Content_Types].xml word/document.xml", ["document"], ".docx"),
        (b"PK\x03\x04[Content_Types].xml xl/workbook.xml", ["spreadsheet"], ".xlsx"),
        (b"PK\x03\x04[Content_Types].xml word/vbaProject.bin", ["document"], None),
        (b"PK\x03\x04evil.exe", ["document", "spreadsheet"], None),
        (b"Name;Age\nAda;36\n", ["text"], ".txt"),
        ("Grüße".encode(), ["text"], ".txt"),
        ("Grüße".encode("utf-16"), ["text"], None),
        (b"<HTML>", ["text"], None),
        (b"%PDF-1.4", ["image"], None),
        (b"", ["text"], None),
    ],
)
def test_a_file_is_known_by_its_first_bytes(head, groups, ending):
    found = contents.recognised(head, groups)

    assert (found.ending if found else None) == ending


def test_a_text_is_known_when_its_head_ends_inside_a_sign():
    text = ("ü" * 5000).encode()[: contents.HEAD - 1] + "ü".encode()[:1]

    assert contents.recognised(text[: contents.HEAD], ["text"]) is not None


def test_submission_without_files_asks_nothing_more(client, link):
    client.post(link, {"page": "p1"})
    response = Response.objects.get()

    saved = submission.save_page(
        response=response, page_key="p1", raw={}, now=timezone.now()
    )

    assert not saved.problems
