from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "users.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        super().ready()
        from users.accounts import sign_ins, visits

        sign_ins.listen()
        visits.listen()
