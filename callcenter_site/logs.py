"""Structured logging: constant text plus fields, one line each."""

import logging
from typing import Any

import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
]


class OtherThanHealth(logging.Filter):
    """Drops what is logged of requests for `/api/health`: the answer says what is unwell, to who asked.

    As failures of requests they would bury, every second of a start, what matters.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is shown."""
        of_requests = record.name == "django.request" or record.name.startswith("django_structlog")
        return not (of_requests and "/api/health" in f"{record.msg} {record.args}")


def configure(*, debug: bool) -> dict[str, Any]:
    """Set structlog up; the dictionary is Django's LOGGING."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = structlog.dev.ConsoleRenderer(colors=False) if debug else structlog.processors.JSONRenderer()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    renderer,
                ],
                "foreign_pre_chain": _SHARED,
            }
        },
        "filters": {"other_than_health": {"()": OtherThanHealth}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["other_than_health"]}
        },
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            "django.channels.server": {"level": "WARNING"},
            "daphne": {"level": "WARNING"},
            # Two lines for every request, health checks included, would bury what matters; failures still show.
            "django_structlog": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "httpx2": {"level": "WARNING"},
        },
    }
