"""Do the configured providers work, and how quickly?"""

import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from calls.states import Language
from voicebot.checking import Finding, check
from voicebot.providers.config import ProviderError, config_from
from voicebot.providing import voice_provider
from voicebot.receptionist.facts import CallFacts


class Command(BaseCommand):
    """`voicecheck`: asks ears, mind and voice one small thing each. Exit status 1 when one of them fails."""

    help = "Try each configured voice provider once: latency, or the reason it fails."

    def add_arguments(self, parser: CommandParser) -> None:
        """The language to try them in."""
        parser.add_argument("--language", choices=Language.values, default=settings.DEFAULT_LANGUAGE)

    def handle(self, *, language: str, **_: Any) -> None:
        """Print one line a part."""
        try:
            config = config_from(settings)
        except ProviderError as error:
            raise CommandError(str(error)) from error
        # Of no department: it works before there is a database.
        facts = CallFacts("", settings.COMPANY_NAME, language, voice=voice_provider())
        findings = asyncio.run(check(config, facts))
        for finding in findings:
            self.stdout.write(_line(finding))
        failed = [finding.part for finding in findings if finding.problem]
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}.")


def _line(found: Finding) -> str:
    who = f"{found.part:7} {found.provider} {found.model} at {found.server}"
    if found.problem:
        return f"{who}: FAILED, {found.problem}"
    return f"{who}: first after {found.first_ms} ms, all after {found.all_ms} ms ({found.said})"
