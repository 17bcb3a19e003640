"""What a job's process is called, as operators and tests find it."""

import subprocess
import sys

import psutil
import pytest

from voicebot.naming import GONE, WAITS, call_name

_NAMED = "import sys; from voicebot.naming import name_process; name_process(sys.argv[1]); print(flush=True); input()"


@pytest.mark.parametrize("name", [call_name("k7m2p9x4abcd2345"), WAITS, GONE])
def test_a_process_is_found_by_its_name(name: str) -> None:
    command = [sys.executable, "-c", _NAMED, name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        assert psutil.Process(process.pid).name() == name
        process.stdin.write("\n")
        process.stdin.close()
