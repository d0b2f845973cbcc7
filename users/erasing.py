"""Personal data of removed people is erased on request (R25): who they were is forgotten, what happened is not."""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Concat, Lower, Now

from companies.audit.enums import Act
from companies.audit.record import record
from licensing.actors import By
from licensing.errors import UserGone, UserNotRemoved
from licensing.locks import locked
from users.directory.models import Entry, Outcome
from users.enums import UserStatus
from users.models import User

# A file that nobody confirmed yet is dropped, by its cells or its rows: it can be chosen again.
_DROP_FILES = (
    "DELETE FROM users_importrow WHERE partner_id = %(partner)s AND run_id = ANY(%(runs)s)",
    "DELETE FROM users_importrun WHERE partner_id = %(partner)s AND id = ANY(%(runs)s)",
)
_FIND_FILES = """
    SELECT run.id FROM users_importrun AS run
    WHERE run.partner_id = %(partner)s AND run.company_id = %(company)s AND run.confirmed_at IS NULL AND (
        EXISTS (
            SELECT FROM users_importrow AS row
            WHERE row.partner_id = run.partner_id AND row.run_id = run.id AND (
                lower(row.email) = nullif(%(email)s, '')
                OR %(email)s = '' AND lower(concat(row.first_name, ' ', row.last_name)) = %(name)s
            )
        )
        OR EXISTS (
            SELECT FROM jsonb_array_elements(run.records) AS record
            WHERE CASE WHEN %(email)s <> '' THEN EXISTS (
                SELECT FROM jsonb_array_elements_text(record -> 1) AS cell WHERE lower(btrim(cell)) = %(email)s
            ) ELSE starts_with(lower(concat_ws(' ', record -> 1 ->> 0, record -> 1 ->> 1)), %(name)s) END
        )
    )
"""
# What became of the row is told still, of whom is not; also while other rows of the file are still to be tried. A row
# that nobody was added from can be mended and confirmed again: what is blank is wrong.
_BLANK_RESULTS = """
    UPDATE users_importrow AS row
    SET first_name = '', last_name = '', email = '', surplus = '', is_wrong = row.is_wrong OR row.outcome = ''
    FROM users_importrun AS run
    WHERE row.run_id = run.id AND row.partner_id = %(partner)s AND run.partner_id = %(partner)s
        AND run.company_id = %(company)s AND (run.ended_at IS NOT NULL OR row.outcome <> '') AND (
            lower(row.email) = nullif(%(email)s, '')
            OR %(email)s = '' AND lower(concat(row.first_name, ' ', row.last_name)) = %(name)s
        )
"""

# A group's member may carry a name beside the id.
_LEAVE_GROUPS = """
    UPDATE directory_group
    SET version = version + 1, modified_at = statement_timestamp(), members = (
        SELECT coalesce(jsonb_agg(member ORDER BY number), '[]')
        FROM jsonb_array_elements(members) WITH ORDINALITY AS listed (member, number)
        WHERE member ->> 'value' IS DISTINCT FROM %(member)s
    )
    WHERE partner_id = %(partner)s AND company_id = %(company)s
        AND members @> jsonb_build_array(jsonb_build_object('value', %(member)s::text))
"""


def erase_user(user: User, *, by: By, reason: str) -> None:
    """Blank the names and the e-mail of a removed person, in an open company or a closed one, for good.

    The row and its id stay, and with them ledger, history and audit, which name nobody (R2, R17); seats and status are
    not touched. Gone too are files of people that name the person and wait for a confirmation, the name in what became
    of other files, what Django's own log said, what directories said: entries are blank and count as deleted, groups
    and outcomes of runs forget the person. Whoever brings the person again brings somebody new. Who was erased already
    counts as done.

    Raises UserNotRemoved, UserGone. Writes an audit event with the id.
    """
    with locked(user.company, closed=True) as company:
        now = User.objects.of_company(company).select_for_update(of=("self",), no_key=True).filter(pk=user.pk).first()
        if now is None:
            raise UserGone(user_ids=(user.pk,))
        if now.status != UserStatus.REMOVED:
            raise UserNotRemoved(user_id=now.pk)
        if now.erased_at is not None:
            return
        _forget_in_files(now)
        _forget_in_log(now)
        _forget_in_directories(now)
        User.objects.of_company(company).filter(pk=now.pk).update(
            first_name="", last_name="", email="", erased_at=Now()
        )
        record(company, Act.USER_ERASED, by=by, reason=reason, users=[now.pk], count=1)


def _lower_name(user: User) -> str:
    """Asked of the database, whose lower() is not Python's."""
    name = Lower(Concat("first_name", Value(" "), "last_name"))
    return str(User.objects.of_company(user.company).filter(pk=user.pk).values_list(name, flat=True).get())


def _forget_in_directories(user: User) -> None:
    entries = Entry.objects.filter(partner_id=user.partner_id, user=user)
    names = {user.email_norm, _lower_name(user).strip(), *entries.values_list("user_name_norm", flat=True)} - {""}
    outcomes = Outcome.objects.filter(partner_id=user.partner_id, company_id=user.company_id)
    # What they were to be called, too, where that was refused.
    outcomes.annotate(norm=Lower("named")).filter(Q(norm__in=names) | Q(entry__in=entries)).update(named="")
    with connection.cursor() as cursor:
        for scim_id in entries.values_list("scim_id", flat=True):
            cursor.execute(
                _LEAVE_GROUPS, {"partner": user.partner_id, "company": user.company_id, "member": str(scim_id)}
            )
    entries.update(
        user_name="", external_id="", attributes={}, deleted_at=Coalesce("deleted_at", Now()), version=F("version") + 1
    )


def _forget_in_files(user: User) -> None:
    named = {
        "partner": user.partner_id,
        "company": user.company_id,
        "email": user.email_norm,
        "name": _lower_name(user),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIND_FILES, named)
        runs = [pk for (pk,) in cursor.fetchall()]
        for statement in _DROP_FILES:
            cursor.execute(statement, {"partner": user.partner_id, "runs": runs})
        cursor.execute(_BLANK_RESULTS, named)


def _forget_in_log(user: User) -> None:
    """Support's site writes nothing of people there any more; older versions did."""
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    entries.update(object_repr=str(user.pk), change_message="")
