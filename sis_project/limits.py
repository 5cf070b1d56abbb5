"""How often one address may do what costs much: counters of fixed windows in the shared cache.

Whoever is counted appears in the cache as a keyed hash only.
"""

import ipaddress
import logging
import unicodedata
from dataclasses import dataclass
from functools import cache
from time import time

from django.conf import settings
from django.core.cache import BaseCache, caches
from django.core.cache.backends.locmem import LocMemCache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

logger = logging.getLogger(__name__)

# A household's or a server's share of the IPv6 addresses: whoever has one of them has all.
IPV6_PREFIX = 64
LOGIN_MINUTES = 15

# Counts where the shared cache does not answer: each process for itself is better than none.
own_memory = LocMemCache("limits", {})


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `number` times in each window of `seconds`; 0 times: no limit."""

    name: str
    number: int
    seconds: int

    def window(self, who: str) -> tuple[str, int]:
        """Return the current counter's key, and how many seconds it has left (at least 1).

        Windows of different people end at different moments.
        """
        digest = salted_hmac("sis.limits", f"{self.name} {who}", algorithm="sha256")
        now = int(time()) + int.from_bytes(digest.digest()[:4])
        number, passed = divmod(now, self.seconds)
        return f"limit:{digest.hexdigest()[:32]}:{number}", self.seconds - passed


def uploads() -> Limit:
    return Limit("uploads", settings.SIS_UPLOADS_PER_MINUTE, 60)


def logins() -> Limit:
    """Attempts of one address, whatever the names: passwords are slow to check."""
    return Limit("logins", settings.SIS_LOGINS_PER_MINUTE, 60)


def logins_as() -> Limit:
    """Attempts of one address with one name: others, and the name elsewhere, are not locked out."""
    return Limit("logins-as", settings.SIS_LOGIN_ATTEMPTS, LOGIN_MINUTES * 60)


def seconds_to_wait(limit: Limit, who: str) -> int:
    """Count once more; returns 0, or how long to wait where it was once too often."""
    if not limit.number:
        return 0
    key, left = limit.window(who)
    try:
        number = count(caches["default"], key, left)
    except Exception:  # the cache may be anything, with errors of its own; the search goes on
        logger.warning("The limit of %s is counted by this process alone.", limit.name)
        logger.info("The shared cache does not answer.", exc_info=True)
        number = count(own_memory, key, left)
    return left if number > limit.number else 0


def count(cache: BaseCache, key: str, timeout: int) -> int:
    """Raise a counter and return it; raises what the cache raises."""
    try:
        return cache.incr(key)
    except ValueError:
        if cache.add(key, 1, timeout + 1):
            return 1
    return cache.incr(key)  # another process has started it meanwhile


def forget(limit: Limit, who: str) -> None:
    """Start counting anew."""
    key, _left = limit.window(who)
    own_memory.delete(key)
    try:
        caches["default"].delete(key)
    except Exception:  # as above; the counter ends by itself
        logger.info("The shared cache does not answer.", exc_info=True)


def client_address(request: HttpRequest) -> str:
    """Return the address that the request came from, an IPv6 one as its /64.

    Behind a proxy (`SIS_BEHIND_PROXY`) it is the last one in X-Forwarded-For, which the proxy
    itself wrote; those before it are what the client says.
    """
    found = request.META.get("REMOTE_ADDR", "")
    if settings.SIS_BEHIND_PROXY:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if not forwarded:
            warn_of_missing_header()
        found = forwarded or found
    return as_counted(found)


@cache
def warn_of_missing_header() -> None:
    """Say once that everybody is counted as one: the proxy, or the server, drops the header."""
    logger.warning(
        "SIS_BEHIND_PROXY is on, but requests have no X-Forwarded-For: limits count all visitors "
        "together. Let the proxy send it, and the server pass it on."
    )


def as_counted(text: str) -> str:
    """Return an address without port, zone, and what one household can vary."""
    bare = text.removeprefix("[").partition("]")[0] if text.startswith("[") else text
    if bare.count(":") == 1:  # an IPv4 address and a port
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))


def login_name(request: HttpRequest) -> str:
    """Return the name that a log-in form was sent with, as accounts are looked up."""
    return unicodedata.normalize("NFKC", request.POST.get("username", "")).strip().casefold()


def name_and_address(request: HttpRequest) -> str:
    return f"{client_address(request)} {login_name(request)}"
