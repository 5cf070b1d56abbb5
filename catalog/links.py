"""Where apps above the catalogue say what else can be done with an image or a collection.

The catalogue's pages show these links and know nothing of who registered them.
"""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.urls import Resolver404, get_script_prefix, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .addresses import address


def by_recipe(name: str) -> str:
    """Return what follows the address of a page that ranks by this recipe, or descriptor."""
    return f"?{urlencode({'recipe': name})}"


@dataclass(frozen=True, slots=True)
class ImageLink:
    """A page about an image that has a current vector. `url_name` takes the image's number, and
    `?recipe=` names the descriptor whose vector it has."""

    label: str | Promise
    url_name: str

    def address(self, image: int) -> str:
        return address(self.url_name, image)


image_links: list[ImageLink] = []


def add_image_link(*, label: str | Promise, url_name: str) -> None:
    """Show a link on every image that can be searched with; call it from `AppConfig.ready`."""
    link = ImageLink(label, url_name)
    if link not in image_links:
        image_links.append(link)


@dataclass(frozen=True, slots=True)
class CollectionLink:
    """A page about a collection; `url_name` takes its short name."""

    label: str | Promise
    url_name: str

    def address(self, slug: str) -> str:
        return reverse(self.url_name, args=[slug])


# Shown with every collection; apps add theirs in `AppConfig.ready`.
collection_links: list[CollectionLink] = []


# Pages that lead to images, by the names of their addresses, and what a link back to each says.
ways_back: dict[str, str | Promise] = {"catalog:browse": _("Back to the pictures")}


def way_back(referer: str, host: str) -> tuple[str, str] | None:
    """Return (label, address) of the page of ours that the reader came from; None for others.

    `referer` is that header's value, and `host` the name this site was asked by.
    """
    try:
        parts = urlsplit(referer)
        if parts.netloc != host:
            return None
        path = f"/{parts.path.removeprefix(get_script_prefix())}"
        label = ways_back.get(resolve(path).view_name)
    except (ValueError, Resolver404):
        return None
    return (str(label), urlunsplit(("", "", parts.path, parts.query, ""))) if label else None


@dataclass
class PartSearch:
    """The page that searches with a part of an image: a form is sent to it from the image's page.

    `url_name` takes the image's number; empty where no app above does so.
    """

    url_name: str = ""

    def address(self, image: int, descriptor: str) -> str:
        if not self.url_name:
            return ""
        return address(self.url_name, image) + by_recipe(descriptor)


part_search = PartSearch()
