"""Sign-ins to this portal: partner staff and support staff. Not the people of a company, who are `users.User`."""

import datetime as dt
from types import SimpleNamespace
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from companies.partners.models import Partner
from users.accounts.enums import Role, Theme
from users.accounts.permissions import ROLE_PERMISSIONS, VISIT_PERMISSIONS, Permission

INVITATION_LASTS = dt.timedelta(days=7)
VISIT_LASTS = dt.timedelta(minutes=30)
"""So long support staff view the portal as a partner does, once they have said why (R25)."""


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts; an e-mail is stored in lower case, for it is a sign-in name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Account":
        """A new account, whose e-mail the caller vouches for: it is stored as verified.

        A password of None means that one must be set by reset or invitation.
        """
        from allauth.account.models import EmailAddress

        account = self.model(email=email.strip().lower(), **fields)
        account.set_password(password)
        account.save(using=self._db)
        # That a withdrawn account once proved this address holds nobody up: it is free (R2).
        EmailAddress.objects.filter(email=account.email, user__is_active=False).delete()
        EmailAddress.objects.create(user=account, email=account.email, verified=True, primary=True)
        return account

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Account":
        """A new account of support staff with every permission."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, role="", **fields)

    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(email=(username or "").lower(), is_active=True)


class PasswordField(models.CharField):  # type: ignore[type-arg]
    """A password's hash, which the database shows at the door alone: in all other scopes it reads as None (R23).

    There the column itself is closed, and with it every `SELECT` of whole accounts would be; so it is read through a
    function that answers by scope (companies/partners/migrations/0013). To migrations it is the column that it is.
    """

    def select_format(self, _compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        table = sql.removesuffix('"password"')
        return (f'accounts_password({table}"id")', params) if table != sql else (sql, params)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class Account(AbstractBaseUser, PermissionsMixin):
    """A sign-in. It belongs to one partner and has a role there (R24), or it is support staff (R25), never both.

    Withdrawn accounts are marked by `is_active`, never deleted (R2); their e-mail is free for another account.
    """

    partner = models.ForeignKey(
        Partner, verbose_name=_("partner"), on_delete=models.PROTECT, null=True, blank=True, related_name="accounts"
    )
    password = PasswordField(_("password"), max_length=128)
    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=150)
    role = models.CharField(_("role"), max_length=20, choices=Role, blank=True)
    is_staff = models.BooleanField(_("support staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    language = models.CharField(_("language"), max_length=10, blank=True, default="", db_default="")
    """One of settings.LANGUAGES; empty: the browser's, and English in mail."""
    theme = models.CharField(_("theme"), max_length=10, choices=Theme, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects: ClassVar[AccountManager] = AccountManager()

    visit: "Visit | None" = None
    """Support staff only: the partner that is viewed in this request (R25). Set for a request, never stored."""

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(is_active=True),
                name="account_email_once",
                violation_error_message=_("An account with this e-mail exists already."),
            ),
            models.UniqueConstraint(fields=["partner", "id"], name="account_tenant_key"),
            models.CheckConstraint(
                name="account_of_partner_or_staff",
                condition=models.Q(is_staff=True, partner__isnull=True, role="")
                | models.Q(is_staff=False, partner__isnull=False, role__in=list(Role.values)),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def acts_for(self) -> Partner | None:
        """Whose rows this account sees: its own partner's, or those of the one that support views (R25)."""
        return self.visit.partner if self.visit else self.partner

    @property
    def permissions(self) -> frozenset[Permission]:
        """What it may do for that partner (R24); nothing for support staff outside a visit."""
        if self.visit:
            return VISIT_PERMISSIONS
        return ROLE_PERMISSIONS[Role(self.role)] if self.role else frozenset()

    @property
    def sees_given_companies_only(self) -> bool:
        """R24: a Technician sees the companies given to it; all others see all of their partner's."""
        return self.role == Role.TECHNICIAN

    @property
    def may(self) -> SimpleNamespace:
        """The same for templates, a boolean for each Permission: `{% if request.account.may.change_users %}`."""
        return SimpleNamespace(**{permission.value: permission in self.permissions for permission in Permission})


class Assignment(models.Model):
    """A company that was given to a Technician (R24). Deleted when it is taken away: the audit tells of both."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False, related_name="assignments")
    company = models.ForeignKey("companies.Company", on_delete=models.PROTECT, db_index=False, related_name="+")

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            models.UniqueConstraint(fields=["partner", "account", "company"], name="assignment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} > {self.company_id}"


class SentForm(models.Model):
    """A form that this account has sent and that was done, by the stamp of its page: sent again it is not done again.

    `leads_to` is the page that the answer led to, if it led to one. Deleted after a day (users/accounts/once.py).
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, db_index=False, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False, related_name="+")
    key = models.CharField(max_length=64)
    leads_to = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("sent form")
        verbose_name_plural = _("sent forms")
        constraints = [models.UniqueConstraint(fields=["partner", "account", "key"], name="sent_form_once")]
        indexes = [models.Index(fields=["partner", "at"], name="sent_form_by_time")]

    def __str__(self) -> str:
        return self.key


class Invitation(models.Model):
    """A colleague who was asked to join (R24). Its link works once, until `expires_at`, for this e-mail.

    Of the link only the SHA-256 of its token is stored. Inviting the same address again draws a new token. Accepted
    and withdrawn ones are marked, never deleted (R2). `by_account` may be support staff, who invite a first Admin.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, related_name="invitations")
    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=150)
    role = models.CharField(_("role"), max_length=20, choices=Role)
    by_account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False, null=True, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("invited"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("valid until"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(fields=["partner", "id"], name="invitation_tenant_key"),
            models.UniqueConstraint(
                "partner",
                Lower("email"),
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_open_once",
            ),
            models.CheckConstraint(
                name="invitation_ends_once", condition=Q(accepted_at__isnull=True) | Q(withdrawn_at__isnull=True)
            ),
            models.CheckConstraint(name="invitation_role_known", condition=Q(role__in=list(Role.values))),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_open(self) -> bool:
        """Whether its link still works."""
        return self.accepted_at is None and self.withdrawn_at is None and self.expires_at > timezone.now()


class InvitedCompany(models.Model):
    """A company that an invited Technician will be given (R24)."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, related_name="+")
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, db_index=False, related_name="companies")
    company = models.ForeignKey("companies.Company", on_delete=models.PROTECT, db_index=False, related_name="+")

    class Meta:
        verbose_name = _("company of an invitation")
        verbose_name_plural = _("companies of an invitation")
        constraints = [
            models.UniqueConstraint(fields=["partner", "invitation", "company"], name="invited_company_once"),
        ]

    def __str__(self) -> str:
        return f"{self.invitation_id} > {self.company_id}"


class Visit(models.Model):
    """Support staff viewed the portal as the partner does: read-only, for VISIT_LASTS at most (R25).

    The partner sees it and can end it. Never deleted.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False, related_name="+")
    reason = models.CharField(_("reason"), max_length=500)
    started_at = models.DateTimeField(_("started"), db_default=Now(), editable=False)
    ends_at = models.DateTimeField(_("ends"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False, null=True, related_name="+")

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        indexes = [models.Index(fields=["partner", "-ends_at"], name="visit_of_partner")]

    def __str__(self) -> str:
        return f"{self.account_id} > {self.partner_id}"

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.ended_at is None and self.ends_at > timezone.now()
