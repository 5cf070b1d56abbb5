"""Tokens, by which a program is somebody."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# By which scanners of published code know what they see.
PREFIX = "sis_"
# How exactly it is known when a token was used: each note of it is a write.
NOTED_EVERY = timedelta(hours=1)


def digest_of(secret: str) -> str:
    """Return what is kept of a token. It has 256 random bits, so that a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


class TokenQuerySet(models.QuerySet):
    def usable(self) -> "TokenQuerySet":
        """Those that are not expired, of accounts that may sign in."""
        now = timezone.now()
        alive = models.Q(expires_at=None) | models.Q(expires_at__gt=now)
        return self.filter(alive, user__is_active=True)

    def of_secret(self, secret: str) -> "Token | None":
        """The usable token that this is; None where there is none."""
        return self.usable().select_related("user").filter(digest=digest_of(secret)).first()


class Token(models.Model):
    """Lets a program act as an account, with that account's permissions.

    The token itself is shown once, when it is made; only its SHA-256 is kept.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="api_tokens",
        verbose_name=_("account"),
    )
    name = models.CharField(
        _("name"), max_length=100, help_text=_("What it is for, so that you know it again.")
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    beginning = models.CharField(_("begins with"), max_length=12, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(
        _("expires"), null=True, blank=True, help_text=_("Empty: when it is deleted.")
    )
    used_at = models.DateTimeField(
        _("last used"), null=True, editable=False, help_text=_("To the hour.")
    )

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"

    @classmethod
    def made(cls, **fields: Any) -> tuple["Token", str]:
        """Store a new token with these fields; returns it, and what is shown once."""
        token = cls(**fields)
        secret = token.renew()
        token.save()
        return token, secret

    def renew(self) -> str:
        """Give a token that is not stored yet its secret, and return that."""
        secret = PREFIX + secrets.token_urlsafe(32)
        self.digest, self.beginning = digest_of(secret), secret[:8]
        return secret

    def note_use(self) -> None:
        now = timezone.now()
        if self.used_at is None or now - self.used_at > NOTED_EVERY:
            type(self).objects.filter(pk=self.pk).update(used_at=now)
