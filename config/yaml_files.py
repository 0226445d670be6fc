"""Owns YAML as a form of documents: strict on the way in, stable on the way out.

What YAML would guess (times, dates), repeat (aliases) or drop (a key that stands
twice) is refused or kept as text, so that a file means what it looks like.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

LARGEST_FILE = 20_000_000


class FileUnreadable(ValueError):
    """The file is not YAML that can be taken; says where."""


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise FileUnreadable(
                f"line {mark.line + 1}: aliases (*name) are not taken."
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _value in node.value:
            name = self.construct_object(key, deep=True)
            if not isinstance(name, str) or name in seen:
                line = key.start_mark.line + 1
                raise FileUnreadable(
                    f"line {line}: {name!r} stands twice."
                    if isinstance(name, str)
                    else f"line {line}: put {name!r} in quotation marks; names are texts."
                )
            seen.add(name)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    sign: [
        (tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")
    ]
    for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> Any:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def read(text: str) -> list[Any]:
    """The documents of a file. Raises `FileUnreadable`."""
    if len(text) > LARGEST_FILE:
        raise FileUnreadable("the file is larger than 20 MB.")
    try:
        return list(yaml.load_all(text, _Loader))
    except yaml.YAMLError as error:
        raise FileUnreadable(" ".join(str(error).split())) from error
    except RecursionError as error:
        raise FileUnreadable("it is nested too deeply.") from error


def write(documents: Iterable[Mapping[str, Any]]) -> str:
    return yaml.dump_all(
        documents,
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        explicit_start=True,
        width=88,
    )
