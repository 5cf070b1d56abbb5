"""Tokens are made and revoked in the administration."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _

from .models import Token


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):
    """A token is for whoever makes it: only administrators make some for others."""

    list_display = ("name", "beginning", "user", "created_at", "expires_at", "used_at")
    search_fields = ("name", "user__username")
    fields = ("name", "user", "expires_at")
    autocomplete_fields = ("user",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        tokens = super().get_queryset(request)
        return tokens if is_administrator(request) else tokens.filter(user=request.user)

    def get_fields(self, request: HttpRequest, obj: Token | None = None) -> list[Any]:
        if obj is not None:
            return ["name", "beginning", "user", "created_at", "expires_at", "used_at"]
        return list(self.fields if is_administrator(request) else ("name", "expires_at"))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": request.user.pk}

    def has_change_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return request.user.has_perm("api.view_token") or request.user.has_perm("api.add_token")

    def save_model(self, request: HttpRequest, obj: Token, form: Any, change: bool) -> None:
        if not is_administrator(request):
            obj.user = request.user  # type: ignore[assignment]  # signed in, as all here
        secret = obj.renew()
        super().save_model(request, obj, form, change)
        text = _("This is the token; it is shown only now. Keep it as you keep a password:")
        messages.success(request, format_html("{} <code>{}</code>", text, secret))


def is_administrator(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
