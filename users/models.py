"""The people of a company, and the history of their status."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat, Lower, Now
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from companies.partners.models import Partner
from portal.web.folding import Folded, folded_field
from portal.web.names import full_name
from users.directory.models import Connector
from users.enums import Door, ImportOutcome, ImportState, UserStatus
from users.querysets import UserQuerySet


class User(models.Model):
    """A person of a company. Removed people are marked, never deleted (R2); who they were can be (users/erasing.py).

    Status is changed by the rules in `licensing` alone, which also write the history. `arrival` is the place in the
    waiting line: a number drawn under the company's lock, held only by those who wait and can be approved (R7, R20).
    """

    partner = models.ForeignKey(Partner, verbose_name=_("partner"), on_delete=models.PROTECT, db_index=False)
    company = models.ForeignKey(
        Company, verbose_name=_("company"), on_delete=models.PROTECT, db_index=False, related_name="users"
    )
    connector = models.ForeignKey(
        Connector,
        verbose_name=_("managed by"),
        on_delete=models.PROTECT,
        db_index=False,
        null=True,
        blank=True,
        related_name="users",
    )
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    name_sort = models.GeneratedField(
        expression=Folded(Concat("first_name", Value(" "), "last_name")),
        output_field=folded_field(),
        db_persist=True,
    )
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    email_norm = models.GeneratedField(
        expression=Lower("email"), output_field=models.CharField(max_length=254), db_persist=True
    )
    status = models.CharField(_("status"), max_length=10, choices=UserStatus)
    arrival = models.PositiveBigIntegerField(_("place of arrival"), null=True, blank=True, editable=False)
    is_inactive_in_directory = models.BooleanField(_("inactive in the directory"), default=False, editable=False)
    since = models.DateTimeField(_("since"), db_default=Now(), editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    erased_at = models.DateTimeField(_("personal data erased"), null=True, blank=True, editable=False)

    objects: ClassVar[UserQuerySet] = UserQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(name="user_status_known", condition=Q(status__in=list(UserStatus.values))),
            models.CheckConstraint(
                name="user_arrival_while_in_line",
                condition=Q(status="pending", is_inactive_in_directory=False, arrival__isnull=False)
                | Q(status="pending", is_inactive_in_directory=True, arrival__isnull=True)
                | (~Q(status="pending") & Q(is_inactive_in_directory=False, arrival__isnull=True)),
            ),
            # R9: over SCIM names and e-mail may be missing, by hand never, but for those whose data was erased.
            models.CheckConstraint(
                name="user_by_hand_is_complete",
                condition=Q(connector__isnull=False)
                | Q(erased_at__isnull=False)
                | ~(Q(email="") | Q(first_name="") | Q(last_name="")),
            ),
            models.CheckConstraint(
                name="user_erased_is_blank",
                condition=Q(erased_at__isnull=True) | Q(status="removed", email="", first_name="", last_name=""),
            ),
            models.UniqueConstraint(fields=["partner", "id"], name="user_tenant_key"),
            # R18: the company's primary user refers to (company, user, Active).
            models.UniqueConstraint(fields=["partner", "company", "id", "status"], name="user_status_key"),
            models.UniqueConstraint(
                fields=["partner", "company", "email_norm"],
                condition=~Q(status="removed") & ~Q(email_norm=""),
                name="user_email_once",
                violation_error_message=_("A user with this e-mail exists already."),
            ),
            models.UniqueConstraint(
                fields=["partner", "company", "arrival"], condition=Q(arrival__isnull=False), name="user_arrival_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["partner", "company", "name_sort", "id"], condition=~Q(status="removed"), name="user_by_name"
            ),
            models.Index(
                fields=["partner", "company", "connector"],
                condition=Q(connector__isnull=False) & ~Q(status="removed"),
                name="user_by_connector",
            ),
            # R21: whoever a directory sends again may have been removed by hand.
            models.Index(
                fields=["partner", "company", "email_norm"],
                condition=Q(connector__isnull=False, status="removed"),
                name="user_removed_by_email",
            ),
        ]

    def __str__(self) -> str:
        if self.erased_at is not None:
            return gettext("an erased user")
        return self.full_name or self.email or str(self.pk)

    @property
    def full_name(self) -> str:
        """Both names, in the order of the language that is read."""
        return full_name(self.first_name, self.last_name)

    @property
    def holds_seat(self) -> bool:
        """R2: Active and Disabled hold a seat."""
        return self.status in {UserStatus.ACTIVE, UserStatus.DISABLED}


class StatusChange(models.Model):
    """One change of a user's status: what, from, to, by whom, when, through which door (R17). Never changed or deleted.

    Without an account or a connector it was the system. `from_status` is empty for a person who is new.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, db_index=False, related_name="status_changes")
    from_status = models.CharField(
        pgettext_lazy("former status", "from"), max_length=10, choices=UserStatus, blank=True
    )
    to_status = models.CharField(pgettext_lazy("new status", "to"), max_length=10, choices=UserStatus)
    by_account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, null=True, related_name="+"
    )
    by_connector = models.ForeignKey(Connector, on_delete=models.PROTECT, db_index=False, null=True, related_name="+")
    door = models.CharField(pgettext_lazy("path by which a change came", "door"), max_length=10, choices=Door)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    at = models.DateTimeField(_("when"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("status change")
        verbose_name_plural = _("status changes")
        constraints = [
            models.CheckConstraint(
                name="status_change_by_one", condition=Q(by_account__isnull=True) | Q(by_connector__isnull=True)
            ),
            models.CheckConstraint(
                name="status_change_known",
                condition=Q(
                    from_status__in=["", *UserStatus.values], to_status__in=UserStatus.values, door__in=Door.values
                ),
            ),
            models.CheckConstraint(name="status_change_differs", condition=~Q(from_status=models.F("to_status"))),
        ]
        indexes = [
            models.Index(fields=["partner", "user", "id"], name="status_change_of_user"),
            models.Index(fields=["partner", "company", "-id"], name="status_change_of_company"),
            models.Index(
                fields=["partner", "company", "-id"],
                condition=Q(from_status="pending", to_status="removed"),
                name="status_change_rejected",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_status or '-'} > {self.to_status}"


class ImportRun(models.Model):
    """A file of people on its way into a company, with a row for each person (users/imports). Kept until `expires_at`.

    Until it is confirmed it is nothing of the company's, and its account's alone. `records` are the cells as they stand
    in the file, each row with its number; they are forgotten as soon as it is confirmed.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, db_index=False, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, db_index=False, related_name="+")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+")
    token = models.CharField(max_length=40)
    file_name = models.CharField(max_length=200, blank=True)
    encoding = models.CharField(max_length=40, blank=True)
    separator = models.CharField(max_length=1, blank=True)
    records = models.JSONField(default=list)
    has_header = models.BooleanField(default=True)
    columns = models.JSONField(default=dict)
    """Where each field stands in the file, by its name."""
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.COLUMNS)
    all_or_nothing = models.BooleanField(default=True)
    may_wait = models.BooleanField(default=False)
    """People for whom no seat is left become Pending approval: chosen by whoever confirmed."""
    code = models.CharField(max_length=40, blank=True)
    data = models.JSONField(default=dict)
    """The refusal of all, where it was one."""
    first_users = models.JSONField(default=list)
    """Ids of the first few who were added, for the Activity tab."""
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.UniqueConstraint(fields=["partner", "id"], name="import_tenant_key"),
            models.UniqueConstraint(fields=["partner", "token"], name="import_token_once"),
            models.CheckConstraint(name="import_state_known", condition=Q(state__in=ImportState.values)),
        ]
        indexes = [
            models.Index(fields=["partner", "expires_at"], name="import_by_expiry"),
            models.Index(fields=["partner", "company", "-id"], name="import_of_company"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ImportRow(models.Model):
    """One person of a file: right fields cleaned, wrong ones as they stand there; once it was tried, its `outcome`.

    `surplus` are cells beyond the last column. `first` is the number of an earlier row with the same e-mail.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, db_index=False, related_name="+")
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, db_index=False, related_name="rows")
    number = models.PositiveIntegerField()
    """As a spreadsheet counts: the first row of the file is number 1."""
    first_name = models.TextField(blank=True)
    last_name = models.TextField(blank=True)
    email = models.TextField(blank=True)
    surplus = models.TextField(blank=True)
    is_wrong = models.BooleanField(default=False)
    is_left_out = models.BooleanField(default=False)
    first = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=10, choices=ImportOutcome, blank=True)
    code = models.CharField(max_length=40, blank=True)
    """Why not, where it was refused."""

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        constraints = [
            models.UniqueConstraint(fields=["partner", "run", "number"], name="import_row_once"),
            models.CheckConstraint(
                name="import_row_outcome_known", condition=Q(outcome__in=["", *ImportOutcome.values])
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)
