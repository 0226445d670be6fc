"""A list of opt-outs from elsewhere: the good rows count, the bad come back."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from deployments.models import Suppression
from tests.factories.imports import workbook

PAGE = "/admin/deployments/suppression/import/"
LIST = (
    "Email,Reason,Note\nADA@example.com,opted_out,by phone\nno address,,\n"
    "ada@example.com,,\nbo@example.com,,\nx@example.com,nonsense,\n"
    "y@example.com,crm,\n\n"
)


def upload(client, raw):
    file = SimpleUploadedFile("list.csv", raw)
    return client.post(PAGE, {"file": file}).content.decode()


def test_a_list_is_imported_by_the_command(db, tmp_path, capsys):
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="utf-8-sig")

    call_command("import_suppressions", str(path))

    told = capsys.readouterr()
    assert json.loads(told.out) == {"added": 2, "known": 1, "bad": 3}
    assert "line 3: no address This is no e-mail address." in told.err
    assert Suppression.objects.get(email="ada@example.com").note == "by phone"
    path.write_bytes(b"name\nada")
    with pytest.raises(CommandError, match="no column “email”"):
        call_command("import_suppressions", str(path))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_suppressions", str(tmp_path / "none.csv"))


def test_a_list_is_imported_in_the_admin(admin_client):
    listed = admin_client.get("/admin/deployments/suppression/").content.decode()
    assert f'href="{PAGE}"' in listed

    page = upload(admin_client, LIST.encode())

    assert "Added: 2. On the list already: 1." in page
    assert "Line 3: no address – This is no e-mail address." in page
    assert "“nonsense” is none of: added, bounced" in page


@pytest.mark.parametrize(
    "raw",
    [
        "E-Mail;Note\nada@müller.example;Größe".encode("cp1252"),
        "email\tnote\nada@müller.example\tx".encode("utf-16"),
        workbook(List=[["email", "note"], ["ada@müller.example", "x"]]),
    ],
    ids=["windows", "utf-16", "xlsx"],
)
def test_a_list_may_be_written_as_people_write_lists(admin_client, raw):
    upload(admin_client, raw)

    assert Suppression.objects.get().email == "ada@xn--mller-kva.example"


def test_a_file_that_is_no_list_is_refused_beside_its_field(admin_client):
    assert "no column “email”" in upload(admin_client, b"name\nada\n")
    assert not Suppression.objects.exists()


def test_who_may_not_add_addresses_imports_none(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("a", is_staff=True))

    assert client.get(PAGE).status_code == 403
