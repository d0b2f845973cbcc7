"""Which role may do what (R24), written out once more by hand."""

import re

import pytest
from django.conf import settings

from tests.factories import make_account, make_support
from users.accounts.enums import Role
from users.accounts.permissions import ROLE_PERMISSIONS, Permission

TABLE = """
                   admin technician billing read_only
see_users          yes   yes        no      yes
change_users       yes   yes        no      no
see_policies       yes   yes        no      yes
change_policies    yes   yes        no      no
change_connectors  yes   yes        no      no
decide_held        yes   no         no      no
change_license     yes   no         no      no
change_companies   yes   no         no      no
see_statements     yes   no         yes     no
see_audit          yes   no         no      no
manage_colleagues  yes   no         no      no
"""


def test_r24_roles_and_permissions() -> None:
    (*roles,), *lines = [line.split() for line in TABLE.strip().splitlines()]
    assert roles == list(Role)
    assert [name for name, *_cells in lines] == list(Permission)
    for name, *cells in lines:
        for role, cell in zip(roles, cells, strict=True):
            assert (Permission(name) in ROLE_PERMISSIONS[Role(role)]) == (cell == "yes"), (name, role)


@pytest.mark.django_db
def test_templates_ask_by_name() -> None:
    """`request.account.may` has a boolean for each permission, and for support staff outside a visit all are false."""
    may = vars(make_account(role=Role.READ_ONLY).may)
    assert {name for name, is_given in may.items() if is_given} == {"see_users", "see_policies"}
    assert set(may) == set(Permission)
    assert not any(vars(make_support().may).values())


def test_templates_ask_for_nothing_that_does_not_exist() -> None:
    """A misspelled permission would be false for everybody, and nobody would see why."""
    asked = {
        name
        for template in (settings.BASE_DIR / "templates").rglob("*.html")
        for name in re.findall(r"\bmay\.(\w+)", template.read_text())
    }
    assert asked
    assert asked <= set(Permission)
