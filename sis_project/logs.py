"""What is logged, and how a line of it looks."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "sis_project.terminal.OneLineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # What is wrong with a picture is reported by name, not by the decoder's own lines.
    # That a database is away is said once for each page, not for each of a pool's attempts.
    "loggers": {name: {"level": "CRITICAL"} for name in ("PIL", "tifffile", "psycopg.pool")},
}
