"""Sets Django up for a process that has no manage.py; to be imported before anything that knows models."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter_site.settings")
django.setup()
