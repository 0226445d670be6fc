"""Secrets at rest: rotated, never readable without a key, never searched."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.db import connection

from deployments.encryption import UnreadableSecret, decrypt, encrypt
from deployments.models import Invitation
from tests.factories.deployments import make_deployment, make_invitation

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))


def stored_token():
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM deployments_invitation")
        return cursor.fetchone()[0]


def test_what_was_encrypted_can_be_read_again():
    assert decrypt(encrypt("Grüße, “Welt”")) == "Grüße, “Welt”"


def test_the_same_secret_never_looks_the_same():
    assert encrypt("secret") != encrypt("secret")


def test_after_a_rotation_the_old_key_still_reads(settings):
    settings.FIELD_KEYS = [OLD]
    written = encrypt("secret")

    settings.FIELD_KEYS = [NEW, OLD]

    assert decrypt(written) == "secret"


def test_after_a_rotation_the_new_key_writes(settings):
    settings.FIELD_KEYS = [NEW, OLD]
    written = encrypt("secret")

    settings.FIELD_KEYS = [NEW]

    assert decrypt(written) == "secret"


def test_without_its_key_a_secret_says_what_to_do(settings):
    settings.FIELD_KEYS = [OLD]
    written = encrypt("secret")

    settings.FIELD_KEYS = [OTHER]

    with pytest.raises(UnreadableSecret, match="back at the end of the list"):
        decrypt(written)


def test_what_is_no_ciphertext_is_unreadable_too():
    with pytest.raises(UnreadableSecret):
        decrypt("plain")


def test_a_row_that_is_saved_again_is_written_with_the_newest_key(survey, settings):
    settings.FIELD_KEYS = [OLD]
    token = make_invitation(make_deployment(survey)).token
    settings.FIELD_KEYS = [NEW, OLD]
    invitation = Invitation.objects.get()

    invitation.save(update_fields=["token"])

    settings.FIELD_KEYS = [NEW]
    assert Invitation.objects.get().token == token
    assert Fernet(NEW).decrypt(stored_token().encode()).decode() == token


@pytest.mark.parametrize("lookup", ["exact", "contains", "in", "startswith", "gt"])
def test_an_encrypted_column_refuses_to_be_searched(db, lookup):
    value = ["x"] if lookup == "in" else "x"

    with pytest.raises(FieldError, match="cannot be searched"):
        Invitation.objects.filter(**{f"token__{lookup}": value}).exists()


def test_an_encrypted_column_can_be_asked_whether_it_is_empty(db):
    assert not Invitation.objects.filter(token__isnull=True).exists()


def test_an_empty_secret_stays_empty(survey):
    make_invitation(make_deployment(survey))
    Invitation.objects.update(token="")

    assert stored_token() == ""
    assert Invitation.objects.get().token == ""
