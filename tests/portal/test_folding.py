"""Names are put in order and found regardless of case and accents (portal/web/folding.py)."""

import pytest
from django.db import connection
from django.db.models import Value

from companies.filters import CompanyFilter
from companies.models import Company
from portal.web.folding import FOLDED_LENGTH, Folded
from tests.factories import add_people, make_company, make_partner
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Ångström", "angstrom"),
        ("A\u030angstro\u0308m", "angstrom"),
        ("ŁÓDŹ", "lodz"),
        ("Straße", "strasse"),
        ("STRAẞE", "strasse"),
        ("Ærø", "aero"),
        ("Œuvre", "oeuvre"),
        ("İstanbul ılık", "istanbul ilik"),  # noqa: RUF001
        ("Þór Đorđe", "thor dorde"),
        ("ÉCOLE Noël", "ecole noel"),
        ("Ａｎｎ ｶﾀｶﾅ", "ann カタカナ"),  # noqa: RUF001
        ("田中", "田中"),
        ("O'Neil_50%", "o'neil_50%"),
        ("ﷺ" * 100, ("صلى الله عليه وسلم" * 100)[:FOLDED_LENGTH]),
    ],
)
def test_case_and_accents_do_not_count(name: str, folded: str) -> None:
    with connection.cursor() as cursor:
        compiler = User.objects.all().query.get_compiler(connection=connection)
        sql, parameters = compiler.compile(Folded(Value(name)))
        cursor.execute(f"SELECT {sql}", parameters)
        assert cursor.fetchone() == (folded,)


def test_companies_are_in_order_by_the_stored_key() -> None:
    partner = make_partner("Northwind")
    names = ["zebra", "Éclair", "Ärzte", "Adatum", "eagle", "Łódź", "Lowen"]
    for name in names:
        make_company(partner, name=name)
    ordered = ["Adatum", "Ärzte", "eagle", "Éclair", "Łódź", "Lowen", "zebra"]
    assert list(Company.objects.of_partner(partner).order_by("name_sort").values_list("name", flat=True)) == ordered


def test_a_search_finds_names_without_their_accents_and_the_other_way() -> None:
    partner = make_partner("Northwind")
    jose, bare = make_company(partner, name="José & Müller"), make_company(partner, name="JOSE Mueller 100%")
    companies = Company.objects.of_partner(partner)

    def found(text: str) -> list[Company]:
        return list(CompanyFilter({"q": text}, queryset=companies).qs.order_by("pk"))

    assert found("jose") == [jose, bare]
    assert found("JOSÉ") == [jose, bare]
    assert found("muller") == [jose]
    assert found("%") == [bare]


def test_the_longest_names_can_be_kept() -> None:
    user = add_people(make_company(), 1)[0]
    User.objects.filter(pk=user.pk).update(first_name="ﷺ" * 100, last_name="字" * 100)
    user.refresh_from_db()
    assert len(user.name_sort) == FOLDED_LENGTH
