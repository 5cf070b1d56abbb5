"""Pages on which accounts change their password, or get a new one by email, in our frame."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import views
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

View = Callable[..., HttpResponseBase]
FORM, SAID = "accounts/password_form.html", "accounts/password_said.html"


def sends_mail() -> bool:
    return bool(settings.SIS_EMAIL_URL)


def where_mail_is_sent(view: View) -> View:
    """Not found where nobody could send the letter."""

    @wraps(view)
    def asked(request: HttpRequest, **address: Any) -> HttpResponseBase:
        if not sends_mail():
            raise Http404(
                gettext("This site sends no email. Ask an administrator for a new password.")
            )
        return view(request, **address)

    return asked


change = views.PasswordChangeView.as_view(
    template_name=FORM,
    success_url=reverse_lazy("password_change_done"),
    extra_context={"heading": _("Change the password"), "action": _("Change the password")},
)
changed = views.PasswordChangeDoneView.as_view(
    template_name=SAID,
    extra_context={
        "heading": _("The password was changed"),
        "advice": _("It applies from now on."),
    },
)
ask = views.PasswordResetView.as_view(
    template_name=FORM,
    email_template_name="accounts/password_email.txt",
    subject_template_name="accounts/password_subject.txt",
    success_url=reverse_lazy("password_reset_done"),
    extra_context={
        "heading": _("A new password"),
        "action": _("Send the email"),
        "advice": _("An email with a link is sent to the address of your account."),
    },
)
asked = views.PasswordResetDoneView.as_view(
    template_name=SAID,
    extra_context={
        "heading": _("Check your email"),
        "advice": _(
            "If an account has this address, an email with a link is on its way. It may take some "
            "minutes; look among the unwanted messages, too."
        ),
    },
)
choose = views.PasswordResetConfirmView.as_view(
    template_name=FORM,
    success_url=reverse_lazy("password_reset_complete"),
    extra_context={"heading": _("A new password"), "action": _("Keep this password")},
)
chosen = views.PasswordResetCompleteView.as_view(
    template_name=SAID,
    extra_context={
        "heading": _("The password was changed"),
        "advice": _("Sign in with it now."),
    },
)

urlpatterns: list[URLPattern] = [
    path("change/", change, name="password_change"),
    path("changed/", changed, name="password_change_done"),
    path("reset/", where_mail_is_sent(ask), name="password_reset"),
    path("reset/sent/", where_mail_is_sent(asked), name="password_reset_done"),
    path("reset/<uidb64>/<token>/", where_mail_is_sent(choose), name="password_reset_confirm"),
    path("reset/done/", where_mail_is_sent(chosen), name="password_reset_complete"),
]
