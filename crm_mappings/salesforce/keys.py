"""Owns key pairs: made here, the certificate given away, the assertion signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

LIFE = timedelta(days=730)
# Salesforce takes at most three minutes.
ASSERTION_LIFE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """Both as PEM text; only the certificate may be shown."""

    private_key: str = field(repr=False)
    certificate: str


class UnusableKey(ValueError):
    """A stored key or certificate that cannot be read."""


def make(*, name: str, now: datetime) -> KeyPair:
    """Make an RSA key and a certificate that it has signed itself."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFE)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    return KeyPair(private_key=private.decode(), certificate=public.decode())


def ends_at(certificate: str) -> datetime:
    """Return when Salesforce stops believing a certificate."""
    return _read(certificate).not_valid_after_utc


def fingerprint(certificate: str) -> str:
    """Return what a person compares: the SHA-256 of the certificate, in pairs."""
    digits = _read(certificate).fingerprint(hashes.SHA256()).hex().upper()
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def _read(certificate: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(certificate.encode())
    except ValueError as error:
        raise UnusableKey("not a certificate") from error


def assertion(
    *, private_key: str, client_id: str, username: str, audience: str, now: datetime
) -> str:
    """Sign who wants to log in as whom (RFC 7523; only RS256 is taken)."""
    claims = {
        "iss": client_id,
        "sub": username,
        "aud": audience,
        "exp": int((now + ASSERTION_LIFE).timestamp()),
    }
    try:
        return jwt.encode(claims, private_key, algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError):
        # The library's words may hold parts of the key.
        failure = UnusableKey("not a private key")
    raise failure
