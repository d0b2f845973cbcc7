"""Reads of connectors that chain."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from companies.models import Company
    from users.directory.models import Connector, Entry, Group  # noqa: F401


class ConnectorQuerySet(models.QuerySet["Connector"]):
    def of_company(self, company: "Company") -> Self:
        """The company's connectors, removed ones too."""
        return self.filter(partner_id=company.partner_id, company_id=company.pk)

    def existing(self) -> Self:
        """Connectors that were not removed, whatever their kind or state: what blocks a downgrade (R2, R13)."""
        return self.filter(removed_at__isnull=True)


class EntryQuerySet(models.QuerySet["Entry"]):
    def of_connector(self, connector: "Connector") -> Self:
        """What the connector's directory sees: its resources, but for those that it deleted."""
        return self.filter(partner_id=connector.partner_id, connector_id=connector.pk, deleted_at__isnull=True)


class GroupQuerySet(models.QuerySet["Group"]):
    def of_connector(self, connector: "Connector") -> Self:
        """The connector's groups."""
        return self.filter(partner_id=connector.partner_id, connector_id=connector.pk)
