"""The state of images' features, as the admin shows it: computed by the database, never by
loading vectors.
"""

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import Case, CharField, Q, Value, When
from django.http import HttpRequest
from django.template.defaultfilters import capfirst
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from .descriptors import DescriptorError, get_descriptor
from .models import Image
from .querysets import ImageQuerySet
from .vectors import Float32Array, VectorError

CURRENT, OUTDATED, FAILED, MISSING, PRESENT = "current", "outdated", "failed", "missing", "present"

# Icon and words of each state: nobody should have to tell them apart by colour.
STATES = {
    CURRENT: ("✓", _("current")),
    OUTDATED: ("↻", _("out of date")),
    FAILED: ("✗", _("failed")),
    MISSING: ("–", _("none")),
    # Only where the weights cannot be identified, so that nobody knows what is current.
    PRESENT: ("?", _("has features")),
}


def current_model_id() -> str | None:
    """Return the model id that pages search with; None where the weights are not there."""
    try:
        return get_descriptor().model_id
    except DescriptorError:
        return None


def warn_about_weights(request: HttpRequest) -> None:
    """Say on the page that is about to be shown why no features are called current."""
    try:
        _model_id = get_descriptor().model_id
    except DescriptorError as error:
        messages.warning(request, str(error))


def with_state(images: ImageQuerySet) -> ImageQuerySet:
    """Annotate `features_state`, one of `STATES`, by the same rules as `feature_counts`."""
    model_id = current_model_id()
    has_vector = Q(fc6__isnull=False)
    if model_id is None:
        searchable = When(has_vector & Q(fc6_error=""), then=Value(PRESENT))
    else:
        searchable = When(has_vector & Q(fc6_model_id=model_id), then=Value(CURRENT))
    return images.annotate(
        features_state=Case(
            searchable,
            When(~Q(fc6_error=""), then=Value(FAILED)),
            When(has_vector, then=Value(OUTDATED)),
            default=Value(MISSING),
            output_field=CharField(),
        )
    )


def vector_fact(
    image: Image, measure: Callable[[Float32Array], float], form: str, decimals: int
) -> str | None:
    """Return a number about the image's vector in words; fetches the vector if need be."""
    try:
        vector = image.fc6
    except VectorError as error:  # bytes that another program wrote
        return str(error)
    if vector is None:
        return None
    return form.format(number_format(measure(vector), decimal_pos=decimals))


class FeaturesFilter(admin.SimpleListFilter):
    title = _("features")
    parameter_name = "features"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        known = (CURRENT, OUTDATED) if current_model_id() is not None else (PRESENT,)
        return [(state, capfirst(STATES[state][1])) for state in (*known, FAILED, MISSING)]

    def queryset(self, request: HttpRequest, queryset: ImageQuerySet) -> ImageQuerySet:
        model_id = current_model_id()
        if self.value() == FAILED:
            failed = queryset.failed_fc6()
            # A redo that failed leaves a current vector in place: still searchable, not failed.
            return failed if model_id is None else failed.without_current_fc6(model_id)
        if self.value() == MISSING:
            return queryset.missing_fc6()
        if self.value() == PRESENT:
            return queryset.filter(fc6__isnull=False, fc6_error="")
        if self.value() == CURRENT and model_id is not None:
            return queryset.with_current("fc6", model_id)
        if self.value() == OUTDATED and model_id is not None:
            return queryset.outdated_fc6(model_id)
        return queryset
