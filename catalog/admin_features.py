"""The state of images' features, as the admin shows it: computed by the database, never by
loading vectors. One column; a filter and two actions for each of them
and of local features.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import capfirst
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from .descriptors import (
    DEFAULT,
    DescriptorError,
    all_names,
    descriptor_names,
    get_any,
    get_descriptor,
)
from .feature_states import FeatureState
from .features import current_model_id
from .models import Image
from .querysets import ImageQuerySet
from .vectors import Float32Array, VectorError
from .vectorstore import vectors_of

# Icon and words of each state: nobody should have to tell them apart by colour.
STATES = {
    FeatureState.CURRENT: ("✓", _("current")),
    FeatureState.OUTDATED: ("↻", _("out of date")),
    FeatureState.FAILED: ("✗", _("failed")),
    FeatureState.MISSING: ("–", _("none")),
    FeatureState.PRESENT: ("?", _("has features")),
}


def warn_about_weights(request: HttpRequest) -> None:
    """Say on the page that is about to be shown why no features are called current."""
    try:
        _model_id = get_descriptor().model_id
    except DescriptorError as error:
        messages.warning(request, str(error))


def annotation(descriptor: str) -> str:
    """Return the name under which lists carry the state of this descriptor's features."""
    return f"features_{descriptor_names().index(descriptor)}"


def with_states(images: ImageQuerySet) -> ImageQuerySet:
    """Annotate the state of each declared descriptor's features."""
    for name in descriptor_names():
        model_id = current_model_id(name)
        images = images.with_features(name, model_id, name=annotation(name))
    return images


def state_of(image: Image, descriptor: str, *, name: str = "") -> SafeString:
    """Return an image's annotated state in words; with a `name`, these are for readers of screens
    and of titles."""
    state = FeatureState(getattr(image, annotation(descriptor)))
    icon, words = STATES[state]
    hidden = format_html('<span class="visually-hidden">{}</span> {}', words, name)
    return format_html(
        '<span class="catalog-state catalog-state-{}" title="{}">'
        '<span class="catalog-icon" aria-hidden="true">{}</span> {}</span>',
        state.value,
        words,
        icon,
        hidden if name else words,
    )


def state_column() -> Callable[[Image], SafeString]:
    """Return the list column of features: one line for each declared descriptor.

    A column each would be wider than the page where there are several.
    """
    names = descriptor_names()

    @admin.display(
        description=_("features"), ordering=annotation(names[0]) if len(names) == 1 else None
    )
    def features(image: Image) -> SafeString:
        if len(names) == 1:
            return state_of(image, names[0])
        lines = ((state_of(image, name, name=name),) for name in names)
        return format_html_join("", '<div class="catalog-features">{}</div>', lines)

    return features


def titled(words: object, descriptor: str) -> str:
    """Return `words`, with the descriptor's title where there are several."""
    if len(all_names()) == 1:
        return str(words)
    return f"{words}: {get_any(descriptor).title or descriptor}"


def vector_fact(
    image: Image, measure: Callable[[Float32Array], float], form: str, decimals: int
) -> str | None:
    """Return a number about the image's fc6 vector in words; fetches the vector if need be."""
    try:
        vector: Any = image.fc6
    except VectorError as error:  # bytes that another program wrote
        return str(error)
    if vector is None:
        return None
    return form.format(number_format(measure(vector), decimal_pos=decimals))


class FeaturesFilter(admin.SimpleListFilter):
    """Images by the state of one descriptor's features; subclasses name it."""

    descriptor = DEFAULT
    parameter_name = "features"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        is_known = current_model_id(self.descriptor) is not None
        found = (
            [FeatureState.CURRENT, FeatureState.OUTDATED] if is_known else [FeatureState.PRESENT]
        )
        states = [*found, FeatureState.FAILED, FeatureState.MISSING]
        return [(state.value, capfirst(str(STATES[state][1]))) for state in states]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        state = self.value()
        if state is None or state not in set(FeatureState):
            return queryset
        model_id = current_model_id(self.descriptor)
        return vectors_of(self.descriptor).in_state(queryset, model_id, FeatureState(state))


def state_filters() -> list[type[FeaturesFilter]]:
    """Return a list filter for each declared descriptor; the default one's address is short."""
    return [
        type(
            "FeaturesFilter",
            (FeaturesFilter,),
            {
                "descriptor": name,
                "title": titled(_("features"), name),
                "parameter_name": "features" if name == DEFAULT else f"features-{name}",
            },
        )
        for name in all_names()
    ]
