"""How a picture's own file is handed out: without metadata, unless the settings say otherwise."""

from io import BytesIO
from pathlib import PurePosixPath
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import FileResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from ..models import Image, PictureFormat
from .metadata import NotUnderstood, can_filter, length, read, without_metadata
from .thumbnails import rendition_of

CONTENT_TYPES = {
    PictureFormat.JPEG: "image/jpeg",
    PictureFormat.PNG: "image/png",
    PictureFormat.WEBP: "image/webp",
    PictureFormat.GIF: "image/gif",
    PictureFormat.BMP: "image/bmp",
    PictureFormat.TIFF: "image/tiff",
    PictureFormat.HEIC: "image/heic",
    PictureFormat.AVIF: "image/avif",
}


def gets_whole_file(image: Image, user: User | AnonymousUser) -> bool:
    """Tell whether this user is given the file as it was imported.

    Where metadata cannot be taken out, that is who may see images in the administration.
    """
    if settings.SIS_SERVE_METADATA:
        return True
    return not can_filter(image.format) and user.has_perm("catalog.view_image")


def serve_original(image: Image, user: User | AnonymousUser) -> StreamingHttpResponse:
    """Answer with the file: whole, without its metadata, or else as a rendition in JPEG.

    Raises `OSError` where the file is gone, `PictureError` where it cannot be decoded now.
    """
    name = PurePosixPath(image.shown_source).name
    content_type = CONTENT_TYPES[PictureFormat(image.format)]
    if gets_whole_file(image, user):
        return FileResponse(image.file.open("rb"), content_type=content_type, filename=name)
    if can_filter(image.format):
        file = image.file.open("rb")
        try:
            return filtered(file, image.format, name, content_type)
        except NotUnderstood:
            file.close()
        except BaseException:
            file.close()
            raise
    rendition = BytesIO(rendition_of(image, "large").data)
    rendition_name = f"{PurePosixPath(name).stem}.jpg"
    return FileResponse(rendition, content_type="image/jpeg", filename=rendition_name)


def filtered(file: Any, format: str, name: str, content_type: str) -> StreamingHttpResponse:
    """Stream an open file without its metadata; raises `NotUnderstood`."""
    parts = without_metadata(file, format)
    disposition = content_disposition_header(False, name)
    response = StreamingHttpResponse(
        read(file, parts),
        content_type=content_type,
        headers={"Content-Length": str(length(parts)), "Content-Disposition": str(disposition)},
    )
    # Not the generator's own end: nobody starts it where only headers are asked for.
    cast(Any, response)._resource_closers.append(file.close)
    return response
