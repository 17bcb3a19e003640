"""Celery: what runs off the request, and the beat table."""

import os
from typing import Any

from celery import Celery, Task
from celery.signals import task_prerun, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter_site.settings")

app = Celery("callcenter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Every sweep may run never, once or twice at a time: each acts by compare-and-set on deadline columns.
app.conf.task_routes = {"*.sweep_*": {"queue": "sweeps"}, "*": {"queue": "celery"}}
app.conf.beat_schedule = {
    "call deadlines": {"task": "calls.sweep_deadlines", "schedule": 1.0, "options": {"expires": 1}},
    "queue deadlines": {"task": "queueing.sweep_deadlines", "schedule": 1.0, "options": {"expires": 1}},
    "heartbeat": {"task": "calls.sweep_heartbeat", "schedule": 5.0, "options": {"expires": 5}},
    "rooms": {"task": "calls.sweep_rooms", "schedule": 10.0, "options": {"expires": 10}},
    "old rows": {"task": "calls.sweep_old_rows", "schedule": 3600.0, "options": {"expires": 600}},
}


def keep_connection(**_: Any) -> None:
    """A task's process has one thread: its connection may stay, where opening one holds up each task by 8 ms."""
    from django.db import connection

    if "pool" in connection.settings_dict["OPTIONS"]:
        return
    connection.settings_dict |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def check_connection(sender: Task[..., Any], **_: Any) -> None:
    """What Django does at the beginning of a request: a connection too old or broken is opened anew."""
    from django.db import close_old_connections

    if not sender.request.is_eager:
        close_old_connections()


worker_process_init.connect(keep_connection)
task_prerun.connect(check_connection)
