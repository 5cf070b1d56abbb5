"""Clearing features in the admin: first asked, with how many and how long it takes to undo."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext

from .descriptors import get_any
from .extraction import clear_features
from .extraction_rate import images_per_second
from .feature_states import FeatureState
from .querysets import ImageQuerySet
from .vectorstore import vectors_of


def clear(
    descriptor: str, model_admin: Any, request: HttpRequest, queryset: ImageQuerySet
) -> TemplateResponse | None:
    """Remove vectors and recorded errors, once that was confirmed."""
    states = (FeatureState.PRESENT, FeatureState.FAILED)
    number = vectors_of(descriptor).in_state(queryset, None, *states).count()
    if number and "confirmed" not in request.POST:
        return confirmation(descriptor, model_admin, request, queryset, number)
    number = clear_features(images=queryset, descriptor=descriptor)
    text = ngettext(
        "Cleared the features of %(number)s image.",
        "Cleared the features of %(number)s images.",
        number,
    ) % {"number": localize(number)}
    model_admin.message_user(request, text, messages.SUCCESS if number else messages.INFO)
    return None


def confirmation(
    descriptor: str,
    model_admin: Any,
    request: HttpRequest,
    queryset: ImageQuerySet,
    number: int,
) -> TemplateResponse:
    """The page that asks. All pages of a list are passed on as such, not image by image."""
    whole_list = request.POST.get("select_across") == "1"
    chosen = queryset.order_by("pk").values_list("pk", flat=True)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": gettext("Clear features"),
        "opts": model_admin.opts,
        "media": model_admin.media,
        "descriptor": get_any(descriptor).title or descriptor,
        "number": number,
        "to_undo": time_to_extract(descriptor, number),
        "action": request.POST["action"],
        "whole_list": whole_list,
        "chosen": list(chosen[:1] if whole_list else chosen),
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/catalog/clear_features.html", context)


def time_to_extract(descriptor: str, number: int) -> str | None:
    """Say how long that many images take, as fast as the last ones; None where nobody knows."""
    rate = images_per_second(descriptor)
    if rate is None:
        return None
    seconds = number / rate
    if seconds < 60:
        return gettext("less than a minute")
    now = timezone.now()
    return timesince(now - timedelta(seconds=seconds), now, depth=1)
