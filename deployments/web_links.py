"""The addresses of a deployment's doors, and the same as a picture for cameras."""

from __future__ import annotations

import io
from datetime import timedelta

import qrcode
from django.conf import settings
from django.core import signing
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage

from deployments.models import Deployment

PASS_TIME = timedelta(days=1)
_SIGNER = signing.TimestampSigner(salt="deployments.web_links.preview")


def web_url(deployment: Deployment) -> str:
    return f"{settings.BASE_URL}/w/{deployment.key}/"


def embed_code(deployment: Deployment) -> str:
    """What another site pastes into its page."""
    source = f"{settings.BASE_URL}/embed.js"
    return f'<script src="{source}" data-survey="{deployment.key}" async></script>'


def preview_url(deployment: Deployment) -> str:
    """Where to try it for a day, whatever its state; the answers are marked."""
    return f"{settings.BASE_URL}/preview/{_SIGNER.sign(deployment.key)}/"


def read_pass(name: str) -> str:
    """The key of the deployment that a preview is of; blank when the pass is over."""
    try:
        return str(_SIGNER.unsign(name, max_age=PASS_TIME))
    except signing.BadSignature:
        return ""


def qr_svg(text: str) -> bytes:
    """Return a QR code as SVG, with the quiet zone that scanners need."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    code.make(fit=True)
    out = io.BytesIO()
    code.make_image(image_factory=SvgPathImage).save(out)
    return out.getvalue()
