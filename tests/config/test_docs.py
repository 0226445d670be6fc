"""What can be set, run and checked is said in the docs."""

import re

from config.settings import ROOT

README = (ROOT / "README.md").read_text()
DOCS = README + "".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))


def test_every_setting_is_in_the_readme():
    source = (ROOT / "config" / "settings.py").read_text()
    names = set(
        re.findall(r'(?:env\.\w+|\b(?!setdefault)[a-z_]+)\(\s*"([A-Z][A-Z_]+)"', source)
    )

    assert names
    assert [name for name in sorted(names) if f"`{name}`" not in README] == []


def test_every_system_check_is_in_the_docs():
    source = (ROOT / "config" / "checks.py").read_text()
    ids = re.findall(r'id="(tellback\.\w+)"', source)

    assert ids
    assert [each for each in ids if each not in DOCS] == []


def test_every_command_is_in_the_docs():
    commands = {
        path.stem
        for path in ROOT.glob("*/**/management/commands/[a-z]*.py")
        if ".venv" not in path.parts
    }

    assert commands
    assert [name for name in sorted(commands) if f"manage.py {name}" not in DOCS] == []


def test_every_make_target_that_is_named_exists():
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"`?make ([a-z-]+)", DOCS))

    assert [name for name in named if f"\n{name}:" not in makefile] == []
