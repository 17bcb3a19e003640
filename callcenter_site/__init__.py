"""Settings, addresses, workers.

The Celery application is made with the package, so that every process sends its tasks to it.
"""

from callcenter_site.celery import app as celery_app

__all__ = ["celery_app"]
