"""How statements look on paper."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language

from tickets.pdf import Document, draw

STYLE = """
h1 { font-size: 18pt; margin-bottom: 1mm } h2 { font-size: 12pt; margin: 7mm 0 1mm } .note { color: #57606a }
table { width: 100%; border-collapse: collapse; font-size: 9pt } td, th { padding: 1mm 2mm 1mm 0; vertical-align: top;
text-align: left; border-bottom: .2mm solid #e6e8eb } .n { text-align: right; white-space: nowrap; padding-right: 0 }
td.n + td.n, th.n + th.n { padding-left: 2mm } .how { color: #57606a } .sum td { font-weight: 600; border-top: .3mm solid #1a1d21 }
section { break-inside: avoid } .orders, .lines { font-size: 7.5pt } .lines { margin-top: 2mm } .lines .at { white-space: nowrap }
thead { display: table-header-group } tr { break-inside: avoid } h2 { break-after: avoid }
"""


def on_paper(template: str, context: dict[str, Any]) -> bytes:
    """A template's page as a PDF. Raises PdfUnavailable without native Pango."""
    html = render_to_string(template, {**context, "language": get_language()})
    return draw(Document(html=html, theme=STYLE, images={}, digest=""))
