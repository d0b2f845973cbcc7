"""Who works in support's site."""

import pytest
from django.test import Client

from tests.factories import make_support, sign_in
from users.accounts.models import Account


@pytest.fixture
def support(client: Client) -> Account:
    """A superuser who signed in just now."""
    account = make_support()
    sign_in(client, account)
    return account
