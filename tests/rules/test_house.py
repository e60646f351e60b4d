"""Rules of the house that no other tool checks."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIRST_PARTY = [
    ROOT / "platform",
    *(ROOT / d for d in ("tenants", "storefront", "organizer_portal", "payouts", "scanning", "analytics")),
]
SOURCES = sorted(p for folder in FIRST_PARTY for p in folder.rglob("*.py") if "migrations" not in p.parts)


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_platform_is_a_source_root_and_not_a_package():
    assert not (ROOT / "platform" / "__init__.py").exists(), "it would shadow Python's own module platform"


@pytest.mark.parametrize("name", ["actions", "queries", "models"])
def test_verbs_reads_and_nouns_know_no_http(name):
    guilty = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.stem == name and any(m.startswith("django.http") for m in imports_of(path))
    ]
    assert guilty == []


def test_no_file_is_named_for_nothing():
    vague = {"utils", "helpers", "services", "managers", "common", "misc"}
    assert [str(p.relative_to(ROOT)) for p in SOURCES if p.stem in vague] == []


BANNED = {
    r"^\s*with (?:self\.)?(?:tenant|organizer):": "enter an organizer with tenant_context(organizer)",
    r"^\s*@(?:schema|tenant)_context": "a shared decorator leaves threads on another organizer's schema",
    r"threading\.Thread\(": "a thread of our own has no organizer",
    r"asyncio\.create_task\(": "work after the answer belongs to a task",
    r"style=\"": "no inline style: the policy blocks it",
}


# A socket and a process's reader live as long as their tasks; a read of the on-sale path names its organizer itself.
OWN_TASKS = {"consumers", "lanes", "onsale", "stock_hub"}


@pytest.mark.parametrize("pattern", BANNED)
def test_what_leaks_between_organizers_is_not_written(pattern):
    lines = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in SOURCES
        if "sandbox" not in path.parts and path.stem not in OWN_TASKS
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert lines == [], BANNED[pattern]


TEMPLATES = sorted(
    p for folder in FIRST_PARTY for p in folder.rglob("*.html") if "mail" not in p.name and "mail" not in p.parts
)


@pytest.mark.parametrize("pattern", [r"<script(?![^>]*\bsrc=)", r"\sstyle=", r"\son[a-z]+=\"", r"<style", r"\|safe\b"])
def test_templates_hold_to_the_static_policy(pattern):
    guilty = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in TEMPLATES
        if "print" not in path.parts and "pdf" not in path.parts
        for match in re.finditer(pattern, path.read_text())
    ]
    assert guilty == []
