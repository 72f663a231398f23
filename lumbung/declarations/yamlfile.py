"""YAML files with the line of every key, read with libyaml.

Booleans are YAML 1.2's (`true`, `false`): a column may be called `no`, and a key `on` stays a key. Positions are only
worked out when a problem needs one, so a clean load pays nothing for them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from lumbung.declarations.problems import Problem

KeyPath = Sequence[str | int]
_BOOL_TAG: Final = "tag:yaml.org,2002:bool"


class _Loader(yaml.CSafeLoader):
    """CSafeLoader without `yes/no/on/off`, remembering keys that occur twice in one mapping."""

    duplicates: list[tuple[int, str]]

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A dict; a key seen twice is noted with its line (the last one wins)."""
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            seen: set[str] = set()
            for key_node, _ in node.value:
                key = str(key_node.value)
                if key in seen:
                    self.duplicates.append((key_node.start_mark.line + 1, key))
                seen.add(key)
        return mapping


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOL_TAG]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL_TAG, re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF"))


class YamlFile:
    """One parsed file. `data` is what it holds (None when it cannot be read); `problems` are the mistakes of form."""

    def __init__(self, path: Path, root: Path, text: str | None = None) -> None:
        self.path = path
        self.name = str(path.relative_to(root))
        self.problems: list[Problem] = []
        self.data: Any = None
        try:
            self.text = path.read_text(encoding="utf-8") if text is None else text
        except (OSError, UnicodeDecodeError) as error:
            self.text = ""
            self.problems.append(Problem(self.name, 1, "", f"cannot be read: {error}"))
            return
        self._parse()

    def _parse(self) -> None:
        loader = _Loader(self.text)
        loader.duplicates = []
        try:
            self.data = loader.get_single_data()
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.problems.append(Problem(self.name, line, "", f"not valid YAML: {error.problem or error.context}"))
        except (yaml.YAMLError, ValueError) as error:
            self.problems.append(Problem(self.name, 1, "", f"not valid YAML: {error}"))
        finally:
            loader.dispose()
        for line, key in loader.duplicates:
            self.problems.append(Problem(self.name, line, key, "this key stands twice in the same place"))

    @cached_property
    def _node(self) -> yaml.Node | None:
        try:
            return yaml.compose(self.text, Loader=_Loader)
        except (yaml.YAMLError, ValueError):
            return None

    def line(self, path: KeyPath) -> int:
        """The line of the key at `path`; of its nearest existing ancestor when the key is missing."""
        node, line = self._node, 1
        for step in path:
            found = _step(node, step)
            if found is None:
                break
            line, node = found
        return line

    def problem(self, path: KeyPath, message: str) -> Problem:
        """A problem of this file at the key `path`."""
        return Problem(self.name, self.line(path), dotted(path), message)


def _step(node: yaml.Node | None, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    return None


def dotted(path: KeyPath) -> str:
    """`["schema", 0, "name"]` -> `schema[0].name`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else str(step))
    return text
