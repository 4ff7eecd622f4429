"""The Celery application: tasks are found in each app's `tasks` module.

Tasks only wake consumers of the feed; a lost message is found by a periodic sweep, so losing the broker
loses nothing.
"""

import os
import sys
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import (
    before_task_publish,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_process_init,
)

from hub import task_acting
from hub.embedded import launch

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
# Tasks are ours alone and carry JSON; that somebody runs a hub as root is not the worker's to discuss.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("hub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_arguments: object) -> None:
    """Django has configured logging; a receiver keeps Celery from doing it again its own way."""


@worker_process_init.connect
def end_with_the_worker(**_arguments: object) -> None:
    """A pool process must not outlive a worker that was killed."""
    launch.end_with_parent()


before_task_publish.connect(task_acting.hand_over)
task_prerun.connect(task_acting.begin)
task_postrun.connect(task_acting.end)
task_acting.name_this_process(sys.argv)
