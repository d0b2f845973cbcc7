"""A real Active Directory domain controller, Samba's, on a loopback address of its own; and hands to change it with."""

import contextlib
import ipaddress
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOW_TO_GET_IT = (
    "needs a Samba domain controller and python-ldap, as root: apt install samba samba-ad-dc samba-ad-provision"
    " samba-dsdb-modules samba-vfs-modules gcc libldap2-dev libsasl2-dev; uv sync --all-packages --all-extras"
)
PASSWORD = "Pass-word-2026!"
BASE = "DC=ad,DC=portal,DC=test"
_PEOPLE = f"OU=People,{BASE}"
_ENABLED, _DISABLED = b"544", b"546"  # normal accounts that need no password
_DOMAIN_USERS = b"513"
_WHOLE_TREE = "1.2.840.113556.1.4.805"
_SHOW_DELETED = "1.2.840.113556.1.4.417"


def ldap_or_skip() -> Any:
    """python-ldap, on a machine where Samba can run; else the test is skipped, with how to get there."""
    try:
        import ldap
    except ModuleNotFoundError:
        pytest.skip(HOW_TO_GET_IT)
    if shutil.which("samba") is None or shutil.which("samba-tool") is None or os.geteuid() != 0:
        pytest.skip(HOW_TO_GET_IT)
    return ldap


@dataclass
class Domain:
    """A running domain: where it is, and an Administrator's connection to it."""

    url: str
    ca_file: Path
    admin: Any
    process: subprocess.Popen[bytes]

    def start_over(self) -> None:
        """Nobody but those who came with the domain."""
        from ldap.controls import RequestControl

        with contextlib.suppress(ldap_or_skip().NO_SUCH_OBJECT):
            # A group cannot be deleted while it is somebody's primary one.
            for dn, entry in self.everything().items():
                if entry.get("primaryGroupID", [_DOMAIN_USERS]) != [_DOMAIN_USERS]:
                    self.delete(dn)
            self.admin.delete_ext_s(_PEOPLE, serverctrls=[RequestControl(_WHOLE_TREE, True)])
        self.admin.add_s(_PEOPLE, _entry(objectClass="organizationalUnit"))

    def add_group(self, name: str, *members: str) -> str:
        """A security group; returns its distinguished name."""
        dn = f"CN={name},{_PEOPLE}"
        self.admin.add_s(dn, _entry(objectClass="group", sAMAccountName=name))
        if members:
            self.put_in(dn, *members)
        return dn

    def add_user(self, account: str, *, enabled: bool = True, **attributes: str) -> str:
        """A person; returns their distinguished name."""
        dn = f"CN={account},{_PEOPLE}"
        named = {"sAMAccountName": account, "userPrincipalName": f"{account}@ad.portal.test"} | attributes
        entry = _entry(objectClass="user", **named)
        self.admin.add_s(dn, [*entry, ("userAccountControl", [_ENABLED if enabled else _DISABLED])])
        return dn

    def put_in(self, group: str, *members: str) -> None:
        self.admin.modify_s(group, [(0, "member", [member.encode() for member in members])])

    def take_out(self, group: str, *members: str) -> None:
        self.admin.modify_s(group, [(1, "member", [member.encode() for member in members])])

    def make_primary(self, group: str, member: str) -> None:
        """The member's primary group; by that Active Directory takes them out of its members."""
        sid = self.admin.search_s(group, 0, "(objectClass=*)", ["objectSid"])[0][1]["objectSid"][0]
        self.change(member, primaryGroupID=str(int.from_bytes(sid[-4:], "little")))

    def change(self, dn: str, **attributes: str) -> None:
        self.admin.modify_s(dn, [(2, name, [value.encode()] if value else None) for name, value in attributes.items()])

    def rename(self, dn: str, name: str) -> str:
        """Another name (cn), and so another distinguished name, which is returned."""
        from ldap.dn import escape_dn_chars

        self.admin.rename_s(dn, f"CN={escape_dn_chars(name)}")
        return f"CN={escape_dn_chars(name)},{_PEOPLE}"

    def enable(self, dn: str, enabled: bool) -> None:
        self.admin.modify_s(dn, [(2, "userAccountControl", [_ENABLED if enabled else _DISABLED])])

    def delete(self, dn: str) -> None:
        self.admin.delete_s(dn)

    def restore(self, dn: str, **attributes: str) -> None:
        """Bring a deleted person back: the same objectGUID; groups and most attributes have to be given again."""
        from ldap.controls import RequestControl

        account = dn.split(",")[0].removeprefix("CN=")
        control = RequestControl(_SHOW_DELETED, True)
        wanted = f"(&(isDeleted=TRUE)(sAMAccountName={account}))"
        found = self.admin.search_ext_s(BASE, 2, wanted, ["cn"], serverctrls=[control])
        deleted = next(name for name, _entry in found if name)
        changes = [(1, "isDeleted", None), (2, "distinguishedName", [dn.encode()])]
        self.admin.modify_ext_s(deleted, changes, serverctrls=[control])
        self.change(
            dn, userPrincipalName=f"{account}@ad.portal.test", userAccountControl=_ENABLED.decode(), **attributes
        )

    def everything(self) -> dict[str, dict[str, list[bytes]]]:
        """All people and groups of these tests, by their distinguished names."""
        return {dn: entry for dn, entry in self.admin.search_s(_PEOPLE, 1, "(objectClass=*)") if dn}

    def groups(self) -> list[dict[str, list[bytes]]]:
        """All groups of the domain: whose primary group is another one is in that of everybody."""
        return [entry for dn, entry in self.admin.search_s(BASE, 2, "(objectClass=group)") if dn]


def _entry(**attributes: str) -> list[tuple[str, list[bytes]]]:
    return [(name, [value.encode()]) for name, value in attributes.items() if value]


@contextlib.contextmanager
def domain_controller(folder: Path) -> Iterator[Domain]:
    """Provisioned anew in `folder`, about six seconds; stopped at the end. Skips the test where it cannot run."""
    ldap = ldap_or_skip()
    # An address for each process, so that tests can run beside each other.
    address = f"127.{20 + os.getpid() % 200}.{os.getpid() // 200 % 250}.{1 + os.getpid() // 50000}"
    ca_file = make_certificates(folder, address)
    settings = {
        "interfaces": f"{address}/8",
        "bind interfaces only": "yes",
        "server services": "ldap, cldap",
        "ldb:nosync": "true",  # nobody needs this directory after a power cut
        "tls keyfile": str(folder / "server.key"),
        "tls certfile": str(folder / "server.pem"),
        "tls cafile": str(ca_file),
        "log file": str(folder / "samba.log"),
        "pid directory": str(folder),
        "ncalrpc dir": str(folder / "ncalrpc"),
    }
    command = ["samba-tool", "domain", "provision", "--realm=AD.PORTAL.TEST", "--domain=ADPORTAL", "--server-role=dc"]
    command += ["--dns-backend=SAMBA_INTERNAL", f"--adminpass={PASSWORD}", "--host-name=dc1", f"--host-ip={address}"]
    command += [f"--targetdir={folder / 'dc'}", *(f"--option={name} = {value}" for name, value in settings.items())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    log = (folder / "samba.out").open("wb")
    process = subprocess.Popen(
        [shutil.which("samba") or "samba", "-i", "-M", "single", "-s", str(folder / "dc/etc/smb.conf")],
        stdin=subprocess.PIPE,  # it ends when nobody holds the other end any more
        stdout=log,
        stderr=log,
    )
    try:
        admin = _signed_in(ldap, f"ldaps://{address}", ca_file, process)
        yield Domain(f"ldaps://{address}", ca_file, admin, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdin is not None
        process.stdin.close()
        log.close()


def _signed_in(ldap: Any, url: str, ca_file: Path, process: subprocess.Popen[bytes]) -> Any:
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None, "Samba ended"
        connection = ldap.initialize(url)
        connection.set_option(ldap.OPT_REFERRALS, 0)
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(ca_file))
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        try:
            connection.simple_bind_s("Administrator@AD.PORTAL.TEST", PASSWORD)
            return connection
        except ldap.SERVER_DOWN:
            assert time.monotonic() < deadline, "Samba does not answer"
            time.sleep(0.1)


def make_certificates(folder: Path, address: str) -> Path:
    """An authority of our own (the file that is returned), and a server's certificate for the address."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority for a test")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dc1.ad.portal.test")])
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    own = _certificate(authority, authority_key).add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    server = _certificate(name, key).issuer_name(authority).add_extension(alternative, critical=False)
    (folder / "ca.pem").write_bytes(_pem(own.issuer_name(authority), authority_key))
    (folder / "server.pem").write_bytes(_pem(server, authority_key))
    form = serialization.PrivateFormat.TraditionalOpenSSL
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    (folder / "server.key").touch(mode=0o600)
    (folder / "server.key").write_bytes(secret)
    return folder / "ca.pem"


def _certificate(name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))


def _pem(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> bytes:
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
