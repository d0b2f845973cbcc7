"""Connectors: what brings a directory's people in; and those people as their directory knows them."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from companies.models import Company
from companies.partners.models import Partner
from users.directory.enums import ConnectorKind, OutcomeKind
from users.directory.querysets import ConnectorQuerySet, EntryQuerySet, GroupQuerySet
from users.enums import Withdrawal


class Connector(models.Model):
    """One SCIM client of a company, with its own token. Removed connectors are marked, never deleted (R2).

    The token itself is shown once and never stored: `token_hash` is its SHA-256 in hexadecimal. After a rotation the
    former one works until `former_token_ends_at`. `on_…` are its rules (R20), `threshold_…` what stops it (R22).
    """

    partner = models.ForeignKey(Partner, verbose_name=_("partner"), on_delete=models.PROTECT, db_index=False)
    company = models.ForeignKey(
        Company, verbose_name=_("company"), on_delete=models.PROTECT, db_index=False, related_name="connectors"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ConnectorKind)
    name = models.CharField(_("name"), max_length=100)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    asks_approval = models.BooleanField(_("people who arrive ask for approval"), default=False)
    former_token_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)
    former_token_ends_at = models.DateTimeField(_("former token works until"), null=True, editable=False)
    on_disabled = models.CharField(
        pgettext_lazy("rule for whoever is", "disabled in the directory"),
        max_length=10,
        choices=Withdrawal,
        db_default=Withdrawal.DISABLE,
    )
    on_deleted = models.CharField(
        pgettext_lazy("rule for whoever is", "deleted in the directory"),
        max_length=10,
        choices=Withdrawal,
        db_default=Withdrawal.DISABLE,
    )
    on_left = models.CharField(
        pgettext_lazy("rule for whoever has", "left the scope"),
        max_length=10,
        choices=Withdrawal,
        db_default=Withdrawal.DISABLE,
    )
    threshold_people = models.PositiveIntegerField(_("at most so many people"), db_default=5)
    threshold_percent = models.PositiveSmallIntegerField(_("at most so many percent"), db_default=10)
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True, editable=False)
    last_contact_at = models.DateTimeField(_("last contact"), null=True, editable=False)
    last_change_at = models.DateTimeField(_("last change"), null=True, editable=False)
    created_at = models.DateTimeField(_("added"), db_default=Now(), editable=False)
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True, editable=False)
    # R13, R14: a foreign key on (company, required tier) holds the company on Advanced while the connector exists.
    required_tier = models.GeneratedField(
        expression=Case(When(removed_at__isnull=True, then=Value("advanced"))),
        output_field=models.CharField(max_length=10, null=True),
        db_persist=True,
    )

    objects: ClassVar[ConnectorQuerySet] = ConnectorQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("connector")
        verbose_name_plural = _("connectors")
        constraints = [
            models.CheckConstraint(name="connector_kind_known", condition=Q(kind__in=list(ConnectorKind.values))),
            models.UniqueConstraint(fields=["partner", "id"], name="connector_tenant_key"),
            models.UniqueConstraint(fields=["partner", "company", "id"], name="connector_company_key"),
            models.CheckConstraint(
                name="connector_rules_known",
                condition=Q(
                    on_disabled__in=Withdrawal.values, on_deleted__in=Withdrawal.values, on_left__in=Withdrawal.values
                ),
            ),
            models.CheckConstraint(name="connector_threshold", condition=Q(threshold_percent__lte=100)),
            models.UniqueConstraint(
                "partner", "company", Lower("name"), condition=Q(removed_at__isnull=True), name="connector_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Entry(models.Model):
    """A person as a connector's directory knows them: a SCIM User resource. The person themselves is `user`.

    `active` is what the directory asked last, and what SCIM repeats; what is true is the user's status (R20). It is
    off too for whoever `has_left` the scope. The resource lives until the directory deletes it (R20): then it is
    marked, and its userName is free. `attributes` is what was sent beyond the columns, to be echoed. `version` grows
    with every change (ETag).
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, db_index=False, related_name="+")
    connector = models.ForeignKey(Connector, on_delete=models.PROTECT, db_index=False, related_name="entries")
    user = models.ForeignKey("users.User", on_delete=models.PROTECT, db_index=False, related_name="entries")
    scim_id = models.UUIDField(default=uuid.uuid4, editable=False)
    user_name = models.CharField(_("user name"), max_length=254)
    user_name_norm = models.GeneratedField(
        expression=Lower("user_name"), output_field=models.CharField(max_length=254), db_persist=True
    )
    external_id = models.CharField(_("external id"), max_length=255, blank=True)
    active = models.BooleanField(_("active in the directory"), default=True)
    has_left = models.BooleanField(
        pgettext_lazy("whether the person has", "left the scope"), default=False, db_default=False
    )
    attributes = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    modified_at = models.DateTimeField(_("changed"), db_default=Now())
    deleted_at = models.DateTimeField(
        pgettext_lazy("since when the person is", "deleted in the directory"), null=True, blank=True
    )

    objects: ClassVar[EntryQuerySet] = EntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("directory entry")
        verbose_name_plural = _("directory entries")
        constraints = [
            models.UniqueConstraint(fields=["partner", "id"], name="entry_tenant_key"),
            models.UniqueConstraint(fields=["partner", "scim_id"], name="entry_scim_id_once"),
            models.UniqueConstraint(
                fields=["partner", "company", "user_name_norm"],
                condition=Q(deleted_at__isnull=True),
                name="entry_user_name_once",
            ),
            models.UniqueConstraint(
                fields=["partner", "user"], condition=Q(deleted_at__isnull=True), name="entry_user_once"
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "connector", "id"], name="entry_of_connector"),
            models.Index(fields=["partner", "connector", "external_id"], name="entry_by_external_id"),
            models.Index(
                fields=["partner", "connector", "user_name_norm"],
                condition=Q(deleted_at__isnull=False),
                name="entry_deleted_by_name",
            ),
            models.Index(fields=["partner", "user"], name="entry_of_user"),
        ]

    def __str__(self) -> str:
        return self.user_name

    @property
    def is_asked_in(self) -> bool:
        """What the directory asks for: that the person is in."""
        return self.active and self.deleted_at is None


class Group(models.Model):
    """A SCIM Group: stored and echoed with its members, nothing more."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, db_index=False, related_name="+")
    connector = models.ForeignKey(Connector, on_delete=models.PROTECT, db_index=False, related_name="groups")
    scim_id = models.UUIDField(default=uuid.uuid4, editable=False)
    display_name = models.CharField(_("name"), max_length=255)
    external_id = models.CharField(_("external id"), max_length=255, blank=True)
    members = models.JSONField(default=list)
    attributes = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    modified_at = models.DateTimeField(_("changed"), db_default=Now())

    objects: ClassVar[GroupQuerySet] = GroupQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("directory group")
        verbose_name_plural = _("directory groups")
        constraints = [
            models.UniqueConstraint(fields=["partner", "scim_id"], name="group_scim_id_once"),
        ]
        indexes = [models.Index(fields=["partner", "connector", "id"], name="group_of_connector")]

    def __str__(self) -> str:
        return self.display_name


class Run(models.Model):
    """What a connector did in one go: changes less than ten minutes apart. Its outcomes tell of each person."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, db_index=False, related_name="+")
    connector = models.ForeignKey(Connector, on_delete=models.PROTECT, db_index=False, related_name="runs")
    started_at = models.DateTimeField(_("started"), db_default=Now(), editable=False)
    last_at = models.DateTimeField(_("last change"), db_default=Now())

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        constraints = [models.UniqueConstraint(fields=["partner", "id"], name="run_tenant_key")]
        indexes = [models.Index(fields=["partner", "connector", "-id"], name="run_of_connector")]

    def __str__(self) -> str:
        return str(self.pk)


class Outcome(models.Model):
    """What became of one person in a run; nobody is ever dropped silently (R6).

    `named` is what the directory called somebody whom it could not bring in (no entry exists), and `code` says why:
    personal data, erased with the person, or after a year.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, db_index=False, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, db_index=False, related_name="outcomes")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, db_index=False, null=True, related_name="outcomes")
    kind = models.CharField(_("outcome"), max_length=12, choices=OutcomeKind)
    code = models.CharField(_("reason"), max_length=40, blank=True)
    named = models.CharField(pgettext_lazy("what the directory calls the person", "named"), max_length=254, blank=True)
    at = models.DateTimeField(_("when"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        indexes = [
            models.Index(fields=["partner", "run", "id"], name="outcome_of_run"),
            models.Index(fields=["partner", "entry", "-id"], name="outcome_of_entry"),
            # Few of a run's many: those in trouble, and those who count against the threshold (R22).
            models.Index(
                fields=["partner", "run", "kind", "-id"],
                condition=Q(
                    kind__in=(OutcomeKind.DISABLED, OutcomeKind.HELD, OutcomeKind.REFUSED, OutcomeKind.REMOVED)
                ),
                name="outcome_of_few",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class HeldChange(models.Model):
    """A change past the connector's threshold: answered as done, stored, carried out only when an Admin confirms (R22).

    `how` is what would be done. A rejected one is shown as a difference from the directory.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, db_index=False, related_name="+")
    connector = models.ForeignKey(Connector, on_delete=models.PROTECT, db_index=False, related_name="held")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, db_index=False, related_name="held")
    how = models.CharField(_("what"), max_length=10, choices=Withdrawal)
    asked_at = models.DateTimeField(_("asked"), db_default=Now(), editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    is_confirmed = models.BooleanField(_("confirmed"), default=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("held change")
        verbose_name_plural = _("held changes")
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "entry"], condition=Q(decided_at__isnull=True), name="held_change_open_once"
            ),
        ]
        indexes = [models.Index(fields=["partner", "connector", "id"], name="held_of_connector")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.how}"
