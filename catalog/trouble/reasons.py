"""Why something outside failed, in the reader's language: what disks, networks and storages raise.

The texts of the operating system and of client libraries are English (or the machine's language),
and name addresses and keys that are nobody's business: they go to the log, never into a sentence.
No client library is imported here: its errors are known by their names.
"""

import errno
import logging
import socket
from collections.abc import Iterator
from functools import lru_cache

from django.core.exceptions import SuspiciousFileOperation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

logger = logging.getLogger(__name__)

BY_NUMBER: dict[int, str | Promise] = {
    errno.ENOENT: gettext_lazy("No such file or directory"),
    errno.ENXIO: gettext_lazy("No such device"),
    errno.ENODEV: gettext_lazy("No such device"),
    errno.EACCES: gettext_lazy("Permission denied"),
    errno.EPERM: gettext_lazy("Operation not permitted"),
    errno.EISDIR: gettext_lazy("Is a directory"),
    errno.ENOTDIR: gettext_lazy("Not a directory"),
    errno.ENOTEMPTY: gettext_lazy("Directory not empty"),
    errno.EEXIST: gettext_lazy("File exists"),
    errno.ENOSPC: gettext_lazy("No space left on device"),
    errno.EDQUOT: gettext_lazy("Disk quota exceeded"),
    errno.EFBIG: gettext_lazy("File too large"),
    errno.EROFS: gettext_lazy("Read-only file system"),
    errno.EIO: gettext_lazy("Input/output error"),
    errno.EINVAL: gettext_lazy("Invalid argument"),
    errno.EILSEQ: gettext_lazy("the name has letters that cannot be written here"),
    errno.ENAMETOOLONG: gettext_lazy("File name too long"),
    errno.ELOOP: gettext_lazy("links lead in a circle"),
    errno.EMLINK: gettext_lazy("Too many links"),
    errno.EXDEV: gettext_lazy("it is on another disk"),
    errno.EBUSY: gettext_lazy("another program is using it"),
    errno.ETXTBSY: gettext_lazy("another program is using it"),
    errno.EAGAIN: gettext_lazy("it is busy at the moment"),
    errno.EDEADLK: gettext_lazy("it is locked by another program"),
    errno.ENOLCK: gettext_lazy("it is locked by another program"),
    errno.EMFILE: gettext_lazy("Too many open files"),
    errno.ENFILE: gettext_lazy("the system has too many files open"),
    errno.ENOMEM: gettext_lazy("there is not enough memory"),
    errno.ESTALE: gettext_lazy("the network folder has lost the file"),
    errno.ENOTCONN: gettext_lazy("the network folder is not connected"),
    errno.EADDRINUSE: gettext_lazy("Address already in use"),
    errno.EADDRNOTAVAIL: gettext_lazy("this machine does not have the address"),
    errno.ETIMEDOUT: gettext_lazy("no answer came in time"),
    errno.ECONNREFUSED: gettext_lazy("Connection refused"),
    errno.ECONNRESET: gettext_lazy("the connection was broken off"),
    errno.ECONNABORTED: gettext_lazy("the connection was broken off"),
    errno.EPIPE: gettext_lazy("the connection was broken off"),
    errno.ENETDOWN: gettext_lazy("Network is unreachable"),
    errno.ENETUNREACH: gettext_lazy("Network is unreachable"),
    errno.EHOSTDOWN: gettext_lazy("the server cannot be reached"),
    errno.EHOSTUNREACH: gettext_lazy("the server cannot be reached"),
}

# Errors that carry no number, by the names of their classes, those of base classes included.
BY_CLASS: dict[str, int | str | Promise] = {
    "FileNotFoundError": errno.ENOENT,
    "PermissionError": errno.EACCES,
    "IsADirectoryError": errno.EISDIR,
    "NotADirectoryError": errno.ENOTDIR,
    "FileExistsError": errno.EEXIST,
    "ConnectionRefusedError": errno.ECONNREFUSED,
    "ConnectionResetError": errno.ECONNRESET,
    "ConnectionAbortedError": errno.ECONNABORTED,
    "BrokenPipeError": errno.EPIPE,
    "TimeoutError": errno.ETIMEDOUT,
    "MemoryError": errno.ENOMEM,
    "UnicodeEncodeError": errno.EILSEQ,
    "EOFError": gettext_lazy("it ends early"),
    "gaierror": gettext_lazy("the server's name is not known"),
    "SSLCertVerificationError": gettext_lazy("the server's certificate is not trusted"),
    # urllib3, requests, and what passes through them
    "NewConnectionError": errno.ECONNREFUSED,
    "NameResolutionError": gettext_lazy("the server's name is not known"),
    "ConnectTimeout": errno.ETIMEDOUT,
    "ReadTimeout": errno.ETIMEDOUT,
    # botocore, boto3
    "ConnectTimeoutError": errno.ETIMEDOUT,
    "ReadTimeoutError": errno.ETIMEDOUT,
    "EndpointConnectionError": gettext_lazy("the server cannot be reached"),
    "ConnectionClosedError": errno.ECONNRESET,
    "ResponseStreamingError": errno.ECONNRESET,
    "IncompleteReadError": gettext_lazy("it ends early"),
    "ProxyConnectionError": gettext_lazy("the proxy cannot be reached"),
    "SSLError": gettext_lazy("no secure connection could be made"),
    "NoCredentialsError": gettext_lazy("no access key is set"),
    "PartialCredentialsError": gettext_lazy("the access key is set in part only"),
    "NoRegionError": gettext_lazy("no region is set"),
    "ParamValidationError": gettext_lazy("the name of the bucket or of the object is not valid"),
    "InvalidEndpointConfigurationError": gettext_lazy("the server's address is not valid"),
}

# What servers of objects answer: S3's codes and the numbers of HTTP.
BY_ANSWER: dict[str, str | Promise] = {
    "NoSuchKey": gettext_lazy("there is no such object"),
    "NotFound": gettext_lazy("there is no such object"),
    "NoSuchBucket": gettext_lazy("there is no such bucket"),
    "AccessDenied": gettext_lazy("access is denied"),
    "AllAccessDisabled": gettext_lazy("access is denied"),
    "Forbidden": gettext_lazy("access is denied"),
    "AccountProblem": gettext_lazy("access is denied"),
    "InvalidAccessKeyId": gettext_lazy("the access key is not known"),
    "SignatureDoesNotMatch": gettext_lazy("the secret key is wrong"),
    "ExpiredToken": gettext_lazy("the access key has expired"),
    "RequestTimeTooSkewed": gettext_lazy("the clock of this machine is wrong"),
    "QuotaExceeded": gettext_lazy("the storage's quota is used up"),
    "XMinioStorageFull": gettext_lazy("the storage is full"),
    "EntityTooLarge": gettext_lazy("the file is too large for the storage"),
    "InvalidObjectState": gettext_lazy("the object is archived"),
    "KeyTooLongError": gettext_lazy("the name is too long for the storage"),
    "SlowDown": gettext_lazy("the storage is overloaded"),
    "RequestTimeout": gettext_lazy("no answer came in time"),
    "InternalError": gettext_lazy("the storage reports an error of its own"),
    "ServiceUnavailable": gettext_lazy("the storage is not available"),
    "400": gettext_lazy("the storage did not accept the request"),
    "401": gettext_lazy("access is denied"),
    "403": gettext_lazy("access is denied"),
    "404": gettext_lazy("there is no such object"),
    "408": gettext_lazy("no answer came in time"),
    "413": gettext_lazy("the file is too large for the storage"),
    "429": gettext_lazy("the storage is overloaded"),
    "500": gettext_lazy("the storage reports an error of its own"),
    "502": gettext_lazy("the storage is not available"),
    "503": gettext_lazy("the storage is not available"),
    "504": gettext_lazy("no answer came in time"),
    "507": gettext_lazy("the storage is full"),
}

# Packages whose errors are those of a storage that is elsewhere.
CLIENT_PACKAGES = (
    *("botocore", "boto3", "s3transfer", "azure", "urllib3", "requests", "paramiko", "dropbox"),
    # Not all of `google`: TensorFlow brings a part of it.
    *("libcloud", "google.api_core", "google.auth", "google.cloud", "google.resumable_media"),
)


def reason(error: BaseException) -> str:
    """Say in a few words, without a full stop, why something outside failed.

    A phrase of the reader's language for what systems and storages commonly raise (in English, the
    one that administrators know from POSIX); for anything else the error's class and code, and the
    library's own text in the log.
    """
    for cause in causes(error):
        if (phrase := known_phrase(cause)) is not None:
            return str(phrase)
    log_once(f"{type(error).__module__}.{type(error).__qualname__}", str(error).strip())
    return _("unexpected error: %(name)s") % {"name": technical_name(error)}


def of_storage(error: BaseException) -> bool:
    """Tell whether a disk or a storage's client raised this, and not a mistake of ours."""
    return isinstance(error, OSError) or of_client(error)


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what it was raised for; libraries wrap what a system told them."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        inner = getattr(current, "reason", None)  # urllib's and urllib3's
        current = inner if isinstance(inner, BaseException) else current.__cause__
        # Not every library says what it wraps, but one wrapped by accident explains nothing.
        if current is None and of_client(error):
            current = error.__context__


def known_phrase(error: BaseException) -> str | Promise | None:
    """Return the phrase for this very error; None where there is none."""
    answer = answer_code(error)
    if answer in BY_ANSWER:
        # Administrators look up a server's own code; the number of HTTP says less than the words.
        return str(BY_ANSWER[answer]) + ("" if answer.isdecimal() else f": {answer}")
    # A resolver's and OpenSSL's numbers are their own, and mean something else to a system.
    numbered = isinstance(error, OSError) and not isinstance(error, socket.gaierror)
    if numbered and getattr(error, "errno", None) in BY_NUMBER and not is_ssl(error):
        return BY_NUMBER[error.errno]  # type: ignore[attr-defined]  # an OSError, as just seen
    if isinstance(error, SuspiciousFileOperation):
        return gettext_lazy("the path leads out of the storage")
    for kind in type(error).__mro__:
        found = BY_CLASS.get(kind.__name__)
        if found is not None:
            return BY_NUMBER[found] if isinstance(found, int) else found
    return None


def is_ssl(error: BaseException) -> bool:
    return any(kind.__name__ == "SSLError" for kind in type(error).__mro__)


def answer_code(error: BaseException) -> str:
    """Return what a server of objects answered: S3's code, or the number of HTTP; else ''."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        code = str(response.get("Error", {}).get("Code", ""))
        status = str(response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
        return code if code in BY_ANSWER or not status else (code or status)
    if of_client(error):
        for name in ("status_code", "code"):
            value = getattr(error, name, None)
            if isinstance(value, int):  # also HTTPStatus
                return str(int(value))
    return ""


def technical_name(error: BaseException) -> str:
    """Return an error's class, and its number or code where it has one."""
    code = answer_code(error) or getattr(error, "errno", None)
    name = type(error).__name__
    return f"{name} {code}" if code else name


def of_client(error: BaseException) -> bool:
    """Tell whether the client library of a storage that is elsewhere raised this."""
    return f"{type(error).__module__}.".startswith(tuple(f"{name}." for name in CLIENT_PACKAGES))


@lru_cache(maxsize=256)
def log_once(name: str, text: str) -> None:
    """Write a library's text to the log; a thousand files may fail in the same way."""
    logger.warning("%s: %s", name, text)
