"""`python -m tests.openai_server --port 8123`: serve until interrupted."""

import argparse
import signal

from tests.openai_server.server import API_KEY, OpenAIServer


def main() -> None:
    """Serve, and say how to be reached."""
    parser = argparse.ArgumentParser(description="A local server that speaks the OpenAI protocol.")
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--api-key", default=API_KEY)
    arguments = parser.parse_args()
    with OpenAIServer(arguments.port, api_key=arguments.api_key) as server:
        print(f"OPENAI_BASE_URL={server.base_url} OPENAI_API_KEY={server.api_key}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
