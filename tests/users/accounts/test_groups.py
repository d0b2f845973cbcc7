"""The groups of support staff are made and kept right by every `migrate` (R25)."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal

from companies.audit.models import AuditEvent
from portal.admin_actions import RulesAdmin
from tests.factories import make_account, make_support
from users.accounts.groups import READER, RULED, SEEN, SUPPORT, change_support_account, open_support_account
from users.accounts.models import Account

pytestmark = pytest.mark.django_db


def codes(name: str) -> set[str]:
    """What the group may do, as Django's `has_perm` spells it."""
    permissions = Permission.objects.filter(group__name=name).select_related("content_type")
    return {f"{each.content_type.app_label}.{each.codename}" for each in permissions}


def wanted(verb: str, models: tuple[str, ...]) -> set[str]:
    return {model.replace(".", f".{verb}_") for model in models}


def migrate() -> None:
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default", apps=apps, plan=[])


def test_a_reader_may_look_at_all_that_the_site_shows() -> None:
    assert codes(READER) == wanted("view", SEEN)
    assert set(SEEN) == {model._meta.label_lower for model in admin.site._registry}


def test_support_may_run_rules_too_wherever_there_are_some() -> None:
    assert codes(SUPPORT) == wanted("view", SEEN) | wanted("change", RULED)
    ruled = {model._meta.label_lower for model, each in admin.site._registry.items() if isinstance(each, RulesAdmin)}
    assert set(RULED) == ruled


def test_migrating_mends_them_and_leaves_their_members() -> None:
    """Idempotent; what somebody gave them by other means is taken back."""
    account = Account.objects.create_user("a@vendor.example", None, name="A", is_staff=True, role="")
    reader, support = (Group.objects.get(name=name) for name in (READER, SUPPORT))
    account.groups.set([support])
    reader.permissions.set(Permission.objects.filter(codename="delete_company"))
    Group.objects.filter(pk=support.pk).update(name="Support")
    other = Group.objects.create(name="Something else")
    for _ in range(2):
        migrate()
        assert codes(READER) == wanted("view", SEEN)
        assert codes(SUPPORT) == wanted("view", SEEN) | wanted("change", RULED)
    assert set(Group.objects.all()) == {reader, support, other}
    assert list(account.groups.all()) == [support]
    assert codes("Something else") == set()


def test_they_are_made_where_they_are_missing_and_with_them_their_permissions() -> None:
    Group.objects.all().delete()
    Permission.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert codes(READER) == wanted("view", SEEN)
    assert codes(SUPPORT) == wanted("view", SEEN) | wanted("change", RULED)


@pytest.mark.parametrize("who", ["support", "admin"])
def test_only_superusers_make_and_change_support_staff(who: str) -> None:
    """R25: by the rule itself, whatever asks for it."""
    if who == "support":
        by = Account.objects.create_user("a@vendor.example", None, name="A", is_staff=True, role="")
        by.groups.set([Group.objects.get(name=SUPPORT)])
    else:
        by = make_account()
    colleague = make_support()
    with pytest.raises(PermissionDenied):
        open_support_account("b@vendor.example", name="B", groups=[], is_superuser=True, by=by, reason="x")
    for account in (colleague, by):
        with pytest.raises(PermissionDenied):
            change_support_account(account, groups=[], is_superuser=True, is_active=True, by=by, reason="x")
    assert Account.objects.count() == 2
    by.refresh_from_db()
    assert by.is_superuser is False
    assert not AuditEvent.objects.exists()


def test_a_partners_account_does_not_become_support_staff() -> None:
    """R23: what it did stands in its partner's books."""
    account = make_account()
    with pytest.raises(PermissionDenied):
        change_support_account(account, groups=[], is_superuser=True, is_active=True, by=make_support(), reason="x")
    account.refresh_from_db()
    assert (account.is_staff, account.is_superuser) == (False, False)
