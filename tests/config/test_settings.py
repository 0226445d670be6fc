"""Settings are read once and are loud on nonsense."""

import os
import secrets
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

from config.settings import ROOT

SHOWN = "import config.settings as s; print(s.BASE_URL, *s.ALLOWED_HOSTS)"


def start(*act: str, **environment: str) -> subprocess.CompletedProcess[str]:
    values = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": Fernet.generate_key().decode(),
        **environment,
    }
    return subprocess.run(
        [sys.executable, *(act or ("-c", SHOWN))],
        cwd=ROOT,
        env=values,
        capture_output=True,
        text=True,
        check=False,
    )


def test_sensible_settings_are_taken():
    done = start(BASE_URL="https://tellback.example")

    assert done.stdout.split() == ["https://tellback.example", "tellback.example"]


def test_further_hosts_stand_beside_the_own():
    done = start(
        BASE_URL="https://tellback.example", ALLOWED_HOSTS="a.example, 10.0.0.7"
    )

    assert done.stdout.split()[1:] == ["tellback.example", "a.example", "10.0.0.7"]


def test_nothing_is_to_be_said_of_a_set_up_behind_https():
    done = start(
        *("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        BASE_URL="https://tellback.example",
        CACHE_URL="rediscache://127.0.0.1:6379/1",
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DEBUG", "maybe", "neither on nor off"),
        ("BASE_URL", "tellback.example", "not an address"),
        ("BASE_URL", "https://tellback.example/path", "only scheme, host and port"),
        ("FIELD_KEYS", "secret", "not a Fernet key"),
        ("SECRET_KEY", " ", "SECRET_KEY is not set"),
        ("Q_BROKER", "rabbit", "neither orm nor redis"),
        ("SALESFORCE_EXTRA_HOSTS", "http://10.0.0.1", "for loopback addresses only"),
        ("SALESFORCE_API_VERSION", "latest", "not a version"),
        ("WORKERS", "many", "not a whole number from 1 to 99"),
        ("WORKERS", "0", "not a whole number from 1 to 99"),
        ("TRUSTED_PROXIES", "-1", "not a whole number from 0 to 9"),
    ],
)
def test_nonsense_is_refused_by_name(name, value, says):
    done = start(**{name: value})

    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stderr
    assert says in done.stderr
