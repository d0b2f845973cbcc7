"""What an Admin changes of a colleague: role, companies, access (R24). A partner is never left without an Admin."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db.models import Q

from companies.audit.enums import Act
from companies.audit.record import record_of_partner
from companies.models import Company
from companies.partners.models import Partner
from companies.partners.scope import sign_in_scope
from licensing.errors import AccountGone, LastAdmin
from licensing.locks import briefly
from users.accounts.enums import Role
from users.accounts.invitations import open_companies, withdraw_invitation
from users.accounts.models import Account, Assignment, Invitation
from users.accounts.notices import tell_role_changed, tell_withdrawn

NAMED_IN_AUDIT = 10
"""So many companies are named in one event; the rest are counted."""


def change_role(account: Account, *, role: Role, companies: Collection[int], by: Account, reason: str = "") -> None:
    """Give the account `role`, and as a Technician exactly `companies` of those that are open (R24).

    What stays the same writes nothing. Whoever is an Admin no more leaves no open invitation behind. In the partner's
    scope, or in support's. Raises AccountGone for an account that was withdrawn, LastAdmin, CompaniesNotFound. Writes
    an audit event for the role, one for the companies, one for each invitation; the account is told of its new role by
    mail.
    """
    with _locked(account) as colleague:
        before = Role(colleague.account.role)
        if role != before:
            _set_role(colleague, role, by=by, reason=reason)
        if role == Role.TECHNICIAN:
            _give(colleague, companies, by=by, reason=reason)
        else:
            _take_all(colleague, by=by, reason=reason)
        if role != before:
            tell_role_changed(colleague.account, role_from=before, by=by)


def give_companies(account: Account, *, companies: Collection[int], by: Account, reason: str = "") -> None:
    """Give a Technician exactly `companies` of those that are open; what stays the same writes nothing (R24).

    A company that is closed at the moment stays given: it is there again when it is opened again. Whoever has another
    role sees all companies and is given none. Raises AccountGone, CompaniesNotFound. Writes an audit event.
    """
    with _locked(account) as colleague:
        if colleague.account.role == Role.TECHNICIAN:
            _give(colleague, companies, by=by, reason=reason)


def assign_technicians(company: Company, *, technicians: Collection[int], by: Account, reason: str = "") -> None:
    """Give the open company to exactly these Technicians of its partner; what stays the same writes nothing (R24).

    In the partner's scope. Raises CompaniesNotFound for a closed company, AccountGone for whoever is no Technician
    there, or not any more. Writes an audit event for each Technician who gets it or has it no longer.
    """
    with briefly():
        partner = company.partner
        open_companies(partner, [company.pk])
        active = Account.objects.filter(partner=partner, is_active=True, role=Role.TECHNICIAN).order_by("pk")
        known = {row.pk: row for row in active.select_for_update(of=("self",), no_key=True)}
        if gone := sorted(set(technicians) - known.keys()):
            raise AccountGone(account_id=gone[0])
        given = Assignment.objects.filter(partner=partner, company=company, account__in=known)
        before = set(given.values_list("account_id", flat=True))
        given.exclude(account__in=technicians).delete()
        new = sorted(set(technicians) - before)
        Assignment.objects.bulk_create(Assignment(partner=partner, account_id=pk, company=company) for pk in new)
        for pk in sorted(before ^ set(technicians)):
            colleague = _Colleague(known[pk], partner, 0)
            gets, loses = ([company.pk], []) if pk in new else ([], [company.pk])
            _remember(colleague, gets, loses, by=by, reason=reason)


def withdraw(account: Account, *, by: Account, reason: str = "") -> None:
    """End the account: its sessions are over at their next request, its companies are taken, its e-mail is free (R2).

    Invitations that it sent and nobody accepted yet are withdrawn with it: nobody leaves a door open for themselves. A
    withdrawn account counts as done. Raises LastAdmin, and AccountGone for one of support staff. Writes an audit event;
    the account is told by mail.
    """
    try:
        with _locked(account) as colleague:
            if colleague.account.role == Role.ADMIN:
                colleague.refuse_last_admin()
            colleague.account.is_active = False
            colleague.account.save(update_fields=["is_active"])
            Assignment.objects.filter(partner=colleague.partner, account=account).delete()
            # allauth keeps one account for each address; it is no partner's table, and open to the sign-in alone.
            with sign_in_scope():
                EmailAddress.objects.filter(user=account).delete()
            record_of_partner(
                colleague.partner.pk,
                Act.ACCOUNT_WITHDRAWN,
                by=by,
                reason=reason,
                account=account.pk,
                role=colleague.account.role,
            )
            _withdraw_invitations(colleague, by=by, reason=reason)
            tell_withdrawn(colleague.account, by=by)
    except AccountGone:
        if account.partner_id is None:
            raise


@dataclass(frozen=True, slots=True)
class _Colleague:
    """An account as it stands now, locked together with all Admins of its partner."""

    account: Account
    partner: Partner
    other_admins: int

    def refuse_last_admin(self) -> None:
        if not self.other_admins:
            raise LastAdmin(account_id=self.account.pk)


@contextmanager
def _locked(account: Account) -> Iterator[_Colleague]:
    """One transaction in which neither this account nor any Admin of its partner is changed by others.

    So two Admins who withdraw each other at the same moment come one after the other, and the second is refused.
    Raises AccountGone for an account that is not active, or has no partner.
    """
    with briefly():
        rows = _lock(account)
        now = next((row for row in rows if row.pk == account.pk), None)
        if now is None or now.partner is None:
            raise AccountGone(account_id=account.pk)
        others = sum(row.role == Role.ADMIN for row in rows if row.pk != account.pk)
        yield _Colleague(now, now.partner, others)


def _lock(account: Account) -> list[Account]:
    # In one order for all, so that nobody waits in a circle. Whoever changed while we waited is looked at again.
    active = Account.objects.filter(partner=account.partner, is_active=True)
    chosen = active.filter(Q(pk=account.pk) | Q(role=Role.ADMIN)).select_related("partner").order_by("pk")
    return list(chosen.select_for_update(of=("self",), no_key=True))


def _set_role(colleague: _Colleague, role: Role, *, by: Account, reason: str) -> None:
    account, before = colleague.account, colleague.account.role
    if before == Role.ADMIN:
        colleague.refuse_last_admin()
    account.role = role
    account.save(update_fields=["role"])
    record_of_partner(
        colleague.partner.pk,
        Act.ACCOUNT_CHANGED,
        by=by,
        reason=reason,
        account=account.pk,
        fields=["role"],
        role_from=before,
        role_to=role,
        active=True,
    )
    if before == Role.ADMIN:
        _withdraw_invitations(colleague, by=by, reason=reason)


def _withdraw_invitations(colleague: _Colleague, *, by: Account, reason: str) -> None:
    sent = Invitation.objects.filter(partner=colleague.partner, by_account=colleague.account)
    for invitation in sent.filter(accepted_at__isnull=True, withdrawn_at__isnull=True).order_by("pk"):
        withdraw_invitation(invitation, by=by, reason=reason)


def _give(colleague: _Colleague, companies: Collection[int], *, by: Account, reason: str) -> None:
    partner = colleague.partner
    wanted = set(open_companies(partner, companies))
    given = Assignment.objects.filter(partner=partner, account=colleague.account)
    open_ones = Company.objects.of_partner(partner).open()
    before = set(given.filter(company__in=open_ones).values_list("company_id", flat=True))
    new, old = sorted(wanted - before), sorted(before - wanted)
    given.filter(company_id__in=old).delete()
    Assignment.objects.bulk_create(
        Assignment(partner=partner, account=colleague.account, company_id=company) for company in new
    )
    _remember(colleague, new, old, by=by, reason=reason)


def _take_all(colleague: _Colleague, *, by: Account, reason: str) -> None:
    given = Assignment.objects.filter(partner=colleague.partner, account=colleague.account)
    old = sorted(given.values_list("company_id", flat=True))
    given.delete()
    _remember(colleague, [], old, by=by, reason=reason)


def _remember(colleague: _Colleague, given: list[int], taken: list[int], *, by: Account, reason: str) -> None:
    if given or taken:
        record_of_partner(
            colleague.partner.pk,
            Act.COMPANIES_GIVEN,
            by=by,
            reason=reason,
            account=colleague.account.pk,
            given=given[:NAMED_IN_AUDIT],
            given_count=len(given),
            taken=taken[:NAMED_IN_AUDIT],
            taken_count=len(taken),
        )
