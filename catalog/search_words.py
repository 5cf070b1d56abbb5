"""Why nothing can be searched, and how to get there: one sentence for pages and commands alike."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .descriptors import DEFAULT, PictureDescriptor
from .feature_states import FeatureCounts, FeatureFacts
from .models import Collection, Image
from .vectorstore import vectors_of
from .visibility import Scope

STORED_NAMED = 3


def nothing_to_search(*, scope: Scope, descriptor: PictureDescriptor) -> str:
    """Say why no picture in `scope` can be searched by `descriptor`.

    Tells apart: no pictures at all, pictures without features, and features of other model ids,
    with the ids that are stored and the one that is wanted. Raises `DescriptorError` as
    `descriptor.model_id`.
    """
    images, collection = Image.objects.in_scope(scope), scope.collection
    wanted = descriptor.model_id
    counts = images.feature_counts(descriptor.name, wanted)
    if not counts.total:
        return no_pictures(collection)
    said = [none_current(collection, wanted, counts)]
    if counts.outdated:
        stored = vectors_of(descriptor.name).other_model_ids(images, wanted)
        said.append(of_other_models(counts.outdated, stored, descriptor))
    said += lacking(counts, descriptor)
    return " ".join(said)


def none_current(collection: Collection | None, wanted: str, counts: FeatureCounts) -> str:
    if collection is not None:
        text = _("No picture of collection “%(slug)s” has features of %(wanted)s.")
        return text % {"slug": collection.slug, "wanted": wanted}
    if counts.outdated:
        return _("No picture has features of %(wanted)s.") % {"wanted": wanted}
    return _("There are no pictures with features to search yet.")


def no_pictures(collection: Collection | None) -> str:
    head = _("There are no pictures with features to search yet.")
    text = _("There are no pictures at all: import some with import_images.")
    if collection is not None:
        text = _(
            "Collection “%(slug)s” contains no pictures. Import them with import_images first."
        ) % {"slug": collection.slug}
    return f"{head} {text}"


def of_other_models(number: int, stored: list[str], descriptor: PictureDescriptor) -> str:
    """Say which model ids are stored, and the two ways to have the one that is wanted."""
    named = ", ".join(stored[:STORED_NAMED]) + (" …" if len(stored) > STORED_NAMED else "")
    return ngettext(
        "%(number)d has features of another model id (%(stored)s). "
        "Make them anew with %(command)s, or set SIS_WEIGHTS, SIS_PRECISION and SIS_DESCRIPTORS "
        "to what made them.",
        "%(number)d have features of another model id (%(stored)s). "
        "Make them anew with %(command)s, or set SIS_WEIGHTS, SIS_PRECISION and SIS_DESCRIPTORS "
        "to what made them.",
        number,
    ) % {
        "number": number,
        "stored": named,
        "command": command_for(descriptor),
    }


def lacking(counts: FeatureCounts, descriptor: PictureDescriptor) -> list[str]:
    said = []
    if counts.missing:
        said.append(
            ngettext(
                "%(number)d has none. Run %(command)s.",
                "%(number)d have none. Run %(command)s.",
                counts.missing,
            )
            % {"number": counts.missing, "command": command_for(descriptor)}
        )
    if counts.failed:
        said.append(
            ngettext(
                "%(number)d failed. Try again with %(command)s --retry-failed.",
                "%(number)d failed. Try again with %(command)s --retry-failed.",
                counts.failed,
            )
            % {"number": counts.failed, "command": command_for(descriptor)}
        )
    return said


def not_searched_with(facts: FeatureFacts | None, descriptor: PictureDescriptor) -> str:
    """Say why one picture cannot be searched with."""
    if facts is not None and facts.error:
        command = f"“manage.py {command_for(descriptor)} --retry-failed”"
        return _(
            "Extracting the features of this picture failed: %(error)s Try again with %(command)s."
        ) % {"error": facts.error, "command": command}
    command = f"“manage.py {command_for(descriptor)}”"
    if facts is not None and facts.model_id:
        return _(
            "This picture has no current features: they are of %(stored)s, and searches use "
            "%(wanted)s. Make them anew with %(command)s."
        ) % {"stored": facts.model_id, "wanted": descriptor.model_id, "command": command}
    return _("This picture has no current features yet. Run %(command)s.") % {"command": command}


def command_for(descriptor: PictureDescriptor) -> str:
    option = "" if descriptor.name == DEFAULT else f" --descriptor {descriptor.name}"
    return f"extract_features{option}"
