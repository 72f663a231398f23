"""All declarations of a tree, put together. Every mistake is collected; none hides the next."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from lumbung.declarations.models import Dataset, Declarations, Mart, SystemHead
from lumbung.declarations.problems import DeclarationError, Problem
from lumbung.declarations.systems import read_heads, read_systems
from lumbung.declarations.yamlfile import YamlFile

REPOSITORY: Final = Path(__file__).resolve().parents[2]
#: Where every file is a declaration, and how its name ends.
_READ: Final = {
    "contracts/*/*": (".yaml", ".json", ".md", ".wsdl", ".xsd"),
    "expectations/*/*": (".yaml",),
    "standards/reference/*": (".yaml", ".csv"),
    "tenants/*": (".yaml",),
}


def load(root: Path | None = None) -> Declarations:
    """The declarations of `root` (the repository when None), read once per process and root.

    Raises `DeclarationError` with every mistake found. The SQL inside declarations is parsed by `check` only.
    """
    return _load((root or REPOSITORY).resolve())


def load_systems(root: Path | None = None) -> tuple[SystemHead, ...]:
    """Systems and the heads of their datasets, fast enough for the scheduler's parser; raises `DeclarationError`."""
    return read_heads((root or REPOSITORY).resolve())


def check(root: Path | None = None) -> list[Problem]:
    """Every mistake in the declarations of `root`, with file, line and key, in the order of files and lines."""
    # sqlglot takes half a second to import and only checking needs it.
    from lumbung.declarations.sqlcheck import sql_problems

    tree = Tree((root or REPOSITORY).resolve())
    return sorted(set(tree.problems) | set(sql_problems(tree)))


@cache
def _load(root: Path) -> Declarations:
    tree = Tree(root)
    if tree.problems or tree.declarations is None:
        raise DeclarationError(sorted(set(tree.problems)))
    return tree.declarations


class Tree:
    """A tree of declarations as far as it can be understood, with what is wrong in it."""

    def __init__(self, root: Path) -> None:
        # The contract standard's model and pydantic's forms are not needed by whoever only wants the heads.
        from lumbung.declarations.assembly import Surroundings, assemble
        from lumbung.declarations.contracts import Draft, read_draft
        from lumbung.declarations.marts import MartReader
        from lumbung.declarations.standards import read_lists, read_types
        from lumbung.declarations.tenants import read_tenants

        self.root = root
        self.problems: list[Problem] = []
        self.types = read_types(root, self.problems)
        self.lists = read_lists(root, self.problems)
        self.tenant = read_tenants(root, self.problems)
        self.systems = read_systems(root, self.problems, self.lists)
        for system in self.systems.values():
            if system.soap is not None:
                # zeep takes a third of a second to import and only SOAP systems need it.
                from lumbung.declarations.soapcheck import service_problems

                place = self.file(f"contracts/{system.code}/system.yaml")
                self.problems.extend(service_problems(system, system.soap, place))
        self.drafts: dict[str, Draft] = {}
        for folder in sorted(path for path in (root / "contracts").glob("*") if path.is_dir()):
            for path in sorted(folder.glob("*.yaml")):
                draft = read_draft(folder.name, path, root, self.problems) if path.name != "system.yaml" else None
                if draft is not None:
                    self.drafts[draft.id] = draft
        self._between_files()
        around = Surroundings(self.systems, self.drafts, self.types, self.lists, self.tenant)
        self.datasets: dict[str, Dataset] = {
            name: assemble(draft, around, self.problems) for name, draft in self.drafts.items()
        }
        self.mart_reader = MartReader(root, self.datasets, self.lists, self.tenant, self.problems)
        self.marts: dict[str, Mart] = self.mart_reader.read()
        self.declarations = self._declarations()

    def file(self, name: str) -> YamlFile:
        """A file of the tree by its relative name, for the place of a problem."""
        return YamlFile(self.root / name, self.root)

    def _between_files(self) -> None:
        """Orders are unique in a system; every suite belongs to a contract; no file is overlooked."""
        orders: dict[tuple[str, int], str] = {}
        for draft in self.drafts.values():
            other = orders.setdefault((draft.system, draft.extras.order), draft.id)
            if other != draft.id:
                message = f"order {draft.extras.order} is also that of {other}"
                self.problems.append(draft.file.problem(("customProperties",), message))
            if draft.suite is not None and draft.suite_file is not None and draft.suite.dataset != draft.id:
                message = f"must be {draft.id!r} like the file; found {draft.suite.dataset!r}"
                self.problems.append(draft.suite_file.problem(("dataset",), message))
        for pattern, suffixes in _READ.items():
            for path in sorted(self.root.glob(pattern)):
                if path.is_file() and path.suffix not in suffixes and path.name != "README.md":
                    message = f"nothing reads this file; declarations here end in {' or '.join(suffixes)}"
                    self.problems.append(Problem(str(path.relative_to(self.root)), 1, "", message))
        for path in sorted((self.root / "expectations").glob("*/*.yaml")):
            if not (self.root / "contracts" / path.parent.name / path.name).exists():
                name = str(path.relative_to(self.root))
                self.problems.append(Problem(name, 1, "dataset", "a suite without a contract of the same name"))

    def _declarations(self) -> Declarations | None:
        if self.tenant is None:
            return None
        return Declarations(
            root=self.root,
            systems=self.systems,
            datasets=self.datasets,
            types=self.types,
            lists=self.lists,
            marts=self.marts,
            tenant=self.tenant,
        )
