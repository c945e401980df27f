#!/usr/bin/env python3
"""Fails where a file names what stands above it, a circle of files, or a room that is too large.

    check.py [ROOT]

Every finding is a line: the place, an arrow, and what it points to. The rules are in rules.py.
"""

import re
import sys
from collections import deque
from pathlib import Path

import rules
import source


def swift_and_c(root, folders):
    """The source files below some folders, without what was built."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            parts = path.relative_to(root).parts
            if path.suffix in rules.SWIFT + rules.C and path.is_file() \
                    and not any(part.startswith(".") for part in parts):
                yield path


def sizes(root):
    """Rooms with too many files, files and functions that are too long."""
    folders = {}
    for path in swift_and_c(root, rules.SIZED):
        name = path.relative_to(root).as_posix()
        if name in rules.GENERATED:
            continue
        if name.startswith("Sources/"):
            folders.setdefault(path.parent.relative_to(root).as_posix(), []).append(path)
        raw = path.read_text(encoding="utf-8")
        lines = raw.count("\n") + (not raw.endswith("\n"))
        if lines > rules.MOST_LINES:
            yield f"{name}: {lines} lines, at most {rules.MOST_LINES}"
        is_swift = path.suffix in rules.SWIFT
        text = source.blanked(raw, is_swift)
        for function in source.swift_functions(text) if is_swift else source.c_functions(text):
            if function.length > rules.MOST_FUNCTION_LINES:
                yield (f"{name}:{function.line}: {function.name} has {function.length} lines, "
                       f"at most {rules.MOST_FUNCTION_LINES}")
    for folder, files in sorted(folders.items()):
        if len(files) > rules.MOST_FILES:
            yield f"{folder}: {len(files)} files directly in it, at most {rules.MOST_FILES}"


def imports(root):
    """Imports of modules that stand above, or that only other rooms may have."""
    for path in swift_and_c(root, ("Sources",) + rules.OUTSIDE):
        if path.suffix not in rules.SWIFT:
            continue
        name = path.relative_to(root).as_posix()
        file = source.read_swift(name, path.read_text(encoding="utf-8"))
        module = name.split("/")[1]
        for imported, line in file.imports:
            if name.startswith(rules.OUTSIDE):
                allowed = imported not in rules.NOT_FOR_OUTSIDE
            elif module not in rules.IMPORTS:
                yield f"Sources/{module}: a module that rules.py does not know"
                break
            else:
                rooms = (modules for room, modules in rules.ROOM_IMPORTS.items()
                         if name.startswith(room + "/") or name == room)
                allowed = imported in rules.IMPORTS[module].union(rules.SYSTEM, *rooms)
            if not allowed:
                yield f"{name}:{line} ({module}) -> {imported} (a module it may not import)"


class Module:
    """The Swift files of one module, and who names whom among them."""

    def __init__(self, root, name):
        self.name = name
        folder = root / "Sources" / name
        self.files = [
            source.read_swift(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
            for path in swift_and_c(root, (f"Sources/{name}",)) if path.suffix in rules.SWIFT]
        self.folder = folder
        self.owners = self._owners()

    def _owners(self):
        """Name -> (file, kind), for names that one file alone declares."""
        declared = {}
        for file in self.files:
            for kind, names in (("type", file.types), ("function", file.functions),
                                ("member", file.members)):
                for name in names:
                    declared.setdefault(name, []).append((file, kind))
        cases = set()
        for file in self.files:
            cases.update(re.findall(r"\bcase\s+`?(\w+)", file.text))
        owners = {}
        for name, places in declared.items():
            if len({id(file) for file, _ in places}) > 1:
                continue
            file, kind = places[0]
            if kind == "member" and (name in cases or name in rules.COMMON_MEMBERS or any(
                    name in other.hidden or name in other.types for other in self.files
                    if other is not file)):
                continue
            owners[name] = (file, kind)
        return owners

    def uses(self, file):
        """(name, line, owner, kind) of what a file names of others of its module."""
        own = file.hidden | set(file.types) | set(file.functions)
        # An extension names the generic parameters of its type.
        for other in self.files:
            for name in file.extended & set(other.parameters):
                own |= other.parameters[name]
        seen = set()
        for match in re.finditer(r"(\.?)`?\b([A-Za-z_]\w*)\b`?", file.text):
            dot, name = match.groups()
            owner, kind = self.owners.get(name, (None, None))
            if owner is None or owner is file or name in seen:
                continue
            if kind == "member":
                if not dot or name in own:
                    continue
            elif name in own:
                continue
            elif kind == "function" and (dot or re.match(r"\s*:(?!:)", file.text[match.end():])):
                continue
            seen.add(name)
            yield name, file.line(match.start(2)), owner, kind

    def circles(self):
        """One line for each circle of files, by the types and free functions they name."""
        arrows = {file.path: {} for file in self.files}
        for file in self.files:
            for name, line, owner, kind in self.uses(file):
                if kind != "member":
                    arrows[file.path].setdefault(owner.path, (name, line))
        reported = set()
        for start in sorted(arrows):
            circle = shortest_circle(arrows, start)
            if circle and not reported & set(circle):
                reported |= set(circle)
                steps = [f"{here}:{arrows[here][there][1]} -> {arrows[here][there][0]}"
                         for here, there in zip(circle, circle[1:] + circle[:1])]
                yield f"a circle of files in {self.name}: " + ", ".join(steps)

    def floors(self):
        """What stands above the file that names it."""
        names = rules.FLOORS.get(self.name)
        if not names:
            return
        above = {}
        for file in self.files:
            *rooms, _ = file.path.removeprefix(f"Sources/{self.name}/").split("/")
            if not rooms:
                above[file.path] = -1
            elif rooms[0] in names:
                above[file.path] = names.index(rooms[0])
            else:
                yield f"{file.path}: stands on none of the floors {', '.join(names)}"
        for file in self.files:
            for name, line, owner, _ in self.uses(file):
                low, high = above.get(file.path), above.get(owner.path)
                if low is not None and high is not None and high > low:
                    floor = "the ground" if low < 0 else f"floor {low}"
                    yield f"{file.path}:{line} ({floor}) -> {name} (floor {high})"


def shortest_circle(arrows, start):
    """The files of the shortest circle through `start`, or None."""
    came_from, queue = {start: None}, deque([start])
    while queue:
        here = queue.popleft()
        for there in arrows[here]:
            if there == start:
                circle = [here]
                while came_from[circle[0]] is not None:
                    circle.insert(0, came_from[circle[0]])
                return circle
            if there not in came_from:
                came_from[there] = here
                queue.append(there)
    return None


def findings(root):
    """Every line that is wrong with the tree at `root`."""
    root = Path(root)
    found = list(sizes(root)) + list(imports(root))
    for folder in sorted((root / "Sources").iterdir()):
        if folder.is_dir() and folder.name not in rules.C_MODULES:
            module = Module(root, folder.name)
            found += list(module.floors()) + list(module.circles())
    return found


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    found = findings(root)
    print("\n".join(found) if found else "architecture: every file names only what is below it")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
