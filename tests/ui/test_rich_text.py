"""What people type becomes HTML in which nothing runs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.rich_text import ATTRIBUTES, TAGS, cleaned, to_html


def test_a_plain_text_stays_what_it_was() -> None:
    assert to_html("Doors at eight.\nBar until two.\n\nStep-free & quiet.") == (
        "<p>Doors at eight.<br>\nBar until two.</p>\n<p>Step-free &amp; quiet.</p>"
    )
    assert to_html("  \n ") == ""
    assert to_html("    four blanks are no code") == "<p>four blanks are no code</p>"


def test_a_little_form() -> None:
    assert to_html("# Line-up\n- **Ana**\n- *Ben*") == (
        "<h3>Line-up</h3>\n<ul>\n<li><strong>Ana</strong></li>\n<li><em>Ben</em></li>\n</ul>"
    )
    assert to_html("[The band](https://band.example)") == (
        '<p><a href="https://band.example" rel="noopener nofollow ugc">The band</a></p>'
    )
    assert to_html("### Small") == "<h4>Small</h4>"


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    '[x](https://a.example "onmouseover=alert(1)")',
    '[x](https://a.example"onmouseover="alert(1))',
    "<a href='https://a.example' style='position:fixed' onclick=alert(1)>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<math><mtext><table><mglyph><style><!--</style><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><script>alert(1)</script>-->",
    "**<script>**alert(1)</script>",
    "[a]: javascript:alert(1)\n\n[a]",
    "<form action=/x><input name=y><button>z</button></form>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "\x00<script>\x00alert(1)</script>",
]
SAFE_TAG = re.compile(
    r'</?(?:{})(?: href="(?:https?:|mailto:|tel:|[^":]*")[^"<>]*"?)?(?: rel="[a-z ]+")?>'.format("|".join(TAGS))
)


def is_harmless(html: str) -> bool:
    """No tag but those allowed, each without attributes but a plain address and our own rel."""
    left = SAFE_TAG.sub("", html)
    return "<" not in left


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_runs(text: str) -> None:
    assert is_harmless(to_html(text)), to_html(text)
    assert is_harmless(cleaned(text)), cleaned(text)
    assert not re.search(r'href="\s*(javascript|vbscript|data):', to_html(text) + cleaned(text), re.I)


@given(
    st.lists(
        st.sampled_from([*HOSTILE, "**", "*", "\n\n", "- ", "> ", "`", "[", "](", ")", "<", ">", '"', "&lt;"]),
        max_size=8,
    )
)
def test_nothing_runs_however_it_is_put_together(parts: list[str]) -> None:
    html = to_html("".join(parts))

    assert is_harmless(html), html
    assert cleaned(html) == html  # clean once is clean
    assert set(ATTRIBUTES) == {"a", "*"}
