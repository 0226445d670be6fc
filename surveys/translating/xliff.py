"""Owns XLIFF 1.2: texts to a file for a translator's tool, and such a file back.

Files come from anybody: no DTD, no entities, no network, and a cap on the size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from surveys.definition.nodes import is_language
from surveys.hardened_xml import has_document_type, read_root
from surveys.texts import tidy
from surveys.translating.units import LARGEST_FILE, FileRefused, Incoming, Unit
from surveys.wording import gettext as _

NAMESPACE = "urn:oasis:names:tc:xliff:document:1.2"
XML = "http://www.w3.org/XML/1998/namespace"
# Not allowed in XML, although they are characters.
NONCHARACTERS = {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}


def write(units: Iterable[Unit], *, survey: str, source: str, target: str) -> bytes:
    """The texts in the source language, with what is translated already."""
    root = etree.Element(
        f"{{{NAMESPACE}}}xliff", nsmap={None: NAMESPACE}, version="1.2"
    )
    file = etree.SubElement(
        root,
        f"{{{NAMESPACE}}}file",
        {
            "original": survey,
            "datatype": "plaintext",
            "source-language": source,
            "target-language": target,
        },
    )
    body = etree.SubElement(file, f"{{{NAMESPACE}}}body")
    for unit in units:
        _write_unit(body, unit, source, target)
    return bytes(
        etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    )


def _write_unit(body: etree._Element, unit: Unit, source: str, target: str) -> None:
    attributes = {
        "id": unit.id,
        "maxwidth": str(unit.longest),
        "size-unit": "char",
        f"{{{XML}}}space": "preserve",
    }
    element = etree.SubElement(body, f"{{{NAMESPACE}}}trans-unit", attributes)
    said = etree.SubElement(element, f"{{{NAMESPACE}}}source")
    said.text = unit.texts.get(source, "").translate(NONCHARACTERS)
    translated = unit.texts.get(target, "")
    if translated:
        goal = etree.SubElement(element, f"{{{NAMESPACE}}}target", state="translated")
        goal.text = translated.translate(NONCHARACTERS)


def read(data: bytes) -> list[Incoming]:
    """Every translated text of the file. Raises `FileRefused`."""
    root = _parsed(data)
    if etree.QName(root).localname != "xliff":
        raise FileRefused(
            _("This is not an XLIFF file: it does not start with <xliff>.")
        )
    files = [one for one in root.iter(etree.Element) if _name(one) == "file"]
    if not files:
        raise FileRefused(
            _("There is no <file> in it. Files of XLIFF 1.2 are read, 2.0 are not.")
        )
    return [incoming for file in files for incoming in _of_file(file)]


def _of_file(file: etree._Element) -> Iterator[Incoming]:
    language = file.get("target-language", "")
    if not is_language(language):
        raise FileRefused(
            _("The file does not say its language: target-language is “%(language)s”.")
            % {"language": tidy(language)[:20]}
        )
    for unit in file.iter(etree.Element):
        if _name(unit) != "trans-unit":
            continue
        parts = {_name(child): child for child in unit.iterchildren(etree.Element)}
        source, target = parts.get("source"), parts.get("target")
        yield Incoming(
            id=unit.get("id", ""),
            language=language,
            text=_text(target),
            source=None if source is None else _text(source),
        )


def _text(element: etree._Element | None) -> str:
    """The text with that of inline elements, which a tool may have added."""
    return "" if element is None else tidy("".join(element.itertext(etree.Element)))


def _name(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _parsed(data: bytes) -> etree._Element:
    if len(data) > LARGEST_FILE:
        raise FileRefused(_("The file is larger than 5 MB."))
    try:
        root = read_root(data)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FileRefused(
            _("This is not XML that can be read: %(why)s")
            % {"why": tidy(str(error))[:200]}
        ) from error
    if has_document_type(root):
        raise FileRefused(_("A file with a document type (DTD) is not taken."))
    return root
