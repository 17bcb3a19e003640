"""A local server that speaks the OpenAI protocol: chat with streamed tool calls, transcription, speech, models.

In a test: `with OpenAIServer() as server:` and OPENAI_BASE_URL=server.base_url.
By hand: `python -m tests.openai_server --port 8123`.
"""

from tests.openai_server.control import Control, Failure
from tests.openai_server.server import OpenAIServer

__all__ = ["Control", "Failure", "OpenAIServer"]
