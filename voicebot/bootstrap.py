"""Sets Django up for a process that has no manage.py; to be imported before anything that knows models."""

import os

import django

# 240 MB of a turn detector that no call here asks for; `preload` loads the VAD.
os.environ.setdefault("LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE", "0")
# It wakes each process a hundred times a second to see whether it is awake, ready ones, too.
os.environ.setdefault("LIVEKIT_AGENTS_LOOP_BLOCK_WARN_MS", "0")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter_site.settings")
django.setup()
