"""Owns the opening of files that anybody may have made: XML and zipped workbooks.

No DTD, no entities, no network; and no more is unpacked than a survey can be.
"""

from __future__ import annotations

import io
import zipfile
import zlib

from lxml import etree

from surveys.hardened_xml import has_document_type, read_root
from surveys.importing.report import ImportRefused
from surveys.texts import tidy
from surveys.wording import gettext as _

MOST_PARTS = 500
MOST_UNPACKED = 30_000_000


def parse_xml(data: bytes) -> etree._Element:
    try:
        root = read_root(data)
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise ImportRefused(
            _("This is not XML that can be read: %(why)s")
            % {"why": tidy(str(error))[:200]}
        ) from error
    if has_document_type(root):
        raise ImportRefused(_("A file with a document type (DTD) is not taken."))
    return root


class Package:
    """A zip file of which no more than a cap is ever unpacked."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise ImportRefused(
                _("This is not a workbook that can be opened.")
            ) from error
        parts = self._zip.infolist()
        if len(parts) > MOST_PARTS:
            raise ImportRefused(_("The workbook has too many parts for a survey."))
        if sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise ImportRefused(_("Unpacked, the workbook is larger than 30 MB."))
        self._left = MOST_UNPACKED

    def part(self, name: str) -> etree._Element | None:
        try:
            with self._zip.open(name) as file:
                # What the zip says of its sizes may not be true.
                data = file.read(self._left + 1)
        except KeyError:
            return None
        except (
            zipfile.BadZipFile,
            OSError,
            ValueError,
            RuntimeError,
            EOFError,
            zlib.error,
        ) as error:
            raise ImportRefused(_("A part of the workbook cannot be read.")) from error
        self._left -= len(data)
        if self._left < 0:
            raise ImportRefused(_("Unpacked, the workbook is larger than 30 MB."))
        return parse_xml(data)
