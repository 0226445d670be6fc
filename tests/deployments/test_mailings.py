"""Of a list of people the good rows are invited, and the bad come back with reasons."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.invitations import send_waiting
from deployments.mailings import BadRow, SheetRefused, mail, read, write
from deployments.mailings.tables import LARGEST
from deployments.models import BlockedDomain, Cap, Deployment, Invitation, Mailing
from deployments.suppression import suppress
from tests.deployments.smtp import mail_server
from tests.factories.deployments import NOW, make_deployment
from tests.factories.imports import workbook

ADMIN = "/admin/deployments"


def sheet(text, *, encoding="utf-8"):
    return read(text.encode(encoding), variables=["agent"], event_key="k")


def upload(deployment, text, name="Spring"):
    return mail(
        deployment=deployment, name=name, file_name="x.csv", raw=text.encode(), now=NOW
    )


@pytest.fixture
def deployment(survey):
    return make_deployment(survey, channel=Deployment.Channel.MAILING)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_as_spreadsheets_write_them(delimiter, encoding):
    lines = ["E-Mail,Name,Language,agent,record.Case,Shoe size"]
    lines.append("Ada@Example.com,Zoë Müller,de_AT,E-17,500D000001AbCdE,43")
    text = "\r\n".join(lines).replace(",", delimiter)

    found = sheet(text, encoding=encoding)

    (row,) = found.good
    assert row.invitee.email == "ada@example.com"
    assert (row.invitee.name, row.invitee.language) == ("Zoë Müller", "de-AT")
    assert row.invitee.variables == {"agent": "E-17"}
    assert row.invitee.records == {"Case": "500D000001AbCdE"}
    assert found.ignored == ("Shoe size",)
    assert found.bad == ()


def test_a_workbook_is_read_like_a_csv():
    raw = workbook(
        People=[
            ["E-Mail", "Name", "segment"],
            ["Ada@Example.com", "Zoë Müller", "gold"],
            ["", "Nobody"],
        ]
    )

    found = read(raw, variables=[], event_key="k")

    (row,) = found.good
    assert (row.invitee.email, row.invitee.name) == ("ada@example.com", "Zoë Müller")
    assert row.invitee.segment == "gold"
    assert [bad.line for bad in found.bad] == [3]
    assert found.encoding == "xlsx"


def test_a_workbook_that_unpacks_to_too_much_is_refused():
    raw = workbook(People=[["email"], ["a" * 31_000_000]])
    assert len(raw) < 100_000

    with pytest.raises(SheetRefused, match="larger than 30 MB"):
        read(raw, variables=[], event_key="k")


def test_a_csv_of_ten_megabytes_is_refused_in_words_or_read():
    line = "a@example.com," + "x" * 240 + "\n"
    many = ("email,name\n" + line * (LARGEST // len(line) - 1)).encode()

    with pytest.raises(SheetRefused, match="5,000 rows at most"):
        read(many, variables=[], event_key="k")


def test_bad_rows_say_why():
    found = sheet(
        "email,name,language,time_zone\n"
        "ada@example.com,Ada,,\n"
        ",Nobody,,\n"
        "ADA@EXAMPLE.com,Twice,,\n"
        "no address,X,,\n"
        'x@example.com,X,"klingon!",\n'
        "y@example.com,X,,Mars\n"
        "z@example.com,X,,,more\n"
        f"w@example.com,{'n' * 256},,\n"
        "\n"
        "last@example.com,Last,,Europe/Berlin\n"
    )

    assert [(row.line, row.reason[:30]) for row in found.bad] == [
        (3, "There is no e-mail address."),
        (4, "The same address as in line 2."),
        (5, "This is no e-mail address that"),
        (6, "“klingon!” is no language code"),
        (7, "“Mars” is no time zone such as"),
        (8, "The row has more cells than th"),
        (9, "A cell has more than 255 chara"),
    ]
    assert [row.line for row in found.good] == [2, 11]


def test_domains_in_other_scripts_are_written_as_mail_servers_do():
    found = sheet("email\nada@müller.de\nADA@xn--mller-kva.de\nädä@example.com\n")

    assert [row.invitee.email for row in found.good] == ["ada@xn--mller-kva.de"]
    assert len(found.bad) == 2


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no column “email”"),
        (b"name\nAda\n", "The columns are: name."),
        (b"email,E-mail\nx,y\n", "Two columns mean the same"),
        (b"PK\x03\x04....", "not a workbook that can be opened"),
        (b"email\n\x00\x01\x02\x81\n", "no text"),
        (b"\xff\xfe\x00", "no text"),
        (b"email\n" + b"a" * 200_000, "cannot be read"),
        (b"email\n" + b"a@example.com\n" * 5001, "5,000 rows at most"),
        (b"x" * (LARGEST + 1), "larger than 10 MB"),
    ],
)
def test_files_that_cannot_be_read_say_what_to_do(raw, words):
    with pytest.raises(SheetRefused, match=words):
        read(raw, variables=[], event_key="k")


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_sheet_or_refused(raw):
    for each in (raw, b"email;name\n" + raw):
        try:
            found = read(each, variables=["agent"], event_key="k")
        except SheetRefused:
            continue
        assert all(row.reason for row in found.bad)


def test_what_comes_back_runs_nothing_in_a_spreadsheet():
    text = write(
        ["email", "=cmd"], [BadRow(line=2, reason="No.", cells=("=1+1", "@x"))]
    )

    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows == [["line", "reason", "email", "'=cmd"], ["2", "No.", "'=1+1", "'@x"]]


def test_the_good_ones_go_and_the_others_come_back(deployment):
    suppress(email="out@example.com", reason="opted_out", now=NOW)
    BlockedDomain.objects.create(domain="blocked.example", created_at=NOW)

    done = upload(
        deployment,
        "email\nada@example.com\nout@example.com\nx@blocked.example\n"
        "no-reply@example.com\nbad\nbo@example.com\n",
    )

    assert (done.invited, done.again) == (2, 0)
    assert [row["line"] for row in done.bad] == [3, 4, 5, 6]
    assert "Opted out" in done.bad[0]["reason"]
    assert set(Invitation.objects.values_list("email", "mail")) == {
        ("ada@example.com", "waiting"),
        ("bo@example.com", "waiting"),
    }


def test_a_second_upload_invites_only_who_is_new(deployment):
    upload(deployment, "email\nada@example.com\n")

    done = upload(
        deployment, "email\nADA@example.com\nbo@example.com\n", name="spring "
    )

    assert (done.invited, done.again, done.bad) == (1, 1, [])
    assert upload(deployment, "email\nada@example.com\n", name="Autumn").invited == 1


def test_limits_hold_within_one_file_too(deployment):
    Cap.objects.create(name="Account", most=2, span=30, object="Account")
    rows = "\n".join(f"p{n}@example.com,001000000000001AAA" for n in range(5))

    done = upload(deployment, f"email,record.Account\n{rows}\n")

    assert done.invited == 2
    assert len(done.bad) == 3
    assert "Account" in done.bad[0]["reason"]
    later = upload(
        deployment, "email,record.Account\nz@example.com,001000000000001\n", "B"
    )
    assert later.invited == 0


def test_quiet_days_hold(deployment):
    Deployment.objects.update(quiet_days=30)
    deployment.refresh_from_db()
    upload(deployment, "email\nada@example.com\n")

    done = upload(deployment, "email\nada@example.com\n", name="Autumn")

    assert done.bad[0]["reason"] == "Asked in the last 30 days."


def test_two_uploads_at_one_moment_invite_once(deployment, in_parallel):
    Cap.objects.create(name="All", most=1, span=30)
    rows = "\n".join(f"p{n}@example.com" for n in range(20))

    done = in_parallel(lambda: upload(deployment, f"email\n{rows}\n"))

    assert sum(one.invited for one in done) == 20
    assert Invitation.objects.count() == 20


def test_no_header_can_be_smuggled_in(deployment, settings):
    text = 'email,name\nada@example.com,"Ada\r\nBcc: evil@example.com"\n'
    text += '"bo@example.com\r\nBcc: evil@example.com",Bo\n'
    Deployment.objects.update(subject={"en": "For {{ name }}"})

    done = upload(deployment, text)
    with mail_server(settings) as server:
        send_waiting(now=NOW)

    assert done.invited == 1
    (sent,) = server.mails
    assert sent["Bcc"] is None
    assert sent["Subject"] == "For Ada Bcc: evil@example.com"


def test_a_file_is_uploaded_in_the_admin(admin_client, deployment):
    page = admin_client.get(f"{ADMIN}/mailing/add/")
    assert page.status_code == 200
    file = SimpleUploadedFile("list.csv", b"email\nada@example.com\n=bad\n")
    form = {"deployment": deployment.pk, "name": "Spring", "file": file}

    answer = admin_client.post(f"{ADMIN}/mailing/add/", form, follow=True)

    text = answer.content.decode()
    assert "People invited: 1. Rows not invited: 1." in text
    assert "Line 3: This is no e-mail address" in text
    assert "1 row, as a file" in text
    row = Mailing.objects.get()
    bad = admin_client.get(f"{ADMIN}/mailing/{row.pk}/bad.csv")
    assert bad["Content-Disposition"] == 'attachment; filename="spring-not-invited.csv"'
    assert "'=bad" in bad.content.decode()
    assert "Spring" in admin_client.get(f"{ADMIN}/mailing/").content.decode()


def test_a_file_that_cannot_be_read_is_said_beside_it(admin_client, deployment):
    file = SimpleUploadedFile("list.xlsx", b"PK\x03\x04")
    form = {"deployment": deployment.pk, "name": "Spring", "file": file}

    answer = admin_client.post(f"{ADMIN}/mailing/add/", form)

    assert "not a workbook that can be opened" in answer.content.decode()
    assert not Mailing.objects.exists()


def test_ten_megabytes_are_refused_without_a_crash(admin_client, deployment):
    file = SimpleUploadedFile("big.csv", b"email\n" + b"x@example.com\n" * 800_000)
    form = {"deployment": deployment.pk, "name": "Spring", "file": file}

    answer = admin_client.post(f"{ADMIN}/mailing/add/", form)

    assert "larger than 10 MB" in answer.content.decode()
