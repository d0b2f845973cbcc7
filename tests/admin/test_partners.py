"""Support staff see what was agreed with a partner, and when (R15, R25)."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from companies.partners.models import Terms
from tests.factories import make_partner, make_support

pytestmark = pytest.mark.django_db


def test_a_partners_page_shows_its_terms_newest_first_and_keeps_those_of_the_past(client: Client) -> None:
    """R15: a change counts from now on; what is posted under the list is not looked at."""
    client.force_login(make_support())
    partner = make_partner("Northwind")
    page = reverse("admin:partners_partner_change", args=[partner.pk])
    posted = {"name": "Northwind", "time_zone": "UTC", "currency": "EUR", "price_standard": "5", "price_advanced": "7"}
    forged = {"terms-TOTAL_FORMS": "1", "terms-INITIAL_FORMS": "1", "terms-0-price_standard": "99"}

    assert client.post(page, posted | forged | {"terms-0-id": str(Terms.objects.get().pk)}).status_code == 302

    html = client.get(page).text
    assert "A change counts from now on" in html
    assert re.findall(r"<td><p>(\d+\.\d\d)</p></td>", html) == ["5.00", "7.00", "4.00", "7.00"]
    refused = client.post(page, posted | {"price_standard": "-1"})
    assert (refused.status_code, "5.00</p>" in refused.text) == (200, True)
    assert [terms.price_standard for terms in Terms.objects.order_by("since")] == [4, 5]
    assert "latest first" not in client.get(reverse("admin:partners_partner_add")).text
