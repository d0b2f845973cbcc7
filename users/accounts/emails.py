"""The one address of an account: what it signs in with, what allauth keeps of it, and the links that are sent to it.

allauth keeps addresses in a table of its own, and whether they were proved. There is one for each active account, equal
to its e-mail; a withdrawn account has none, for its e-mail is free for another one (R2).
"""

from allauth.account.models import EmailAddress
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from users.accounts.models import Account


class ResetTokens(PasswordResetTokenGenerator):
    """Of the links by which a forgotten password is set anew, for PASSWORD_RESET_TIMEOUT seconds.

    Password, last sign-in and e-mail are part of it: a change of any of them ends the link. So does withdrawal.
    """

    def check_token(self, user: Account | None, token: str | None) -> bool:
        return bool(user and user.is_active) and super().check_token(user, token)


def active_account(email: str) -> Account | None:
    """Whose address this is. Withdrawn accounts have none (R2)."""
    return Account.objects.filter(email=email.strip().lower(), is_active=True).first()


def release(email: str) -> None:
    """Forget that withdrawn accounts once proved this address: it is another's now (R2)."""
    EmailAddress.objects.filter(email=email.lower(), user__is_active=False).delete()


def keep_in_step(account: Account) -> None:
    """Make what allauth keeps equal to the account's e-mail; idempotent.

    To be called in the transaction in which somebody else than the account itself changed its e-mail, withdrew it, or
    brought it back. A new address counts as unproved: the next sign-in asks for the code that is sent to it.
    """
    kept = EmailAddress.objects.filter(user=account)
    if not account.is_active:
        kept.delete()
        return
    release(account.email)
    kept.exclude(email=account.email).delete()
    kept.get_or_create(email=account.email, defaults={"user": account, "primary": True})
