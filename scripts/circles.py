#!/usr/bin/env python3
"""Fails where files of a crate need each other in a circle: `scripts/circles.py [CRATE ...]`, all crates without names.

A file needs the file that defines what it names, in `use` or in a path, however often that is exported again on the way; a `mod.rs` that
only hands things on is in no circle. Tests do not count, and neither do calls of methods, whose file no name tells.
"""

import os
import re
import sys

sys.setrecursionlimit(20_000)
CRATES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crates")
TESTS = re.compile(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?mod\s+\w+\s*([{;])")
# Comments, raw texts, texts, characters.
NO_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|\bb?r(#*)".*?"\1|"(?:\\.|[^"\\])*"|'(?:\\[^']+|[^'\\])'""", re.DOTALL
)
USE = re.compile(r"^[ \t]*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);", re.MULTILINE)
DEFINED = re.compile(r"\b(?:fn|struct|enum|trait|type|const|static|union|mod)\s+(\w+)|macro_rules!\s*(\w+)")
PATH = re.compile(r"(?<![\w:$])\w+(?:\s*::\s*\w+)+")


def without_tests(code):
    """The code without its modules of tests."""
    while found := TESTS.search(code):
        end, depth = found.end(), int(found[1] == "{")
        while depth and end < len(code):
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        code = code[: found.start()] + code[end:]
    return code


def parts(tree, before=()):
    """The paths of a tree of `use`, each with the name that it has here; that of all names is `*`."""
    head, rest = re.match(r"((?:\w+\s*::\s*)*)(.*)", tree.strip(), re.DOTALL).groups()
    path = before + tuple(word.strip() for word in head.split("::") if word.strip())
    if not rest.startswith("{"):
        name, _, alias = rest.partition(" as ")
        if name == "self":
            return [(path, alias.strip() or path[-1])]
        return [(path + (name.strip(),), (alias or name).strip())]
    found, depth, start = [], 0, 1
    for at, sign in enumerate(rest):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if (sign == "," and depth == 1) or (sign == "}" and depth == 0):
            if rest[start:at].strip():
                found += parts(rest[start:at], path)
            start = at + 1
    return found


class File:
    """A file as a module: what it defines, and what it takes from elsewhere."""

    def __init__(self, source, name):
        words = name[:-3].split("/")
        self.name, self.module = name, tuple(words[:-1] if words[-1] in ("mod", "lib", "main") else words)
        with open(os.path.join(source, name), encoding="utf-8") as file:
            code = without_tests(NO_CODE.sub('""', file.read()))
        self.uses = [(bool(public), *one) for public, tree in USE.findall(code) for one in parts(tree)]
        self.code = USE.sub("", code)
        self.defined = {name for names in DEFINED.findall(self.code) for name in names if name}

    def names(self, word):
        """Whether the word is in the code."""
        return re.search(rf"\b{re.escape(word)}\b", self.code)


class Crate:
    """The files of a crate by their modules."""

    def __init__(self, source):
        names = [os.path.relpath(os.path.join(folder, name), source) for folder, _, all in os.walk(source) for name in all]
        code = [name for name in names if name.endswith(".rs") and not re.search(r"(^|/)tests(/|\.rs$)", name)]
        files = [File(source, name) for name in sorted(code)]
        self.files = {file.module: file for file in files}

    def absolute(self, file, path):
        """The path from the root of the crate; None where it leads out of it."""
        first, base = path[0], file.module
        if first == "crate":
            return path[1:]
        if first == "self":
            return base + path[1:]
        if first == "super":
            while path and path[0] == "super":
                base, path = base[:-1], path[1:]
            return base + path
        return base + path if base + path[:1] in self.files else None

    def here(self, file, path):
        """The same of a path in code, which may begin with a name that was taken from elsewhere."""
        found = self.absolute(file, path)
        if found is None:
            for _, own, alias in file.uses:
                if alias == path[0] and (taken := self.absolute(file, own)) is not None:
                    return taken + path[1:]
        return found

    def home(self, path, seen=frozenset()):
        """The file that defines what the path leads to; None for a module itself, of which nothing is needed yet."""
        if path in seen or path in self.files:
            return None
        seen |= {path}
        deep = max((deep for deep in range(len(path)) if path[:deep] in self.files), default=0)
        file, rest = self.files.get(path[:deep]), path[deep:]
        if file is None or rest[0] in file.defined:
            return file
        for _, own, alias in file.uses:
            if alias == rest[0]:
                taken = self.absolute(file, own)
                return self.home(taken + rest[1:], seen) if taken is not None else None
        for _, own, alias in file.uses:
            if alias == "*" and (taken := self.absolute(file, own[:-1] or ("self",))) is not None:
                found = self.home(taken + rest, seen)
                if found is not None and rest[0] in found.defined:
                    return found
        return file

    def needs(self, file):
        """The names of the files that a file needs, each with what for."""
        found = {}

        def add(path):
            home = self.home(path)
            if home is not None and home is not file:
                found.setdefault(home.name, set()).add(path[-1])

        for public, own, alias in file.uses:
            path = self.absolute(file, own)
            # What is only handed on is needed by whoever takes it.
            if path is None or (public and not (alias != "*" and file.names(alias))):
                continue
            if alias != "*":
                add(path)
            elif path[:-1] in self.files:
                inner = self.files[path[:-1]]
                for word in inner.defined | {alias for _, _, alias in inner.uses}:
                    if word != "*" and file.names(word):
                        add(path[:-1] + (word,))
        for path in PATH.findall(file.code):
            path = self.here(file, tuple(word.strip() for word in path.split("::")))
            if path:
                add(path)
        return found


def circles(needs):
    """The strongly connected parts of more than one file, by Tarjan."""
    number, low, stack, found = {}, {}, [], []

    def visit(name):
        number[name] = low[name] = len(number)
        stack.append(name)
        for other in needs[name]:
            if other not in number:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == number[name]:
            at = stack.index(name)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for name in needs:
        if name not in number:
            visit(name)
    return found


def main():
    any_found = False
    for name in sys.argv[1:] or sorted(os.listdir(CRATES)):
        crate = Crate(os.path.join(CRATES, name, "src"))
        needs = {file.name: crate.needs(file) for file in crate.files.values()}
        for circle in circles(needs):
            any_found = True
            print(f"crates/{name}/src: these {len(circle)} files need each other in a circle")
            for one in circle:
                for other in sorted(set(circle) & needs[one].keys()):
                    print(f"    {one} needs {other} for {', '.join(sorted(needs[one][other]))}")
    sys.exit(any_found)


if __name__ == "__main__":
    main()
