"""Owns SOAP 1.1, document/literal wrapped: one WSDL, generated from the operations."""

NAMESPACE = "urn:tellback:api:1"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def name(local: str) -> str:
    """The name in our namespace, as lxml writes it."""
    return f"{{{NAMESPACE}}}{local}"
