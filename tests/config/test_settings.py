"""Settings are read once and are loud on nonsense."""

import os
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

from config.settings import ROOT


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    values = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "x" * 50,
        "FIELD_KEYS": Fernet.generate_key().decode(),
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-c", "import config.settings as s; print(s.BASE_URL)"],
        cwd=ROOT,
        env=values,
        capture_output=True,
        text=True,
        check=False,
    )


def test_sensible_settings_are_taken():
    done = start(BASE_URL="https://tellback.example")

    assert done.stdout.strip() == "https://tellback.example"


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
