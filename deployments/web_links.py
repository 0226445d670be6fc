"""The address of a web link, and the same as a picture for cameras."""

from __future__ import annotations

import io

import qrcode
from django.conf import settings
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage

from deployments.models import Deployment


def web_url(deployment: Deployment) -> str:
    return f"{settings.BASE_URL}/w/{deployment.key}/"


def qr_svg(text: str) -> bytes:
    """Return a QR code as SVG, with the quiet zone that scanners need."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    code.make(fit=True)
    out = io.BytesIO()
    code.make_image(image_factory=SvgPathImage).save(out)
    return out.getvalue()
