"""Every door by which people come to hold a seat, or to wait for one (R5, R6, R9).

Doors translate what they are given and call these; what is decided is decided here, under the company's lock.
"""

from collections.abc import Callable, Sequence

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Lower

from companies.audit.enums import Act
from companies.audit.record import record
from companies.models import Company
from licensing.actors import By
from licensing.approvals import fill_from_line
from licensing.errors import EmailTaken, InvalidPerson, ManagedByDirectory, NoSeatsAvailable, UserGone
from licensing.history import remember
from licensing.locks import locked
from licensing.selection import acting
from users.directory.models import Connector
from users.enums import Door, UserStatus
from users.models import User
from users.people import Person, clean_names, clean_person
from users.uniqueness import clashing_places, refuse_clashes

_BATCH = 5_000


def add_users(
    company: Company, *, people: Sequence[Person], by: By, door: Door = Door.PORTAL, reason: str = ""
) -> list[User]:
    """Add people by hand, from a list or a file: all or nothing, each takes a seat (R5). Returns them in order.

    Raises InvalidPerson for the first one who is incomplete, EmailTaken for every address that is in use or stands
    twice (R9), NoSeatsAvailable with needed, available and shortfall. Writes the history and one audit event.
    """
    cleaned = [accepted(position, person) for position, person in enumerate(people)]
    with locked(company) as company:
        users = add_listed(company, people=cleaned, by=by, door=door, reason=reason)
        if users:
            _tell(company, Act.USERS_ADDED, users, by=by, reason=reason, door=door)
        return users


def add_listed(company: Company, *, people: Sequence[Person], by: By, door: Door, reason: str = "") -> list[User]:
    """What `add_users` does, under the caller's lock and without the audit event; the people are cleaned already (R5).

    Raises EmailTaken and NoSeatsAvailable as it does.
    """
    refuse_clashes(company, [person.email for person in people])
    _seated, beyond = allot(len(people), available=company.seats_available)
    if beyond:
        raise NoSeatsAvailable(needed=len(people), available=company.seats_available)
    users = [_new_user(company, person, status=UserStatus.ACTIVE) for person in people]
    insert(company, users, by=by, door=door, reason=reason)
    return users


def add_possible(
    company: Company, *, people: Sequence[Person], may_wait: bool, by: By, door: Door, reason: str = ""
) -> list[User | str]:
    """Add those of the people who can be added, each by itself, in the order given; under the caller's lock.

    For whoever chose this instead of all or nothing (R5). Everybody added takes an available seat. For whom none is
    left, waits as Pending approval if the caller says that they `may_wait` (R7), else is not added. Returns for each
    the new user, or the code of why not: `taken`, `twice` (R9), `no_seats_available`, or what InvalidPerson names.
    Writes the history; the audit event is the caller's.
    """
    refusals = _refusals_of(company, people)
    wanted = [place for place in range(len(people)) if place not in refusals]
    seated, _beyond = allot(len(wanted), available=company.seats_available)
    users = {place: _new_user(company, people[place], status=UserStatus.ACTIVE) for place in wanted[:seated]}
    if may_wait:
        users |= {place: _waiting_user(company, people[place], active=True) for place in wanted[seated:]}
        company.save(update_fields=["last_arrival"])
    insert(company, list(users.values()), by=by, door=door, reason=reason)
    return [users.get(place) or refusals.get(place, NoSeatsAvailable.code) for place in range(len(people))]


def allot(wanted: int, *, available: int) -> tuple[int, int]:
    """Of so many people who want a seat, how many get one, and for how many none is left (R4, R5)."""
    seated = min(wanted, max(available, 0))
    return seated, wanted - seated


def _refusals_of(company: Company, people: Sequence[Person]) -> dict[int, str]:
    """By place, the code of why a person cannot be added, whatever seats there are. Of two alike the first can."""
    refusals: dict[int, str] = {}
    for place, person in enumerate(people):
        try:
            accepted(place, person)
        except InvalidPerson as invalid:
            refusals[place] = next(iter(invalid.errors.values()))
    right = [place for place in range(len(people)) if place not in refusals]
    found = clashing_places(company, [people[place].email for place in right])
    return refusals | {right[at]: "taken" if is_taken else "twice" for at, is_taken in found.items()}


def arrive(connector: Connector, *, people: Sequence[Person]) -> list[User]:
    """Let a directory's people in, in the order given; never refused for lack of seats (R6). Returns them in order.

    Each takes an available seat, or waits as Pending approval where none is left or the connector asks for approval;
    the status of each returned user tells the caller which. Raises EmailTaken for addresses in use (R9), ConnectorGone.
    Writes the history in the connector's name and one audit event.
    """
    with locked(connector.company) as company:
        connector = acting(company, connector)
        refuse_clashes(company, [person.email for person in people])
        return let_in(company, connector, people=people)


def let_in(company: Company, connector: Connector, *, people: Sequence[Person], active: bool = True) -> list[User]:
    """What `arrive` does, under the caller's lock and after its checks: nobody listed has one of the e-mails (R9).

    People who are not `active` in the directory wait without a place (R20).
    """
    free = max(company.seats_available, 0) if active and not connector.asks_approval else 0
    users = [_new_user(company, person, status=UserStatus.ACTIVE) for person in people[:free]]
    users += [_waiting_user(company, person, active=active) for person in people[free:]]
    for user in users:
        user.connector = connector
    if users[free:]:
        company.save(update_fields=["last_arrival"])
    insert(company, users, by=connector, door=Door.DIRECTORY)
    if users:
        waiting = sum(user.status == UserStatus.PENDING for user in users)
        _tell(company, Act.USERS_ARRIVED, users, by=connector, waiting=waiting)
    return users


def follow_directory(company: Company, user: User, person: Person, *, by: Connector) -> bool:
    """Give `user` the names and the e-mail that its directory has; they may be missing (R9, R21). False if it has them.

    Call it under the company's lock. Raises EmailTaken. Writes one audit event.
    """
    now = Person(user.first_name, user.last_name, user.email)
    if now == person:
        return False
    if person.email not in {"", user.email} and user.status != UserStatus.REMOVED:
        others = User.objects.of_company(company).listed().exclude(pk=user.pk)
        if others.filter(email_norm=Lower(Value(person.email))).exists():
            raise EmailTaken(taken=(person.email,))
    user.first_name, user.last_name, user.email = person.first_name, person.last_name, person.email
    user.save(update_fields=["first_name", "last_name", "email"])
    _tell(company, Act.USERS_CHANGED, [user], by=by)
    return True


def rejoin_line(company: Company, user: User) -> int:
    """Whoever waited without a place, inactive in the directory, joins the end of the line (R20), which may fill (R7).

    Call it under the company's lock with a user read under it. Returns how many came in.
    """
    company.last_arrival += 1
    company.save(update_fields=["last_arrival"])
    user.arrival, user.is_inactive_in_directory = company.last_arrival, False
    user.save(update_fields=["arrival", "is_inactive_in_directory"])
    return fill_from_line(company)


def rename_user(user: User, *, first_name: str, last_name: str, by: By) -> User:
    """Change the names of a person whom the portal manages (R21); the e-mail never changes by hand (R9).

    The same names again write nothing. Raises ManagedByDirectory, UserGone, InvalidPerson.
    """
    person = accepted(0, Person(first_name, last_name, user.email), clean_names)
    with locked(user.company) as company:
        now = User.objects.of_company(company).listed().filter(pk=user.pk).first()
        if now is None:
            raise UserGone(user_ids=(user.pk,))
        if now.connector_id is not None:
            raise ManagedByDirectory(user_id=now.pk)
        if (now.first_name, now.last_name) != (person.first_name, person.last_name):
            now.first_name, now.last_name = person.first_name, person.last_name
            now.save(update_fields=["first_name", "last_name"])
            record(company, Act.USER_RENAMED, by=by, users=[now.pk])
        return now


def insert(company: Company, users: list[User], *, by: By, door: Door, reason: str = "") -> None:
    """Store new users and the beginning of their history. Call it under the company's lock, after the checks."""
    User.objects.bulk_create(users, batch_size=_BATCH)
    for status in (UserStatus.ACTIVE, UserStatus.PENDING):
        moves = [(user, "") for user in users if user.status == status]
        remember(company, moves, to=status, by=by, door=door, reason=reason)


def reserve_user_id() -> int:
    """An id for a user who is inserted later in this transaction, so that the company can name it first (R1)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('users_user', 'id'))")
        return int(cursor.fetchone()[0])


def seat_primary(company: Company, person: Person, *, by: By, door: Door, reason: str = "") -> User:
    """Insert the primary user under the id that the company names already; it holds the first seat (R1)."""
    user = _new_user(company, accepted(0, person), status=UserStatus.ACTIVE)
    user.pk = company.primary_user_id
    insert(company, [user], by=by, door=door, reason=reason)
    return user


def accepted(position: int, person: Person, clean: Callable[[Person], Person] = clean_person) -> Person:
    """The person as `clean` leaves it. Raises InvalidPerson with the code of all that is wrong, by field."""
    try:
        return clean(person)
    except ValidationError as error:
        codes = {field: str(errors[0].code) for field, errors in error.error_dict.items()}
        raise InvalidPerson(position=position, errors=codes) from error


def _new_user(company: Company, person: Person, *, status: UserStatus) -> User:
    return User(
        partner_id=company.partner_id,
        company=company,
        first_name=person.first_name,
        last_name=person.last_name,
        email=person.email,
        status=status,
    )


def _waiting_user(company: Company, person: Person, *, active: bool) -> User:
    """The next place in the line is drawn under the lock, so order of arrival needs no clock (R7)."""
    user = _new_user(company, person, status=UserStatus.PENDING)
    user.is_inactive_in_directory = not active
    if active:
        company.last_arrival += 1
        user.arrival = company.last_arrival
    return user


def _tell(company: Company, act: Act, users: list[User], *, by: By, reason: str = "", **data: object) -> None:
    record(company, act, by=by, reason=reason, users=[user.pk for user in users[:10]], count=len(users), **data)
