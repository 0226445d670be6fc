"""Writes `.env` with generated keys when there is none. Standard library only."""

import base64
import os
import secrets
import sys
from pathlib import Path


def main(target: Path) -> None:
    lines = [
        "# Generated for this machine. Keep it: without FIELD_KEYS stored secrets",
        "# cannot be read again.",
        f"SECRET_KEY={secrets.token_urlsafe(48)}",
        f"FIELD_KEYS={base64.urlsafe_b64encode(os.urandom(32)).decode()}",
        "",
    ]
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
