"""Folders to import, and what came of them."""

from pathlib import Path

from catalog.models import Image
from tests.helpers import encoded, picture


def write(path: Path, seed: int = 0, format: str = "JPEG", **options) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = encoded(picture(seed), format, **options)
    path.write_bytes(content)
    return content


def names() -> list[str]:
    return list(Image.objects.order_by("name").values_list("name", flat=True))


def counts(report) -> tuple[int, int, int, int, int]:
    return (
        report.added,
        report.replaced,
        report.unchanged,
        len(report.duplicates),
        len(report.skipped),
    )


def stored_files(media: Path) -> set[str]:
    return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}
