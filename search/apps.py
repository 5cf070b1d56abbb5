from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = _("Search")

    def ready(self) -> None:
        from catalog.files.filesets import add_file_set
        from catalog.links import (
            CollectionLink,
            add_image_link,
            collection_links,
            part_search,
            ways_back,
        )
        from work.room import rooms

        from . import checks  # noqa: F401 (checks register themselves)

        # Kinds of jobs register themselves.
        from .duplicates import jobs as duplicates  # noqa: F401
        from .keeping import stored_queries
        from .occlusion import jobs as occlusion  # noqa: F401
        from .own_files import QueryPictures, Uploads, VectorFiles

        add_image_link(label=_("More like this"), url_name="search:similar")
        collection_links.append(CollectionLink(_("Duplicates"), "search:duplicates"))
        ways_back["search:results"] = ways_back["search:similar"] = _("Back to the results")
        ways_back["search:duplicates"] = _("Back to the duplicates")
        part_search.url_name = "search:image_part"
        rooms.append(stored_queries)
        for kind in (QueryPictures, VectorFiles, Uploads):
            add_file_set(kind)
