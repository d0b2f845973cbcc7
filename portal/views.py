"""What monitoring asks."""

from functools import cache

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from companies.partners.scope import sign_in_scope


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: the process answers. Asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: the database answers and every migration is applied; else a 503 that says which is not so."""
    try:
        with sign_in_scope():
            missing = _migrations() - set(MigrationRecorder(connection).applied_migrations())
    except Error:
        return HttpResponse("database: does not answer\n", content_type="text/plain", status=503)
    if missing:
        names = ", ".join(sorted(f"{app}.{name}" for app, name in missing))
        return HttpResponse(f"migrations: not applied: {names}\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.disk_migrations or {})
