from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationConfig(AppConfig):
    name = "evaluation"
    verbose_name = _("Evaluation")

    def ready(self) -> None:
        # Kinds of jobs register themselves.
        from .replays import jobs as replays  # noqa: F401
        from .runs import jobs as runs  # noqa: F401
        from .trials import jobs as trials  # noqa: F401
