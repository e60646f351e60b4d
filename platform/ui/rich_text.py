"""Texts with a little form: what people type as Markdown, as HTML in which nothing runs (docs/rich-text.md).

Plain text is Markdown already: a blank line begins a paragraph, a new line stays one. Raw HTML is shown as it was typed. What
comes out is cleaned by an allowlist when it is written and again when it is shown, so that neither a fault of the Markdown
library nor a row that was written in another way can bring a script onto a page.
"""

from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

TAGS = {"p", "br", "strong", "em", "h3", "h4", "ul", "ol", "li", "blockquote", "hr", "a"}
ATTRIBUTES: dict[str, set[str]] = {"a": {"href"}, "*": set()}
SCHEMES = {"http", "https", "mailto", "tel"}


def to_html(text: str) -> str:
    """The text as clean HTML, "" for a text of blanks. Headings begin at h3: a page's own are above them."""
    return cleaned(_markdown().render(text.replace("\x00", ""))).strip() if text.strip() else ""


def cleaned(html: str) -> str:
    """HTML without whatever is not allowed here; the words inside what goes stay, those of a script go with it."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener nofollow ugc",
        clean_content_tags={"script", "style"},
        strip_comments=True,
    )


@cache
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "breaks": True})
    # No pictures (they have a place of their own), and nothing that a plain text would fall into by chance.
    made.disable(["image", "html_block", "html_inline", "code", "fence", "reference", "lheading"])
    made.core.ruler.push("lower_headings", _lower_headings)
    return made


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h3" if token.tag in ("h1", "h2") else "h4"
