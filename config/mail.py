"""Reads EMAIL_URL where it names a mail provider by its API; SMTP is left to
django-environ."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SECONDS = 20  # that a provider may take to answer
# Scheme -> what the parts of the address are called in the settings of anymail.
PROVIDERS: Mapping[str, Mapping[str, str]] = {
    "brevo": {"username": "BREVO_API_KEY"},
    "mailgun": {"username": "MAILGUN_API_KEY", "hostname": "MAILGUN_SENDER_DOMAIN"},
    "mailjet": {"username": "MAILJET_API_KEY", "password": "MAILJET_SECRET_KEY"},
    "postmark": {"username": "POSTMARK_SERVER_TOKEN"},
    "resend": {"username": "RESEND_API_KEY"},
    "sendgrid": {"username": "SENDGRID_API_KEY"},
    "sparkpost": {"username": "SPARKPOST_API_KEY"},
}
AMAZON = "amazon-ses"
REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}\Z")


def provider_settings(url: str) -> dict[str, object] | None:
    """Return the settings of `postmark://TOKEN@` and the like; None: it is no provider.

    `?api_url=…` is for a provider's other region, or a server of one's own.
    """
    parts = urlsplit(url)
    api_url = parse_qs(parts.query).get("api_url", [""])[0]
    if parts.scheme == AMAZON:
        return _amazon(parts, api_url)
    wanted = PROVIDERS.get(parts.scheme)
    if wanted is None:
        return None
    found: dict[str, object] = {}
    for part, name in wanted.items():
        value = getattr(parts, part)
        if not value:
            raise ImproperlyConfigured(
                f"EMAIL_URL={parts.scheme}://… lacks its {part}: {example(parts.scheme)}"
            )
        found[name] = unquote(value)
    if api_url:
        found[f"{parts.scheme.upper()}_API_URL"] = api_url
    return {
        "EMAIL_BACKEND": f"anymail.backends.{parts.scheme}.EmailBackend",
        "ANYMAIL": found,
    }


def example(scheme: str) -> str:
    wanted = PROVIDERS[scheme]
    second = ":SECRET" if "password" in wanted else ""
    return f"{scheme}://KEY{second}@{'DOMAIN' if 'hostname' in wanted else ''}"


def _amazon(parts: SplitResult, api_url: str) -> dict[str, object]:
    """Without a key it is that of the machine's role, which boto3 finds by itself."""
    if not REGION.match(parts.hostname or "") or (
        bool(parts.username) is not bool(parts.password)
    ):
        raise ImproperlyConfigured(
            f"EMAIL_URL={AMAZON}://… is {AMAZON}://KEY:SECRET@REGION with a region such "
            f"as eu-central-1, or {AMAZON}://REGION for the machine's role. Write a / in "
            "the secret as %2F."
        )
    client: dict[str, object] = {
        "region_name": parts.hostname,
        # Tried once: a call whose answer is lost may have sent the mail.
        "config": {
            "connect_timeout": SECONDS,
            "read_timeout": SECONDS,
            "retries": {"total_max_attempts": 1},
        },
    }
    if parts.username:
        client["aws_access_key_id"] = unquote(parts.username)
        client["aws_secret_access_key"] = unquote(parts.password or "")
    if api_url:
        client["endpoint_url"] = api_url
    return {
        "EMAIL_BACKEND": "anymail.backends.amazon_ses.EmailBackend",
        "ANYMAIL": {"AMAZON_SES_CLIENT_PARAMS": client},
    }
