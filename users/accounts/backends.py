from allauth.account.auth_backends import AuthenticationBackend

from users.accounts.emails import active_account
from users.accounts.models import Account


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's, but e-mails are those of active accounts, and a request's account comes with its partner."""

    def _authenticate_by_email(self, email: str, password: str) -> Account | None:
        """Whoever is not found costs as much time: allauth then hashes the password for nobody (R2)."""
        found: Account | None = self._check_password(active_account(email), password)
        return found

    def get_user(self, user_id: int) -> Account | None:
        account = Account.objects.select_related("partner").filter(pk=user_id).first()
        return account if account and self.user_can_authenticate(account) else None
