"""A QR code as an SVG picture, served from an address of its own: pages carry no inline script or style."""

from io import BytesIO

import qrcode
from qrcode.image.svg import SvgPathFillImage


def qr_svg(text: str) -> bytes:
    """Black on white with the quiet zone that readers need, in vectors."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, image_factory=SvgPathFillImage)
    code.add_data(text)
    picture = BytesIO()
    code.make_image().save(picture)
    return picture.getvalue()
