from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client


@pytest.fixture
def designer(db: None) -> Client:
    """A person who may do everything in the admin, logged in."""
    user = get_user_model().objects.create_superuser("ada", "ada@x.example")
    client = Client()
    client.force_login(user)
    return client
