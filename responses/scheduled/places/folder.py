"""A folder below the one that the server keeps for dumps."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage
from django.utils.translation import gettext as _

from responses.scheduled.models import ScheduledDump
from responses.scheduled.places.base import Place


class WholeFiles(FileSystemStorage):
    """A file has its name only once all of it is written."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        del max_length
        return name

    def _save(self, name: str, content: File[bytes]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(
            prefix=".", suffix=".partial", dir=path.parent
        )
        try:
            with os.fdopen(handle, "wb") as file:
                for block in content.chunks():
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            Path(partial).chmod(0o640)
            Path(partial).replace(path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
        return name


class FolderPlace(Place):
    def opened(self, dump: ScheduledDump) -> Storage:
        del dump
        return WholeFiles(location=settings.DUMP_FOLDER)

    def words(self, error: Exception) -> str | None:
        if not isinstance(error, OSError):
            return None
        said = error.strerror or type(error).__name__
        return str(_("The folder could not be written to: %s.") % said)

    def leave(self, folder: str) -> None:
        with self.told():
            path = Path(self.storage.path(self._path(folder)))
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
