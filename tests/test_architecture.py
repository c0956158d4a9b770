# -*- test-case-name: tests.test_architecture -*-
"""
What holds for the shape of the code as a whole.
"""

from __future__ import annotations

import ast
import configparser
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from twisted.application.service import IServiceMaker
from twisted.plugin import getPlugins
from twisted.trial.unittest import SynchronousTestCase

from hatwist import tap

CHECKOUT = Path(__file__).resolve().parents[1]
MAX_FILE = 400
MAX_FUNCTION = 50
WITHOUT_CODE = ("__init__.py", "__main__.py")
TESTED_BY = re.compile(r"# -\*- test-case-name: ([\w.]+) -\*-")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*rooms: str) -> Iterator[Path]:
    """Yield every module of some directories of the checkout."""
    for room in rooms:
        yield from sorted((CHECKOUT / room).rglob("*.py"))


def name(path: Path) -> str:
    """Return how a file is called in a complaint."""
    return str(path.relative_to(CHECKOUT))


def length(function: Function) -> int:
    """Return the lines of a function without its docstring."""
    end = function.end_lineno or function.lineno
    doc = function.body[0] if ast.get_docstring(function) is not None else None
    described = 0 if doc is None else (doc.end_lineno or doc.lineno) - doc.lineno + 1
    return end - function.lineno + 1 - described


def undocumented(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    """Yield the public classes, functions and methods without a docstring."""
    for node in body:
        if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None and not overload(node):
            yield f"{prefix}:{node.lineno} {node.name}"
        if isinstance(node, ast.ClassDef):
            yield from undocumented(node.body, prefix)


def overload(node: ast.ClassDef | Function) -> bool:
    """Tell whether this is one of several signatures of a function."""
    return any(isinstance(d, ast.Name) and d.id == "overload" for d in node.decorator_list)


class ShapeTests(SynchronousTestCase):
    """Sizes, docstrings, the first line."""

    def test_files_hold_one_idea(self) -> None:
        """No module has more than 400 lines."""
        long = [
            f"{name(path)}: {lines}"
            for path in modules("hatwist", "scripts")
            if (lines := len(path.read_text().splitlines())) > MAX_FILE
        ]
        self.assertEqual(long, [])

    def test_functions_do_one_thing(self) -> None:
        """No function has more than 50 lines besides its docstring."""
        long = [
            f"{name(path)}:{node.lineno} {node.name}: {length(node)}"
            for path in modules("hatwist", "scripts", "tests")
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, Function) and length(node) > MAX_FUNCTION
        ]
        self.assertEqual(long, [])

    def test_public_names_are_explained(self) -> None:
        """Every module, and every public class, function and method, has a docstring."""
        found: list[str] = []
        for path in modules("hatwist", "scripts", "twisted"):
            tree = ast.parse(path.read_text())
            if ast.get_docstring(tree) is None:
                found.append(name(path))
            found += undocumented(tree.body, name(path))
        self.assertEqual(found, [])

    def test_modules_name_their_tests(self) -> None:
        """The first line of a module with code names a test module that exists."""
        paths = [path for path in modules("hatwist", "scripts") if path.name not in WITHOUT_CODE]
        paths += [path for path in modules("tests") if path.name.startswith("test_")]
        firsts = {name(path): path.read_text().partition("\n")[0] for path in paths}
        found = {path: TESTED_BY.fullmatch(first) for path, first in firsts.items()}
        wrong = [path for path, match in found.items() if match is None or not exists(match[1])]
        self.assertEqual(wrong, [])

    def test_every_package_is_installed(self) -> None:
        """setup.cfg lists every package of hatwist."""
        config = configparser.ConfigParser()
        config.read(CHECKOUT / "setup.cfg")
        listed = {line for line in config["options"]["packages"].split() if line.startswith("hatwist")}
        there = {
            ".".join(path.parent.relative_to(CHECKOUT).parts)
            for path in modules("hatwist")
            if path.name == "__init__.py"
        }
        self.assertEqual(there, listed)


def exists(module: str) -> bool:
    """Tell whether a module or package of tests is there."""
    place = CHECKOUT.joinpath(*module.split("."))
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


class RoomTests(SynchronousTestCase):
    """Who may import whom, and the door for twistd."""

    def test_import_contracts(self) -> None:
        """The contracts in setup.cfg are kept."""
        linter = str(Path(sys.executable).with_name("lint-imports"))
        ran = subprocess.run(
            [linter, "--config", "setup.cfg", "--no-cache", "--no-logo"],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def test_plugin_is_found(self) -> None:
        """twistd knows hatwist, and where its service is made."""
        found = [maker for maker in getPlugins(IServiceMaker) if maker.tapname == "hatwist"]
        self.assertNotEqual(found, [])
        self.assertIs(found[0].makeService, tap.makeService)
        self.assertIs(found[0].options, tap.Options)
