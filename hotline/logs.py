"""Logging: one line an event, static words with fields; ids, never numbers or names of people."""

from __future__ import annotations

import logging
import sys

import structlog

from hotline.settings import Settings


def configure(settings: Settings) -> None:
    """Send log lines to standard error, for people, or as JSON where ``HOTLINE_LOG_JSON`` is set."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    # Libraries log through the standard module; what they say below a warning is for their makers.
    logging.basicConfig(stream=sys.stderr, level=max(level, logging.WARNING))
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
