"""What who may not do something is answered."""

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse


def refused(request: HttpRequest) -> HttpResponse:
    """Lead a visitor to the log-in page, and back to this one; raises `PermissionDenied` for an
    account, which signing in once more would not help."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.get_full_path())
