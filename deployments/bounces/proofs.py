"""Proofs of who calls that django-anymail leaves to others: the signatures of Svix, by
which Resend signs, and of Amazon SNS, which carries what Amazon SES tells."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import load_pem_x509_certificate
from django.conf import settings
from django.utils.crypto import constant_time_compare

PATIENCE = 300  # seconds between signing and arriving
SECONDS = 10
LARGEST = 64 * 1024
AMAZON = re.compile(r"https://sns\.[a-z0-9-]{4,40}\.amazonaws\.com(?:\.cn)?\Z")
DIGESTS: Mapping[str, hashes.HashAlgorithm] = {
    "1": hashes.SHA1(),  # noqa: S303 - Amazon's first kind, which topics still use
    "2": hashes.SHA256(),
}
# What Amazon signs, in its order; a subject only where there is one.
NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
SUBSCRIPTION = (
    *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token"),
    *("TopicArn", "Type"),
)


class Unproved(Exception):
    """Nothing proves that the provider has sent this; the text says why."""


def check_svix(
    headers: Mapping[str, str], body: bytes, secret: str, now: datetime
) -> None:
    """Raise `Unproved` unless one of the signatures is that of the secret."""
    named = headers.get("svix-id", "")
    at = headers.get("svix-timestamp", "")
    if not at.isdigit() or abs(now.timestamp() - int(at[:12])) > PATIENCE:
        raise Unproved("The time of the signature is missing or too far from now.")
    key = _decoded(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{named}.{at}.".encode() + body, hashlib.sha256).digest()
    wanted = f"v1,{base64.b64encode(digest).decode()}"
    told = headers.get("svix-signature", "").split()
    if not any(constant_time_compare(one, wanted) for one in told):
        raise Unproved("The signature is not that of the secret.")


def check_sns(message: Mapping[str, object]) -> None:
    """Raise `Unproved` unless Amazon has signed the message."""
    digest = DIGESTS.get(str(message.get("SignatureVersion", "")))
    if digest is None:
        raise Unproved("The message has no signature of a kind that is known.")
    key = _key(_of_amazon(str(message.get("SigningCertURL", ""))))
    try:
        key.verify(
            _decoded(str(message.get("Signature", ""))),
            _signed(message),
            padding.PKCS1v15(),
            digest,
        )
    except InvalidSignature as error:
        raise Unproved("The signature is not Amazon's.") from error


def confirm_sns(message: Mapping[str, object]) -> None:
    """Say yes to a subscription of a topic, at the address that Amazon gives."""
    _get(_of_amazon(str(message.get("SubscribeURL", ""))))


def _signed(message: Mapping[str, object]) -> bytes:
    news = message.get("Type") == "Notification"
    return "".join(
        f"{name}\n{message[name]}\n"
        for name in (NOTIFICATION if news else SUBSCRIPTION)
        if message.get(name) is not None
    ).encode()


def _of_amazon(url: str) -> str:
    """The address, if it is one of Amazon SNS, or of a stand-in in the settings."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    if not AMAZON.match(origin) and origin not in settings.SNS_EXTRA_HOSTS:
        raise Unproved("The message names an address that is not Amazon's.")
    return url


@lru_cache(maxsize=16)
def _key(url: str) -> rsa.RSAPublicKey:
    """The key of a certificate; each has an address of its own, and stays."""
    try:
        key = load_pem_x509_certificate(_get(url)).public_key()
    except ValueError as error:
        raise Unproved("There is no certificate at the address.") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise Unproved("The certificate is of a kind that Amazon does not use.")
    return key


def _get(url: str) -> bytes:
    try:
        answer = requests.get(url, timeout=SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        raise Unproved("Amazon could not be asked.") from error
    if answer.status_code != 200:
        raise Unproved(f"Amazon answered {answer.status_code}.")
    return answer.content[:LARGEST]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unproved("The key or the signature is no base64.") from error
