"""The database is gone for a while: nothing is done twice or by half, and the page says what happened."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, connections
from psycopg import sql

from tests.factories import make_company
from tests.facts import numbers
from tests.served import make_real_account, server, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def no_database() -> Iterator[None]:
    """The server ends all sessions of the test database and lets nobody in until the block ends."""
    parameters = connections["default"].get_connection_params()
    name = str(connection.settings_dict["NAME"])
    connection.close()
    with psycopg.connect(**parameters | {"dbname": "postgres"}, autocommit=True) as other:
        allow = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
        other.execute(allow.format(sql.Identifier(name), sql.Literal(False)))
        try:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            yield
        finally:
            other.execute(allow.format(sql.Identifier(name), sql.Literal(True)))


def test_a_lost_database_is_a_503_and_the_same_form_sent_again_is_done_once() -> None:
    """R5: the person asked for once is there once."""
    company = make_company(seats=3)
    account = make_real_account(company.partner)
    with server(threads=2) as port:
        visitor = sign_in(account.email, port)
        address = f"/companies/{company.pk}/users/add/"
        person = {"first_name": "Ann", "last_name": "Lee", "email": "ann@customer.example"}
        assert visitor.send("GET", address)[0] == 200
        with no_database():
            status, page = visitor.send("POST", address, **person)
            assert (status, visitor.retry_after) == (503, "5")
            assert "The portal is not available at the moment" in page
            assert visitor.send("GET", "/healthz")[0] == 200
            assert visitor.send("GET", "/readyz")[0] == 503
        assert numbers(company) == (3, 1, 0)
        # The pool lets go of dead connections by asking each before it is used.
        for _attempt in range(5):
            status, _page = visitor.send("POST", address, **person)
            if status != 503:
                break
        assert status == 302
        assert numbers(company) == (3, 2, 0)
        assert visitor.send("POST", address, **person)[0] == 422
        assert numbers(company) == (3, 2, 0)
