"""The colours of charts, and how an SVG takes others where the reader's screen is dark. Pure."""

INK, MUTED, GRID, BAND = "#18212b", "#51606f", "#d5dbe1", "#f1f4f6"
BAR, LOSS, MEAN = "#0f766e", "#b45309", "#8f1d1d"
PAPER = "#ffffff"

DARK = {
    INK: "#e8edf2",
    MUTED: "#a9b6c2",
    GRID: "#2f3b46",
    BAND: "#232d37",
    BAR: "#5ccabd",
    LOSS: "#f0a35e",
    MEAN: "#ffc9cb",
    PAPER: "#192129",
}


def with_dark_colours(svg: bytes) -> bytes:
    """Return an SVG of matplotlib that is dark where its reader prefers that.

    A page's own media query does not reach into an `<img>`, but the picture's does. Matplotlib
    writes each colour into a `style` attribute, by which the rules find it.
    """
    rules = "".join(
        f'[style*="{kind}: {colour}"]{{{kind}:{dark}!important}}'
        for colour, dark in DARK.items()
        for kind in ("fill", "stroke")
    )
    style = f"<style>@media (prefers-color-scheme: dark){{{rules}}}</style>".encode()
    start = svg.index(b">", svg.index(b"<svg")) + 1
    return svg[:start] + style + svg[start:]
