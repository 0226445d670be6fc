"""Owns how XML that anybody may have made is opened: no DTD, no entity, no network."""

from __future__ import annotations

from lxml import etree


def read_root(
    data: bytes, *, encoding: str | None = None, keep_instructions: bool = False
) -> etree._Element:
    """Return the root element; raises what lxml raises. `encoding` overrules what the
    document says of itself. Whoever takes no document type asks `has_document_type`."""
    parser = etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=not keep_instructions,
    )
    return etree.fromstring(data, parser)


def has_document_type(root: etree._Element) -> bool:
    return root.getroottree().docinfo.internalDTD is not None
