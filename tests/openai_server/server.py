"""The server in a thread of its own, so that tests of any kind can use it."""

from aiohttp import web

from tests.openai_server.app import make_app
from tests.openai_server.sound import Phrases
from tests.provider_servers.serving import LocalServer
from voicebot.receptionist.facts import CallFacts, DepartmentFacts
from voicebot.receptionist.grammar import grammar_phrases

API_KEY = "sk-tests-only"
DEMO = CallFacts(
    "",
    "Demo",
    "en",
    departments=tuple(DepartmentFacts(name.lower(), {"en": name}) for name in ("Support", "Sales", "Billing")),
)


class OpenAIServer(LocalServer):
    """A context manager. `control` scripts it; `phrases` is what its ears know (the demo's departments by default)."""

    def __init__(self, port: int = 0, *, phrases: Phrases | None = None, api_key: str = API_KEY) -> None:
        super().__init__(port)
        self.api_key = api_key
        self._phrases = grammar_phrases(DEMO) if phrases is None else phrases

    def make_app(self) -> web.Application:
        return make_app(self.control, self._phrases, api_key=self.api_key)

    @property
    def base_url(self) -> str:
        """For OPENAI_BASE_URL."""
        return f"{self.address}/v1"
