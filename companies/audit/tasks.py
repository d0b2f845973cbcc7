"""What the worker does to the audit (docs/deploy.md). It runs as portal_app, in no scope, which is what this needs."""

from django.db import transaction
from procrastinate.contrib.django import app

from companies.audit.retention import forget_addresses


@app.periodic(cron="47 3 * * *")
@app.task(name="forget_addresses", queueing_lock="forget_addresses")
def forget_old_addresses(timestamp: int) -> None:
    """Every night: blank the network addresses in the audit that are old enough."""
    with transaction.atomic():
        forget_addresses()
