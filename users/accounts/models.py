"""Sign-ins to this portal: partner staff and support staff. Not the people of a company, who are `users.User`."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from companies.partners.models import Partner
from users.accounts.enums import Role


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts; an e-mail is stored in lower case, for it is a sign-in name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Account":
        """A new account. A password of None means that one must be set by reset or invitation."""
        account = self.model(email=email.strip().lower(), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Account":
        """A new account of support staff with every permission."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, role="", **fields)

    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(email=(username or "").lower())


class Account(AbstractBaseUser, PermissionsMixin):
    """A sign-in. It belongs to one partner and has a role there (R24), or it is support staff (R25), never both."""

    partner = models.ForeignKey(
        Partner, verbose_name=_("partner"), on_delete=models.PROTECT, null=True, blank=True, related_name="accounts"
    )
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    role = models.CharField(_("role"), max_length=20, choices=Role, blank=True)
    is_staff = models.BooleanField(_("support staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="account_email_any_case"),
            models.CheckConstraint(
                name="account_of_partner_or_staff",
                condition=models.Q(is_staff=True, partner__isnull=True, role="")
                | models.Q(is_staff=False, partner__isnull=False, role__in=list(Role.values)),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def may_write(self) -> bool:
        """Whether this account may change anything of its partner's: Admins may (R24)."""
        return self.role == Role.ADMIN

    @property
    def may_see_statements(self) -> bool:
        """Whether this account may read what its partner owes: Admins and Billing may (R24)."""
        return self.role in {Role.ADMIN, Role.BILLING}
