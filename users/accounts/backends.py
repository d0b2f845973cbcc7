from allauth.account.auth_backends import AuthenticationBackend

from users.accounts.models import Account


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's, but the account of a request comes with its partner in one query."""

    def get_user(self, user_id: int) -> Account | None:
        account = Account.objects.select_related("partner").filter(pk=user_id).first()
        return account if account and self.user_can_authenticate(account) else None
