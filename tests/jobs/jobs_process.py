"""The jobs of a data folder, as a process that can be killed: `python -m tests.jobs.jobs_process FOLDER URL`."""

from __future__ import annotations

import sys
import threading

from entrepot import app
from entrepot.config import Events, Gc, Scrub, Settings, WebhookSetting

if __name__ == "__main__":
    webhook = WebhookSetting(name="ci", url=sys.argv[2], allow_private=True)
    settings = Settings(
        data_dir=sys.argv[1], gc=Gc(interval=0), scrub=Scrub(days=0), events=Events(webhooks=(webhook,))
    )
    app.prepare(settings)
    app.jobs(settings, threading.Event())
