"""QR codes of ticket codes: black on white, quiet zone included."""

from io import BytesIO

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage

PIXELS_PER_MODULE = 8
QUIET_MODULES = 4


def qr_png(text: str) -> bytes:
    """A PNG of the QR code of `text`; a ticket's code gives version 6: 41 modules and the quiet zone, 392 pixels."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=PIXELS_PER_MODULE, border=QUIET_MODULES)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    out = BytesIO()
    code.make_image(image_factory=PilImage).save(out, "PNG")
    return out.getvalue()
