"""What support staff may do with people: each form runs one rule (R25)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, ClassVar, cast

from django import forms
from django.contrib.admin.options import ActionLocation
from django.contrib.admin.widgets import AdminTextareaWidget
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from companies.models import Company
from licensing.approvals import approve_users
from licensing.primary import transfer_primary
from licensing.rejections import reject_users, undo_rejection
from licensing.seats import disable_users, enable_users, remove_users
from licensing.wording import seated_text
from portal.admin_actions import RuleForm
from users.accounts.models import Account
from users.enums import Door
from users.erasing import erase_user
from users.models import User
from users.people import Person, clean_person
from users.provisioning import add_users
from users.takeover import manage_all_in_portal


class UsersForm(RuleForm):
    """A rule that is run on the chosen users, company by company: on all of them or on none."""

    locations = (ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM)
    rule: ClassVar[Callable[..., int]]

    @property
    def users(self) -> Sequence[User]:
        return cast("Sequence[User]", self.subjects)

    def run(self, *, by: Account, reason: str) -> str:
        rule = type(self).rule
        changed = sum(
            rule(company, users=[user.pk for user in users], by=by, door=Door.SUPPORT, reason=reason)
            for company, users in self._by_company()
        )
        return _changed_text(changed)

    def _by_company(self) -> Iterator[tuple[Company, list[User]]]:
        """In the order of their ids, so that two of these never wait for each other."""
        ordered = sorted(self.users, key=lambda user: (user.company_id, user.pk))
        for _company_id, users in groupby(ordered, key=lambda user: user.company_id):
            chosen = list(users)
            yield chosen[0].company, chosen


class ApproveUsers(UsersForm):
    """R7"""

    title = gettext_lazy("Approve")
    rule = staticmethod(approve_users)


class DisableUsers(UsersForm):
    """R2, R18"""

    title = gettext_lazy("Disable")
    rule = staticmethod(disable_users)


class EnableUsers(UsersForm):
    """R8"""

    title = gettext_lazy("Enable")
    rule = staticmethod(enable_users)


class RemoveUsers(UsersForm):
    """R2, R18"""

    title = gettext_lazy("Remove")

    def run(self, *, by: Account, reason: str) -> str:
        removed = [
            remove_users(company, users=[user.pk for user in users], by=by, door=Door.SUPPORT, reason=reason)
            for company, users in self._by_company()
        ]
        return _seating_text(removed)


class RejectUsers(UsersForm):
    """R21"""

    title = gettext_lazy("Reject")
    rule = staticmethod(reject_users)


class UndoRejection(UsersForm):
    """R7, R21"""

    title = gettext_lazy("Undo the rejection")

    def run(self, *, by: Account, reason: str) -> str:
        undone = [
            undo_rejection(company, users=[user.pk for user in users], by=by, door=Door.SUPPORT, reason=reason)
            for company, users in self._by_company()
        ]
        return _seating_text(undone)


class ManageInPortal(UsersForm):
    """R9, R21: the names stay as they are."""

    title = gettext_lazy("Manage in portal")

    def run(self, *, by: Account, reason: str) -> str:
        handed = [
            manage_all_in_portal(company, users=[user.pk for user in users], by=by, reason=reason)
            for company, users in self._by_company()
        ]
        return _seating_text(handed)


class MakePrimary(RuleForm):
    """R18"""

    title = gettext_lazy("Make primary user")

    def run(self, *, by: Account, reason: str) -> str:
        user = cast("User", self.subjects[0])
        seated = transfer_primary(user.company, to=user.pk, by=by, door=Door.SUPPORT, reason=reason)
        text = _("%(user)s is the primary user now.") % {"user": user}
        return f"{text} {seated_text(seated)}" if seated else text


class EraseUser(RuleForm):
    """R25: what stays is the row and its id; who it was is gone."""

    title = gettext_lazy("Erase personal data")

    is_meant = forms.BooleanField(
        label=gettext_lazy("This is meant for good"),
        help_text=gettext_lazy(
            "Names and e-mail are deleted and cannot be brought back. Do not write them into the reason: it stays."
        ),
    )

    @property
    def facts(self) -> str:
        user = cast("User", self.subjects[0])
        return " · ".join([str(user), user.email or _("no e-mail"), str(user.company), user.get_status_display()])

    def run(self, *, by: Account, reason: str) -> str:
        erase_user(cast("User", self.subjects[0]), by=by, reason=reason)
        return _("The personal data was erased.")


class AddUsers(RuleForm):
    """R5"""

    title = gettext_lazy("Add users")

    people = forms.CharField(
        label=gettext_lazy("People"),
        widget=AdminTextareaWidget(attrs={"rows": 6}),
        help_text=gettext_lazy("One a line: first name; last name; e-mail. All of them are added, or none."),
    )

    @property
    def company(self) -> Company:
        return cast("Company", self.subjects[0])

    @property
    def facts(self) -> str:
        available = self.company.seats_available
        return ngettext("%(count)d seat is available.", "%(count)d seats are available.", available) % {
            "count": available
        }

    def clean_people(self) -> list[Person]:
        lines = [line for line in self.cleaned_data["people"].splitlines() if line.strip()]
        people: list[Person] = []
        errors: list[forms.ValidationError] = []
        for number, line in enumerate(lines, start=1):
            try:
                people.append(_person(line))
            except forms.ValidationError as error:
                texts = " ".join(error.messages)
                errors.append(forms.ValidationError(_("Line %(number)d: %(text)s") % {"number": number, "text": texts}))
        if errors:
            raise forms.ValidationError(errors)
        return people

    def run(self, *, by: Account, reason: str) -> str:
        users = add_users(self.company, people=self.cleaned_data["people"], by=by, door=Door.SUPPORT, reason=reason)
        return ngettext("%(count)d user was added.", "%(count)d users were added.", len(users)) % {"count": len(users)}


def _changed_text(count: int) -> str:
    return ngettext("%(count)d user was changed.", "%(count)d users were changed.", count) % {"count": count}


def _seating_text(done: Iterable[tuple[int, int]]) -> str:
    """How many were changed, and how many came in from the line."""
    counts = list(done)
    changed, seated = sum(count for count, _seated in counts), sum(seated for _count, seated in counts)
    text = _changed_text(changed)
    return f"{text} {seated_text(seated)}" if seated else text


def _person(line: str) -> Person:
    parts: list[Any] = line.split(";")
    if len(parts) != 3:
        raise forms.ValidationError(_("Write the first name, the last name and the e-mail, with semicolons between."))
    return clean_person(Person(*parts))
