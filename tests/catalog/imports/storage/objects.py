"""Objects in a storage: a folder of this machine, or a bucket of an S3 server."""

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tests.helpers import encoded, picture

BUCKET = "pictures"


def keys(client) -> list[str]:
    return [entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def put(key: str, seed: int = 0, format: str = "JPEG") -> bytes:
    content = encoded(picture(seed), format)
    if default_storage.exists(key):
        default_storage.delete(key)
    default_storage.save(key, ContentFile(content))
    return content
