"""What the sources must not do, as functions of an import graph or of a folder of sources.

`test_architecture.py` applies them to the project, and to tiny trees in which each violation is
planted. All return violations as sentences, sorted, and nothing where there are none.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import grimp

# module -> the modules it imports, also inside functions and for type checking only. Packages from
# outside are one module each, such as `django`.
Imports = Mapping[str, Set[str]]
# package of the project -> the packages of the project that it may import and name.
Layers = Mapping[str, Set[str]]

CLAIM = re.compile(r"\bpure\b|\bno\s+django\b", re.IGNORECASE)
# Django itself, and what of the requirements imports it.
DJANGO = {
    *("django", "django_htmx", "django_tasks", "django_tasks_db"),
    *("csp", "environ", "storages"),
}
TEMPLATE_COMMENT = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", re.DOTALL)


def imports_of(*packages: str) -> Imports:
    """Return every import of these packages, found without running them."""
    graph = grimp.build_graph(*packages, include_external_packages=True, cache_dir=None)
    return {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}


def package_of(module: str) -> str:
    return module.split(".")[0]


def cycles(imports: Imports) -> list[str]:
    """Name the modules that import themselves, by the shortest way; once for each cycle."""
    found: dict[frozenset[str], str] = {}
    for start in sorted(imports):
        ways: dict[str, tuple[str, ...]] = {start: (start,)}
        queue = [start]
        for module in queue:
            if start in imports.get(module, ()):
                way = ways[module]
                found.setdefault(frozenset(way), " -> ".join([*way, start]))
                break
            for imported in sorted(imports.get(module, ())):
                if imported not in ways:
                    ways[imported] = (*ways[module], imported)
                    queue.append(imported)
    return sorted(found.values())


def upward_imports(imports: Imports, layers: Layers) -> list[str]:
    """Name the imports of packages of the project that the importing one may not know."""
    return sorted(
        f"{module} imports {imported}"
        for module, all_imported in imports.items()
        if package_of(module) in layers
        for imported in all_imported
        if package_of(imported) in forbidden(package_of(module), layers)
    )


def forbidden(package: str, layers: Layers) -> Set[str]:
    return layers.keys() - layers[package] - {package}


def string_links(root: Path, layers: Layers, settings_of: Mapping[str, Set[str]]) -> list[str]:
    """Name the places where a package or its templates name a package above it in a string.

    That is an address (`"search:similar"`), a path (`"search/_hits.html"`, `/evaluation/`), a
    dotted path or model (`"search.Query"`), an app label (`"search"`, Python only), or a setting
    that belongs to the package above (`settings_of`). Docstrings and comments may name anything;
    so may advice to readers, such as the name of a command.
    """
    found = []
    for package in layers:
        patterns = {
            above: link_pattern(above, settings_of.get(above, set()))
            for above in forbidden(package, layers)
        }
        for path, line, text in texts(root, package) if patterns else ():
            for above, pattern in patterns.items():
                exact = path.suffix == ".py" and text.rstrip(":.") == above
                if exact or pattern.search(text):
                    shown = " ".join(text.split())[:80]
                    found.append(f"{path.relative_to(root)}:{line} names {above}: {shown}")
    return sorted(found)


def link_pattern(package: str, settings: Set[str]) -> re.Pattern[str]:
    names = "".join(rf"|\b{name}\b" for name in sorted(settings))
    return re.compile(rf"(?<![\w.-]){package}(?:[:.](?=[A-Za-z_])|/(?=\S|\Z)){names}")


def texts(root: Path, package: str) -> Iterator[tuple[Path, int, str]]:
    """Yield file, line and text of each string of a package and each line of its templates."""
    for path in sorted((root / package).rglob("*.py")):
        yield from ((path, line, text) for line, text in strings(path.read_text()))
    for folder in (root / package, root / "templates" / package):
        for path in sorted([*folder.rglob("*.html"), *folder.rglob("*.txt")]):
            if "groundtruth" in path.parts:
                continue  # facts, not templates
            source = TEMPLATE_COMMENT.sub(lambda hit: "\n" * hit[0].count("\n"), path.read_text())
            yield from ((path, line, text) for line, text in enumerate(source.splitlines(), 1))


def strings(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of the strings of a module that are not docstrings, and the names of
    attributes, such as those of `django.conf.settings`."""
    tree = ast.parse(source)
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in documentation:
                yield node.lineno, node.value
        elif isinstance(node, ast.Attribute) and node.attr.isupper():
            yield node.lineno, node.attr


def claims_of_purity(root: Path, packages: Set[str]) -> set[str]:
    """Return the modules whose docstring says that they are pure, or know no Django."""
    claiming = set()
    for package in packages:
        for path in (root / package).rglob("*.py"):
            parts = path.relative_to(root).with_suffix("").parts
            if CLAIM.search(ast.get_docstring(ast.parse(path.read_text())) or ""):
                claiming.add(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return claiming


def impure(imports: Imports, modules: Set[str]) -> list[str]:
    """Name those of `modules` that import Django, directly or through what they import.

    What the `__init__` of a package above a module imports does not count: nobody wrote it there
    for this module.
    """
    found = []
    for module in sorted(modules):
        ways = {module: module}
        for step in (queue := [module]):
            if package_of(step) in DJANGO:
                found.append(ways[step])
                break
            for imported in sorted(imports.get(step, set()) - ways.keys()):
                ways[imported] = f"{ways[step]} -> {imported}"
                queue.append(imported)
    return found


def within(imports: Imports, rooms: Set[str]) -> set[str]:
    """Return the modules of these packages and of the packages inside them."""
    return {name for name in imports for room in rooms if f"{name}.".startswith(f"{room}.")}
