"""Colleagues come in by invitation: a link that works once, in time, for one address (R24)."""

import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.audit.enums import Act
from companies.audit.record import record_of_partner
from companies.models import Company
from companies.partners.models import Partner
from companies.partners.scope import partner_scope
from licensing.errors import AccountExists, CompaniesNotFound, EmailInUse, InvalidPerson, InvitationGone
from licensing.locks import briefly
from licensing.refusing import constraint_of
from users.accounts.enums import Role
from users.accounts.models import INVITATION_LASTS, Account, Assignment, Invitation, InvitedCompany
from users.accounts.notices import tell_invited
from users.directory.rules import hash_token
from users.people import clean_email, clean_name

MAX_NAME = 150
_IN_USE = frozenset({"account_email_once", "unique_verified_email"})


def invite(
    partner: Partner,
    *,
    email: str,
    name: str,
    role: Role,
    companies: Collection[int],
    by: Account,
    reason: str = "",
) -> Invitation:
    """Ask somebody to join `partner` as `role`; a Technician will be given `companies`, other roles none (R24).

    The link goes by mail to the address, and nowhere else. Where the address was invited before and has not come yet,
    that invitation is made anew: it gets a new link and new time, and the old link dies. Whether the address signs in
    somewhere else is not looked at: whoever opens the link is told, nobody else.

    In the partner's scope, or in support's for a first Admin. Raises InvalidPerson, AccountExists for a colleague of
    the same partner, CompaniesNotFound. Writes an audit event.
    """
    email, name = _accepted(email, name)
    token = secrets.token_urlsafe(32)
    with briefly():
        if Account.objects.filter(partner=partner, email=email, is_active=True).exists():
            raise AccountExists(email=email)
        given = open_companies(partner, companies) if role == Role.TECHNICIAN else []
        fields = {
            "name": name,
            "role": role,
            "by_account": by,
            "token_hash": hash_token(token),
            "expires_at": timezone.now() + INVITATION_LASTS,
        }
        invitation = _written(partner, email, fields)
        invitation.companies.all().delete()
        InvitedCompany.objects.bulk_create(
            InvitedCompany(partner=partner, invitation=invitation, company_id=company) for company in given
        )
        record_of_partner(partner.pk, Act.INVITED, by=by, reason=reason, invitation=invitation.pk, role=role)
        tell_invited(invitation, token=token, by=by)
        return invitation


def invite_again(invitation: Invitation, *, by: Account) -> Invitation:
    """The same invitation with a new link and new time; companies that were closed meanwhile are left out.

    Raises InvitationGone where it was accepted or withdrawn, and what `invite` raises.
    """
    with briefly():
        now = _locked(invitation)
        open_ones = Company.objects.of_partner(now.partner).open()
        invited = open_ones.filter(pk__in=now.companies.values("company")).values_list("pk", flat=True)
        return invite(now.partner, email=now.email, name=now.name, role=Role(now.role), companies=list(invited), by=by)


def withdraw_invitation(invitation: Invitation, *, by: Account, reason: str = "") -> None:
    """Its link works no more. A withdrawn one counts as done. Raises InvitationGone for one that was accepted.

    Writes an audit event.
    """
    with briefly():
        now = Invitation.objects.select_for_update(of=("self",), no_key=True).get(
            partner_id=invitation.partner_id, pk=invitation.pk
        )
        if now.accepted_at is not None:
            raise InvitationGone(invitation_id=now.pk)
        if now.withdrawn_at is not None:
            return
        now.withdrawn_at = Now()
        now.save(update_fields=["withdrawn_at"])
        record_of_partner(now.partner_id, Act.INVITATION_WITHDRAWN, by=by, reason=reason, invitation=now.pk)


def invitation_of(token_hash: str) -> Invitation:
    """The invitation whose link this is, with its partner and who invites: in the scope of signing in.

    Raises InvitationGone where there is none, or it was accepted, withdrawn or made anew, its time is over, the
    partner's access is, or whoever invites was withdrawn, who would else keep a door; nothing tells these apart.
    """
    known = Invitation.objects.select_related("partner", "by_account")
    invitation = known.filter(token_hash=token_hash).first()
    if invitation is None or not invitation.is_open or not invitation.partner.has_access:
        raise InvitationGone(invitation_id=0)
    if invitation.by_account is not None and not invitation.by_account.is_active:
        raise InvitationGone(invitation_id=0)
    return invitation


def accept(token_hash: str, *, password: str, name: str) -> Account:
    """Make the account for which the link was sent: for its address and role, with its companies that are still open.

    Takes what is stored of the token, so that the token itself goes no further than the address of the link. In the
    scope of signing in: the account is made there, all else in the partner's.

    Raises InvitationGone as `invitation_of`, also for the second of two clicks; EmailInUse where another account signs
    in with the address; InvalidPerson; ValidationError for a password that the validators refuse. Writes an audit
    event.
    """
    with briefly():
        invitation = invitation_of(token_hash)
        with partner_scope(invitation.partner_id):
            # Whoever comes second waits here, and then finds it accepted.
            now = _locked(invitation)
            if now.token_hash != token_hash or not now.is_open:
                raise InvitationGone(invitation_id=0)
        account = _account_for(invitation, password=password, name=name)
        with partner_scope(invitation.partner_id):
            _give_invited(now, account)
            now.accepted_at = Now()
            now.save(update_fields=["accepted_at"])
            record_of_partner(
                now.partner_id,
                Act.INVITATION_ACCEPTED,
                by=account,
                invitation=now.pk,
                account=account.pk,
                role=account.role,
            )
        return account


def clean_sign_in_email(value: str) -> str:
    """An address to sign in with, in lower case: the page for that knows fewer than there are for people (R9).

    Raises ValidationError with the code `required`, `too_long` or `invalid_email`.
    """
    email = clean_email(value).lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise ValidationError(_("This is not an e-mail address."), code="invalid_email") from error
    return email


def open_companies(partner: Partner, companies: Collection[int]) -> list[int]:
    """The same ids in order, each once. Raises CompaniesNotFound for what is no open company of the partner (R24)."""
    wanted = set(companies)
    found = set(Company.objects.of_partner(partner).open().filter(pk__in=wanted).values_list("pk", flat=True))
    if missing := wanted - found:
        raise CompaniesNotFound(company_ids=tuple(sorted(missing)))
    return sorted(found)


def _accepted(email: str, name: str) -> tuple[str, str]:
    errors: dict[str, str] = {}
    try:
        name = clean_name(name, most=MAX_NAME)
    except ValidationError as error:
        errors["name"] = str(error.code)
    try:
        email = clean_sign_in_email(email)
    except ValidationError as error:
        errors["email"] = str(error.code)
    if errors:
        raise InvalidPerson(position=0, errors=errors)
    return email, name


def _written(partner: Partner, email: str, fields: dict[str, object]) -> Invitation:
    """The open invitation of the address with these fields: the one there is, else a new one."""
    invitation = _waiting(partner, email)
    if invitation is None:
        try:
            with transaction.atomic():
                return Invitation.objects.create(partner=partner, email=email, **fields)
        except IntegrityError as error:
            # Two invite the same address at the same moment: the later one makes the earlier one's anew.
            if constraint_of(error) != "invitation_open_once":
                raise
            invitation = _waiting(partner, email)
            if invitation is None:
                raise
    for field, value in fields.items():
        setattr(invitation, field, value)
    invitation.save(update_fields=list(fields))
    return invitation


def _waiting(partner: Partner, email: str) -> Invitation | None:
    """Neither accepted nor withdrawn, though its time may be over; locked."""
    open_ones = Invitation.objects.filter(accepted_at=None, withdrawn_at=None)
    return open_ones.select_for_update(of=("self",), no_key=True).filter(partner=partner, email=email).first()


def _locked(invitation: Invitation) -> Invitation:
    """The row as it stands now. Raises InvitationGone where it was accepted or withdrawn."""
    now = (
        Invitation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("partner")
        .get(partner_id=invitation.partner_id, pk=invitation.pk)
    )
    if now.accepted_at is not None or now.withdrawn_at is not None:
        raise InvitationGone(invitation_id=now.pk)
    return now


def _account_for(invitation: Invitation, *, password: str, name: str) -> Account:
    email, name = _accepted(invitation.email, name)
    account = Account(partner=invitation.partner, email=email, name=name, role=invitation.role)
    validate_password(password, account)
    # The address of a withdrawn account is free (R2); what allauth remembers of it would stand in the way.
    EmailAddress.objects.filter(email=email, user__is_active=False).delete()
    with _while_free():
        return Account.objects.create_user(email, password, partner=invitation.partner, name=name, role=invitation.role)


@contextmanager
def _while_free() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if constraint_of(error) in _IN_USE:
            raise EmailInUse from error
        raise


def _give_invited(invitation: Invitation, account: Account) -> None:
    if account.role != Role.TECHNICIAN:
        return
    open_ones = Company.objects.of_partner(invitation.partner).open()
    companies = open_ones.filter(pk__in=invitation.companies.values("company")).order_by("pk")
    Assignment.objects.bulk_create(
        Assignment(partner_id=invitation.partner_id, account=account, company=company) for company in companies
    )
