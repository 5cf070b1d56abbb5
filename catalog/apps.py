from django.apps import AppConfig
from django.db.models.signals import post_delete, post_migrate
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        from work.kinds import hiders
        from work.room import rooms

        from . import checks, learning_jobs, shared_jobs, signals, triggers  # noqa: F401 (some register themselves)
        from .files.filesets import add_file_set
        from .files.own_files import ExternalPictures, Pictures, Renditions
        from .pixels import prepare_decoders
        from .room import disks
        from .visibility import jobs_of_hidden_collections

        prepare_decoders()
        rooms.append(disks)
        hiders.append(jobs_of_hidden_collections)
        post_migrate.connect(triggers.install, sender=self)
        post_delete.connect(signals.delete_stored_files, sender="catalog.Image")
        for kind in (Pictures, ExternalPictures, Renditions):
            add_file_set(kind)
