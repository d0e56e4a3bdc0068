"""Makes QR codes, as pictures for papers. The one door to segno."""

import io

import segno


def svg(text: str, *, error: str = "m") -> bytes:
    """Make a QR code as an SVG picture.

    Args:
        text: what it says; letters A to Z and digits make it smallest.
        error: how much may be soiled: ``l`` 7, ``m`` 15, ``q`` 25, ``h`` 30 per cent.
    """
    code = segno.make_qr(text, error=error, boost_error=False)
    out = io.BytesIO()
    code.save(out, kind="svg", border=4, xmldecl=False, svgns=True)
    return out.getvalue()
