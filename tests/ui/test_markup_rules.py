"""House rules for templates and scripts that a machine can see (the policy forbids what is inline; tokens do the rest)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = {
    r"<script(?![^>]*\ssrc=)": "no inline script: put it into client/*.ts",
    r"<style[\s>]": "no style tag: put it into a stylesheet",
    r"\sstyle\s*=": "no style attribute: the policy blocks it",
    r"\son[a-z]+\s*=\s*[\"']": "no inline handler: put it into client/*.ts",
    r"\bhx-on\b|\bhx-vals\s*=\s*[\"']js:": "nothing that htmx would evaluate",
    r"(?<![\w-])(?:[a-z-]+:)*text-(?:error|success|warning|info)(?![\w-])": "fills are no inks: text-err, text-ok, text-warn, text-note",
    r"https?://(?!www\.w3\.org/)": "no foreign address in a template",
    r"\b(?:[a-z-]+:)*(?:m|p|w|h|max-w|text|gap|rounded|bg)[a-z]?-\[": "use a token, not a measure of your own",
}


def page_templates() -> Iterator[Path]:
    """Every HTML template except e-mails, which know no stylesheet, and what is printed."""
    for pattern in ("*/templates/**/*.html", "platform/*/templates/**/*.html"):
        for path in ROOT.glob(pattern):
            if not re.search(r"mail|/pdf|_pdf|print", path.relative_to(ROOT).as_posix()):
                yield path


@pytest.mark.parametrize("path", sorted(page_templates()), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_template_keeps_the_house_rules(path: Path) -> None:
    text = path.read_text()

    broken = [f"{found.group(0).strip()!r}: {why}" for rule, why in RULES.items() for found in re.finditer(rule, text)]

    assert broken == []
