"""Celery: what runs off the request, and the beat table."""

import os

from celery import Celery

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
