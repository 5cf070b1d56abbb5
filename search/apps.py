from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = _("Search")

    def ready(self) -> None:
        from catalog.links import add_image_link

        from . import checks  # noqa: F401 (checks register themselves)

        add_image_link(label=_("More like this"), url_name="search:similar")
