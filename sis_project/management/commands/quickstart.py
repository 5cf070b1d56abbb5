"""`manage.py quickstart`: everything between an installation and a first search."""

import socket
from typing import Any

import waitress
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.core.servers.basehttp import get_internal_wsgi_application
from django.urls import reverse
from django.utils.translation import gettext as _

import sample_corpus
from catalog.descriptors import all_names, get_descriptor
from catalog.management.base import SisCommand
from catalog.management.progress import Progress
from catalog.trouble.reasons import reason
from sis_project import quickstart, serving
from sis_project.accounts import administrator, one_time_key
from sis_project.beside import beside
from sis_project.readiness import warmth

# Room for a form's other fields; the upload handler enforces the exact limit with a clear page.
BODY_ALLOWANCE = 4


class Command(SisCommand):
    help = (
        "Set up a database, a sample corpus with features and ground truth, and an admin "
        "account, then serve the pages. A second run redoes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-serve", action="store_true", help="stop before serving")

    def handle(self, *args: Any, **options: Any) -> None:
        self.verbosity = options["verbosity"]
        # Before the work, so that a taken port is not found out after it.
        listener = None if options["no_serve"] else self.listen(options["host"], options["port"])
        call_command("migrate", interactive=False, verbosity=0)
        self.fill()
        if password := quickstart.make_admin():
            self.stdout.write(
                _("Administrator created: name “%(name)s”, password “%(password)s” (shown once).")
                % {"name": quickstart.ADMIN, "password": password}
            )
        if listener:
            if settings.STATIC_IS_COLLECTED:
                call_command("collectstatic", interactive=False, verbosity=0)
            with beside(self.choose_weights, self.extractions()):
                self.serve(listener)
        else:
            self.choose_weights()
            for extraction in self.extractions():
                self.run("extract_features", **extraction)

    def listen(self, host: str, port: int) -> socket.socket:
        try:
            return socket.create_server((host, port))
        except OSError as error:
            raise CommandError(
                _("Cannot serve at %(host)s:%(port)d (%(reason)s). Choose another --port.")
                % {"host": host, "port": port, "reason": reason(error)}
            ) from error

    def choose_weights(self) -> None:
        """Make sure of fc6's weights, and say which they are where they are not ImageNet's."""
        if error := quickstart.choose_weights():
            self.stderr.write(
                f"{error} "
                + _(
                    "Until then fc6 has untrained weights and ranks little better than pixels do; "
                    "delete SIS_WEIGHTS from %(file)s and run quickstart again once they are there."
                )
                % {"file": settings.SIS_SETTINGS_FILE}
            )
        elif not get_descriptor().trained:
            self.stderr.write(
                self.style.WARNING(
                    _("SIS_WEIGHTS is “untrained”: fc6 ranks little better than pixels do.")
                )
            )

    def fill(self) -> None:
        """Render, import and label the sample corpus, as far as that is not done.

        With the features that take seconds, so that a first search has a ranking worth seeing.
        """
        if quickstart.wants_sample():
            with Progress(
                total=sample_corpus.count(),
                unit=_("pictures rendered"),
                stream=self.stderr,
                verbosity=self.verbosity,
            ) as progress:
                directory = quickstart.render_sample(
                    on_progress=lambda done, total: progress.advance()
                )
            self.run("import_images", str(directory / "images"), collection=quickstart.SAMPLE)
        if not quickstart.has_sample():
            return
        self.label()
        try:
            self.run("extract_features", collection=quickstart.SAMPLE, descriptor=quickstart.FIRST)
        except CommandError as error:
            # Its package may be missing: fc6 is then what there is to search with.
            self.stderr.write(str(error))

    def extractions(self) -> list[dict[str, str]]:
        """Return the options of `extract_features` for what takes a minute and longer."""
        if not quickstart.has_sample():
            return []
        later = [name for name in all_names() if name != quickstart.FIRST]
        return [{"collection": quickstart.SAMPLE, "descriptor": name} for name in later]

    def label(self) -> None:
        try:
            self.run(
                "import_groundtruth",
                str(settings.SIS_VAR_DIR / "sample" / "groundtruth"),
                collection=quickstart.SAMPLE,
                benchmark=quickstart.SAMPLE,
            )
        except CommandError as error:
            # Labels that were changed in the admin are kept, and the pages are served with them.
            self.stderr.write(str(error))

    def run(self, command: str, *args: str, **options: Any) -> None:
        call_command(
            command,
            *args,
            **options,
            verbosity=self.verbosity,
            stdout=self.stdout,
            stderr=self.stderr,
        )

    def serve(self, listener: socket.socket) -> None:
        host, port = listener.getsockname()[:2]
        self.stdout.write(
            self.style.SUCCESS(
                _("Serving at http://%(address)s/ (administration: /admin/). Ctrl-C stops.")
                % {"address": f"{host}:{port}"}
            )
        )
        if not settings.SIS_PRODUCTION and administrator():
            self.stdout.write(
                _("Sign in as the administrator, once and from this machine: %(address)s")
                % {"address": sign_in_address(port, one_time_key.issue())}
            )
        self.stdout.flush()
        # The first visitor need not wait for the network to load.
        warmth.start()
        waitress.serve(
            get_internal_wsgi_application(),
            sockets=[listener],
            **serving.OPTIONS,
            max_request_body_size=BODY_ALLOWANCE * settings.SIS_MAX_UPLOAD_BYTES,
            ident=None,
            _quiet=True,
        )


def sign_in_address(port: int, key: str) -> str:
    return f"http://127.0.0.1:{port}{reverse('sign_in_once', args=[key])}"
