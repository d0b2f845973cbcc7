"""Active Directory over LDAPS, by python-ldap: the people of one security group."""

import logging
import sys
import uuid
from collections.abc import Collection, Iterable, Iterator
from itertools import batched
from typing import Any

import ldap
import ldap.filter
from ldap.controls import RequestControl, SimplePagedResultsControl

from portal_agent.config import DirectoryConfig
from portal_agent.directory import Changes, Group, Position
from portal_agent.errors import DirectoryError
from portal_agent.people import Person, tidy

type Entry = dict[str, list[bytes]]

_IN_CHAIN = "1.2.840.113556.1.4.1941"
_SHOW_DELETED = "1.2.840.113556.1.4.417"
_DISABLED = 0x2
_PERSON = "(objectCategory=person)(objectClass=user)"
_ATTRIBUTES = [
    "objectGUID",
    "sAMAccountName",
    "userPrincipalName",
    "givenName",
    "sn",
    "displayName",
    "mail",
    "department",
    "userAccountControl",
    "whenCreated",
]
# Groups are read from the person's side: `member`, of which a domain controller shows 1,500 values at a time, is never
# asked for, so no group is too large. `memberOf` has that limit too, and nobody comes near it: with more than 1,015
# groups nobody can sign in to Windows any more, because their access token has no room for them.
_MEMBER_OF = "memberOf"
_AT_ONCE = 50
_TEMPORARY = (ldap.SERVER_DOWN, ldap.TIMEOUT, ldap.TIMELIMIT_EXCEEDED, ldap.BUSY, ldap.UNAVAILABLE, ldap.CONNECT_ERROR)

log = logging.getLogger(__name__)


class ActiveDirectory:
    """A directory.Directory. Connects when it is first asked, and again after the connection was lost."""

    def __init__(self, config: DirectoryConfig) -> None:
        self.config = config
        self._connection: Any = None
        self._root: Entry = {}

    # What the agent asks

    def position(self) -> Position:
        self.close()  # asked first in every pass: begin with a connection that works
        root = self._root_entry()
        service = _text(root, "dsServiceName")
        # A domain controller that was restored from a backup counts its changes anew, under a new id.
        found = self._read(service, "(objectClass=*)", ["invocationId"]) if service else None
        invocation = (found or {}).get("invocationId", [b""])[0].hex()
        return Position(server=f"{service} {invocation}".strip(), number=int(_text(root, "highestCommittedUSN") or 0))

    def people(self) -> Iterator[Person]:
        scope = self._scope()
        for _dn, entry in self._search(f"(&{_PERSON}{scope})", self._attributes()):
            yield self._person(entry)

    def groups(self, addresses: Collection[str]) -> dict[str, Group]:
        wanted = {address.casefold(): address for address in addresses}
        found = {}
        for some in batched(wanted.values(), _AT_ONCE, strict=False):
            named = "".join(f"(distinguishedName={_escaped(address)})" for address in some)
            for group in self._groups(f"(|{named})"):
                found[wanted.get(group.address.casefold(), group.address)] = group
        return found

    def members(self, group: Group) -> Iterator[str]:
        scope = f"(&{_PERSON}(memberOf={_escaped(group.address)}){self._scope()})"
        for _dn, entry in self._search(scope, ["objectGUID"]):
            yield _guid(entry)

    def changes(self, since: Position) -> Changes:
        changed = f"(uSNChanged>={since.number + 1})"
        group = self.group()
        tree = f"(|(distinguishedName={_escaped(group)})(memberOf:{_IN_CHAIN}:={_escaped(group)}))"
        if any(self._search(f"(&(objectClass=group){changed}{tree})", ["cn"])):
            return Changes([], frozenset(), groups=True)
        people = [
            self._person(entry)
            for _dn, entry in self._search(f"(&{_PERSON}{changed}{self._scope()})", self._attributes())
        ]
        elsewhere = {_guid(entry) for _dn, entry in self._search(f"(&{_PERSON}{changed})", ["objectGUID"])}
        # Seen only by those who may read the container of deleted objects; the daily full pass sees them anyway.
        deleted = self._search(f"(&(isDeleted=TRUE){changed})", ["objectGUID"], RequestControl(_SHOW_DELETED, True))
        elsewhere |= {_guid(entry) for _dn, entry in deleted}
        others = tuple(self._groups(changed)) if self.config.groups else ()
        return Changes(people, frozenset(elsewhere - {person.guid for person in people}), groups=False, others=others)

    def existing(self, guids: Collection[str]) -> dict[str, Person]:
        found = {}
        for some in batched(guids, _AT_ONCE, strict=False):
            ids = "".join(f"(objectGUID={_escaped_bytes(uuid.UUID(guid).bytes_le)})" for guid in some)
            for _dn, entry in self._search(f"(|{ids})", _ATTRIBUTES):
                person = self._person(entry)
                found[person.guid] = person
        return found

    # What `check` asks too

    def sign_in(self) -> None:
        """Connect and sign in, if that was not done yet."""
        self._connected()

    def group(self) -> str:
        """The distinguished name of the configured group, given as such or by its name."""
        wanted = self.config.group
        if "=" in wanted:
            found = self._read(wanted, "(objectClass=group)", ["distinguishedName"])
            names = [_text(found, "distinguishedName")] if found else []
        else:
            named = f"(&(objectClass=group)(|(sAMAccountName={_escaped(wanted)})(cn={_escaped(wanted)})))"
            names = [dn for dn, _entry in self._search(named, ["cn"])]
        if len(names) != 1:
            what = "There is no group" if not names else f"There are {len(names)} groups called"
            raise DirectoryError(f"{what} {wanted} that {self.config.bind} can see.", lasting=True)
        return names[0]

    def close(self) -> None:
        connection, self._connection, self._root = self._connection, None, {}
        if connection is not None:
            try:
                connection.unbind_s()
            except ldap.LDAPError as error:
                log.debug("Closing: %s", error)

    # How it is asked

    def _scope(self) -> str:
        """Members of the group, through groups in it as well; and those whose primary group one of them is, whom
        Active Directory does not count as members."""
        group = _escaped(self.group())
        groups = f"(&(objectClass=group)(|(distinguishedName={group})(memberOf:{_IN_CHAIN}:={group})))"
        sids = [entry["objectSid"][0] for _dn, entry in self._search(groups, ["objectSid"]) if "objectSid" in entry]
        primary = "".join(f"(primaryGroupID={int.from_bytes(sid[-4:], 'little')})" for sid in sids)
        return f"(|(memberOf:{_IN_CHAIN}:={group}){primary})"

    def _person(self, entry: Entry) -> Person:
        account = tidy(_text(entry, "sAMAccountName"))
        domain = ".".join(part[3:] for part in self._base().split(",") if part[:3].lower() == "dc=")
        return Person(
            guid=_guid(entry),
            user_name=tidy(_text(entry, "userPrincipalName")) or (f"{account}@{domain}" if account else ""),
            given_name=tidy(_text(entry, "givenName")),
            family_name=tidy(_text(entry, "sn")),
            display_name=tidy(_text(entry, "displayName")),
            mail=tidy(_text(entry, "mail")),
            department=tidy(_text(entry, "department")),
            enabled=not int(_text(entry, "userAccountControl") or 0) & _DISABLED,
            created=f"{_text(entry, 'whenCreated')} {account}",
            # The same few addresses a hundred thousand times: each is kept once.
            groups=tuple(sys.intern(value.decode("utf-8", "replace")) for value in entry.get(_MEMBER_OF, ())),
        )

    def _attributes(self) -> list[str]:
        return [*_ATTRIBUTES, _MEMBER_OF] if self.config.groups else _ATTRIBUTES

    def _groups(self, condition: str) -> Iterator[Group]:
        """Groups anywhere in the domain, those outside of `base` too: people in scope may be in them."""
        attributes = ["objectGUID", "cn", "distinguishedName"]
        domain = _text(self._root_entry(), "defaultNamingContext")
        for _dn, entry in self._search(f"(&(objectClass=group){condition})", attributes, base=domain):
            yield Group(_guid(entry), tidy(_text(entry, "cn")), _text(entry, "distinguishedName"))

    def _base(self) -> str:
        return self.config.base or _text(self._root_entry(), "defaultNamingContext")

    def _root_entry(self) -> Entry:
        if not self._root:
            found = self._read("", "(objectClass=*)", ["defaultNamingContext", "highestCommittedUSN", "dsServiceName"])
            self._root = found or {}
        return self._root

    def _read(self, dn: str, filtered: str, attributes: list[str]) -> Entry | None:
        try:
            found = self._connected().search_ext_s(
                dn, ldap.SCOPE_BASE, filtered, attributes, timeout=self.config.timeout_seconds
            )
        except (ldap.NO_SUCH_OBJECT, ldap.INVALID_DN_SYNTAX):
            return None
        except ldap.LDAPError as error:
            raise self._explained(error) from error
        return next((entry for name, entry in found if name is not None), None)

    def _search(
        self, filtered: str, attributes: list[str], *controls: RequestControl, base: str = ""
    ) -> Iterator[tuple[str, Entry]]:
        """Page by page, so that no answer is cut off and none has to be held whole."""
        base = base or self._base()
        page = SimplePagedResultsControl(True, size=self.config.page_size, cookie="")
        try:
            while True:
                connection = self._connected()
                asked = connection.search_ext(
                    base,
                    ldap.SCOPE_SUBTREE,
                    filtered,
                    attributes,
                    serverctrls=[page, *controls],
                    timeout=self.config.timeout_seconds,
                )
                _kind, found, _id, answered = connection.result3(asked, timeout=self.config.timeout_seconds)
                entries = [(dn, entry) for dn, entry in found if dn is not None]
                log.debug("Directory: %d entries for %.200s", len(entries), filtered)
                yield from entries
                cookies = [control.cookie for control in answered if control.controlType == page.controlType]
                if not cookies:
                    raise DirectoryError("The directory answered without saying whether there is more.", lasting=True)
                if not cookies[0]:
                    return
                page.cookie = cookies[0]
        except ldap.LDAPError as error:
            raise self._explained(error) from error

    def _connected(self) -> Any:
        if self._connection is None:
            try:
                self._connection = self._signed_in()
            except ldap.LDAPError as error:
                raise self._explained(error) from error
        return self._connection

    def _signed_in(self) -> Any:
        connection = ldap.initialize(self.config.url)
        connection.protocol_version = ldap.VERSION3
        connection.set_option(ldap.OPT_REFERRALS, 0)
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, self.config.timeout_seconds)
        connection.set_option(ldap.OPT_TIMEOUT, self.config.timeout_seconds)
        connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
        if self.config.ca_file:
            connection.set_option(ldap.OPT_X_TLS_CACERTFILE, self.config.ca_file)
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        connection.simple_bind_s(self.config.bind, self.config.password)
        return connection

    def _explained(self, error: ldap.LDAPError) -> DirectoryError:
        self._connection, self._root = None, {}
        details: dict[str, Any] = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        said = [str(details[key]).strip().rstrip(".") for key in ("desc", "info") if details.get(key)]
        text = ": ".join(dict.fromkeys(said)) or str(error)
        if isinstance(error, ldap.INVALID_CREDENTIALS):
            return DirectoryError(f"{self.config.bind} cannot sign in to {self.config.url}: {text}.", lasting=True)
        return DirectoryError(f"{self.config.url}: {text}.", lasting=not isinstance(error, _TEMPORARY))


def _text(entry: Entry | None, name: str) -> str:
    values = (entry or {}).get(name) or [b""]
    return values[0].decode("utf-8", "replace")


def _guid(entry: Entry) -> str:
    return str(uuid.UUID(bytes_le=entry["objectGUID"][0]))


def _escaped(value: str) -> str:
    return str(ldap.filter.escape_filter_chars(value))


def _escaped_bytes(value: Iterable[int]) -> str:
    return "".join(f"\\{byte:02x}" for byte in value)
