"""Owns how a package is read: the zip, its package.xml, and the XML of its files."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from crm_mappings.emulator.refusals import Refusal

NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
LARGEST = 39_000_000
MOST_FILES = 10_000
PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
)


class Problem(Exception):
    """Why a component cannot be deployed."""

    def __init__(self, text: str, *, kind: str = "Error") -> None:
        super().__init__(text)
        self.text = text
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """The files of a zip, and what its package.xml names: type → members."""

    files: dict[str, bytes]
    members: dict[str, tuple[str, ...]]

    def names(self, kind: str, member: str) -> bool:
        listed = self.members.get(kind, ())
        return member in listed or "*" in listed


def read_package(body: bytes) -> Package:
    """Read a zip, with or without a top folder; refuse what is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = [each for each in archive.infolist() if not each.is_dir()]
            sizes = sum(each.file_size for each in entries)
            if len(entries) > MOST_FILES or sizes > LARGEST:
                raise Refusal("LIMIT_EXCEEDED", "Maximum size of request reached.")
            files = {each.filename: archive.read(each) for each in entries}
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Refusal("INVALID_INPUT", "The file is not a zip file.") from None
    return Package(files=files, members=_members(files))


def _members(files: dict[str, bytes]) -> dict[str, tuple[str, ...]]:
    if "package.xml" not in files:
        raise Refusal("INVALID_INPUT", "No package.xml found")
    try:
        root = parse(files["package.xml"], "Package")
    except Problem as problem:
        raise Refusal("INVALID_INPUT", f"package.xml: {problem.text}") from None
    named: dict[str, tuple[str, ...]] = {}
    for types in root.iterfind(f"{NAMESPACE}types"):
        kind = text(types, "name")
        found = (each.text or "" for each in types.iterfind(f"{NAMESPACE}members"))
        named[kind] = (*named.get(kind, ()), *found)
    return named


def parse(body: bytes, root_name: str) -> etree._Element:
    try:
        root = etree.fromstring(body, PARSER)
    except etree.XMLSyntaxError as error:
        raise Problem(f"Error parsing file: {error.msg}") from None
    if root.tag != f"{NAMESPACE}{root_name}":
        raise Problem(
            f"Error parsing file: Element {root.tag} invalid at this location"
        )
    return root


def text(element: etree._Element, name: str, default: str = "") -> str:
    found = element.find(f"{NAMESPACE}{name}")
    return default if found is None else (found.text or "").strip()


def flag(element: etree._Element, name: str) -> bool:
    return text(element, name).lower() == "true"


def whole(element: etree._Element, name: str) -> int | None:
    given = text(element, name)
    if not given:
        return None
    if not given.isascii() or not given.lstrip("-").isdigit():
        raise Problem(f"Error parsing file: '{given}' is not a valid value for {name}")
    return int(given)


def children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    yield from element.iterfind(f"{NAMESPACE}{name}")


def has(element: etree._Element, name: str) -> bool:
    return element.find(f"{NAMESPACE}{name}") is not None
