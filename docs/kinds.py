"""Photographs every kind of question, for people to look at: `make screenshots`.

At 360 and 1280 pixels, light, dark and from right to left. Each width becomes one
sheet in docs/screenshots/; the single pictures go where `--to` says. Needs Chromium.
"""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "screenshots"
WIDTHS = (360, 1280)
LOOKS = ("light", "dark", "rtl")
# What a sheet has room for beside each other.
COLUMN = {360: 300, 1280: 560}


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A web server on a database of its own; yields its address and the links."""
    os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'kinds.sqlite3'}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    # The database is written before the browser's event loop runs, and after it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    import django

    from config.demo.processes import answers, free_ports, prepare

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    ports = free_ports()
    running = prepare(folder, ports, database_url=os.environ["DATABASE_URL"])
    where = ("--bind", f"127.0.0.1:{ports.web}", "--no-control-socket")
    running.start("Web", "-m", "gunicorn", "config.wsgi", *where)
    try:
        running.wait_for("Web", answers(f"{ports.base_url}/healthz"))
        yield ports.base_url, {look: link(look) for look in LOOKS}
    finally:
        running.stop()


def link(look: str) -> str:
    """The path of a fresh link to a survey with every kind."""
    from django.utils import timezone

    from tests.factories.arabic import in_arabic
    from tests.factories.deployments import make_deployment, make_invitation
    from tests.factories.kinds import every_kind
    from tests.factories.surveys import publish_survey, survey_document, why

    pages = [
        {"key": "p1", "questions": every_kind()},
        {"key": "p2", "questions": [why(key="last")]},
    ]
    document: dict[str, Any] = survey_document(key=f"kinds-{look}", pages=pages)
    if look == "rtl":
        document = in_arabic({**document, "default_language": "ar"})
    deployment = make_deployment(publish_survey(document).survey)
    return f"/s/{make_invitation(deployment, now=timezone.now()).token}/"


def photograph(browser: Browser, url: str, width: int, look: str) -> bytes:
    scheme = "dark" if look == "dark" else "light"
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.goto(url)
    answer(page)
    picture = page.screenshot(full_page=True)
    context.close()
    return picture


def answer(page: Page) -> None:
    """Some answers, so that what is chosen can be seen as well."""
    for name, value in (("nps", "9"), ("rating", "4"), ("stars", "3"), ("faces", "5")):
        page.locator(f"input[name={name}][value='{value}']").check(force=True)
    page.locator("input[name=single_choice]").nth(1).check(force=True)
    page.locator("input[name=multiple_choice]").first.check(force=True)
    page.locator("input[name='matrix.speed'][value=blue]").check(force=True)
    page.locator("[name=slider]").fill("35")
    page.locator("input[name=pictures]").nth(1).check(force=True)
    # Else they are fetched once they are near.
    page.locator("img").evaluate_all(
        "all => Promise.all(all.map((one) => {one.loading = 'eager'; "
        "return one.decode()}))"
    )


def sheet(browser: Browser, pictures: dict[str, bytes], width: int) -> bytes:
    """The pictures of one width beside each other."""
    column = COLUMN[width]
    images = "".join(
        f'<img width="{column}" alt="{look}" '
        f'src="data:image/png;base64,{base64.b64encode(picture).decode()}">'
        for look, picture in pictures.items()
    )
    page = browser.new_page(
        viewport={"width": (column + 12) * len(pictures) + 12, "height": 800}
    )
    page.set_content(
        "<style>body{margin:12px;display:flex;gap:12px;align-items:flex-start;"
        f"background:#999}}</style>{images}"
    )
    page.wait_for_function("[...document.images].every((one) => one.complete)")
    return page.screenshot(full_page=True, type="jpeg", quality=60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, help="keep the single pictures here")
    to: Path | None = parser.parse_args().to
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no Chromium (on Debian: apt-get install chromium).")
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder)) as (base, links),
        sync_playwright() as playwright,
    ):
        from tests.factories.browsers import CHROMIUM_FLAGS

        browser = playwright.chromium.launch(
            executable_path=chromium, args=CHROMIUM_FLAGS
        )
        for width in WIDTHS:
            pictures = {
                look: photograph(browser, base + links[look], width, look)
                for look in LOOKS
            }
            name = TARGET / f"kinds-{width}.jpg"
            name.write_bytes(sheet(browser, pictures, width))
            for look, picture in pictures.items() if to else ():
                assert to is not None  # noqa: S101 - said by the condition
                to.mkdir(parents=True, exist_ok=True)
                (to / f"kinds-{width}-{look}.png").write_bytes(picture)
        browser.close()


if __name__ == "__main__":
    main()
