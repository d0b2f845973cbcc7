"""Sign-ins, passwords, second factors and sessions stand in the audit of whose they are (R23, R25)."""

from typing import Any

import pyotp
import pytest
from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.audit.queries import lines_of
from companies.partners.scope import sign_in_scope
from tests.factories import PASSWORD, make_account, make_support
from users.accounts.models import Account
from users.accounts.sign_ins import SessionsAdapter, passkey_failed, password_reset_asked

pytestmark = pytest.mark.django_db

ADA = "ada@partner.example"

type Told = tuple[str, str, str, str | None]


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def ada() -> Account:
    return make_account(email=ADA, name="Ada Admin")


def sign_in(client: Client, email: str = ADA, password: str = PASSWORD, **headers: Any) -> int:
    return client.post("/accounts/login/", {"login": email, "password": password}, **headers).status_code


def told() -> list[Told]:
    """What all audits say, oldest first: what, by whom, how it ended, and from where."""
    events = list(AuditEvent.objects.order_by("id"))
    return [(line.text, line.who, line.event.outcome, line.event.address) for line in lines_of(events)]


def homes() -> set[int | None]:
    """In whose audits it all stands."""
    return set(AuditEvent.objects.values_list("partner_id", flat=True))


def request_of(account: Account) -> HttpRequest:
    request = RequestFactory().post("/")
    request.user = account
    return request


def test_in_and_out_are_written_down_with_how_and_where_from(client: Client, ada: Account) -> None:
    assert sign_in(client, REMOTE_ADDR="192.0.2.7") == 302
    client.post("/accounts/logout/", REMOTE_ADDR="192.0.2.8")
    assert told() == [
        ("Ada Admin signed in: password", "Ada Admin", "done", "192.0.2.7"),
        ("Ada Admin signed out", "Ada Admin", "done", "192.0.2.8"),
    ]
    for event in AuditEvent.objects.all():
        assert (event.partner, event.company, event.kind, event.by_account) == (ada.partner, None, "accounts", ada)
    assert list(AuditEvent.objects.order_by("id").values_list("data", flat=True)) == [
        {"account": ada.pk, "method": ["password"]},
        {"account": ada.pk},
    ]


def test_a_wrong_password_is_nobodys_act_and_is_not_kept(client: Client, ada: Account) -> None:
    assert sign_in(client, " Ada@Partner.Example ", "hunter2-hunter2") == 200
    assert told() == [("Sign-in as Ada Admin failed", "not signed in", "refused", "127.0.0.1")]
    [event] = AuditEvent.objects.all()
    assert (event.data, event.by_account_id, event.partner_id) == ({"account": ada.pk}, None, ada.partner_id)


def test_a_withdrawn_account_fails_though_the_password_is_right(client: Client, ada: Account) -> None:
    Account.objects.filter(pk=ada.pk).update(is_active=False)
    assert sign_in(client) == 200
    assert told() == [("Sign-in as Ada Admin failed", "not signed in", "refused", "127.0.0.1")]


def test_r2_of_two_accounts_with_an_e_mail_the_active_one_was_tried(client: Client, ada: Account) -> None:
    """R2: the e-mail of a withdrawn account is free for another one, at another partner too."""
    Account.objects.filter(pk=ada.pk).update(is_active=False)
    heir = make_account(email=ADA, name="Heir")
    sign_in(client, password="wrong")
    assert [text for text, *_rest in told()] == ["Sign-in as Heir failed"]
    assert homes() == {heir.partner_id}


def test_support_staffs_own_sign_ins_are_for_support_alone(client: Client) -> None:
    support = make_support()
    assert sign_in(client, support.email, "wrong") == 200
    assert sign_in(client, support.email) == 302
    client.post("/accounts/logout/")
    client.post("/accounts/logout/")
    assert told() == [
        ("Sign-in as Support failed", "not signed in", "refused", "127.0.0.1"),
        ("Support signed in: password", "Support: Support", "done", "127.0.0.1"),
        ("Support signed out", "Support: Support", "done", "127.0.0.1"),
    ]
    assert homes() == {None}


@pytest.mark.parametrize("typed", ["nobody@partner.example", "my-password-in-the-wrong-field@x.example"])
def test_what_strangers_type_is_not_kept(client: Client, typed: str) -> None:
    """People type passwords into the field for the e-mail."""
    assert sign_in(client, typed) == 200
    assert told() == [("Sign-in with an unknown e-mail failed", "not signed in", "refused", "127.0.0.1")]
    [event] = AuditEvent.objects.all()
    assert (event.data, event.reason, event.partner_id) == ({}, "", None)


def _questions(email: str) -> list[str]:
    """What a failed sign-in asks of the database, statement by statement, without its values."""
    with CaptureQueriesContext(connection) as captured:
        sign_in(Client(), email, "wrong")
    asked = [query["sql"] for query in captured if "portal_cache" not in query["sql"]]
    return [sql.split()[0] if "SAVEPOINT" in sql or "set_config" in sql else " ".join(sql.split()[:3]) for sql in asked]


def test_known_and_unknown_cost_the_same(ada: Account) -> None:
    """The time that an answer takes tells nothing: the same questions, of the same kinds."""
    support, withdrawn = make_support(), make_account(email="gone@partner.example")
    Account.objects.filter(pk=withdrawn.pk).update(is_active=False)
    _questions(ADA)
    unknown = _questions("nobody@partner.example")
    assert any(question.startswith('INSERT INTO "audit_auditevent"') for question in unknown)
    assert _questions(ADA) == _questions(support.email) == unknown
    assert _questions("gone@partner.example") == unknown


def test_attempts_that_the_limits_refuse_do_not_fill_the_audit(ada: Account) -> None:
    """Five in five minutes are counted; the rest is told once, to support alone."""
    for _ in range(8):
        sign_in(Client(), password="wrong")
    failed = ("Sign-in as Ada Admin failed", "not signed in", "refused", "127.0.0.1")
    limit = ("Too many attempts as Ada Admin: sign-in", "not signed in", "refused", "127.0.0.1")
    assert told() == [failed] * 5 + [limit]
    assert AuditEvent.objects.get(act=Act.TOO_MANY_ATTEMPTS).partner_id is None


def test_behind_a_proxy_it_is_the_visitors_address(client: Client, ada: Account, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    sign_in(client, headers={"X-Forwarded-For": "203.0.113.1, 198.51.100.9"})
    assert [address for *_rest, address in told()] == ["198.51.100.9"]


@pytest.mark.parametrize(
    ("signal", "text"),
    [
        (account_signals.password_reset, "Password of Ada Admin reset"),
        (account_signals.email_changed, "E-mail of Ada Admin changed"),
    ],
)
def test_resets_and_e_mails(ada: Account, signal: Any, text: str) -> None:
    """Told by allauth in the scope of signing in; nothing of either is kept."""
    extra = {"from_email_address": None, "to_email_address": None}
    with sign_in_scope():
        signal.send(sender=Account, request=request_of(ada), user=ada, **extra)
    assert told() == [(text, "Ada Admin", "done", None)]
    assert homes() == {ada.partner_id}
    assert AuditEvent.objects.get().data == {"account": ada.pk}


def test_a_password_that_was_changed_is_nowhere_in_it(client: Client, ada: Account) -> None:
    sign_in(client)
    form = {"oldpassword": PASSWORD, "password1": "a-new-password-of-mine", "password2": "a-new-password-of-mine"}
    assert client.post("/accounts/password/change/", form).status_code == 302
    assert told()[1:] == [("Password of Ada Admin changed", "Ada Admin", "done", "127.0.0.1")]
    assert AuditEvent.objects.get(act=Act.PASSWORD_CHANGED).data == {"account": ada.pk}


@pytest.mark.parametrize(
    ("signal", "factor", "text"),
    [
        (mfa_signals.authenticator_added, "totp", "Second factor of Ada Admin added: authenticator app"),
        (mfa_signals.authenticator_added, "webauthn", "Second factor of Ada Admin added: passkey"),
        (mfa_signals.authenticator_added, "recovery_codes", "New recovery codes of Ada Admin made"),
        (mfa_signals.authenticator_reset, "recovery_codes", "New recovery codes of Ada Admin made"),
        (mfa_signals.authenticator_removed, "totp", "Second factor of Ada Admin removed: authenticator app"),
        (mfa_signals.authenticator_removed, "recovery_codes", "Second factor of Ada Admin removed: recovery codes"),
    ],
)
def test_second_factors(ada: Account, signal: Any, factor: str, text: str) -> None:
    factor_of_hers = Authenticator(user=ada, type=factor, data={"secret": "s3cret"})
    with sign_in_scope():
        signal.send(sender=Authenticator, request=request_of(ada), user=ada, authenticator=factor_of_hers)
    assert told() == [(text, "Ada Admin", "done", None)]
    assert "s3cret" not in str(AuditEvent.objects.values())


@pytest.mark.django_db(transaction=True)
def test_a_factor_is_told_of_after_the_commit_too(ada: Account) -> None:
    """allauth tells of an authenticator app when the request's transaction is over: no scope is open then."""
    factor = Authenticator(user=ada, type="totp", data={})
    mfa_signals.authenticator_added.send(sender=Authenticator, request=request_of(ada), user=ada, authenticator=factor)
    assert [text for text, *_rest in told()] == ["Second factor of Ada Admin added: authenticator app"]


@pytest.mark.parametrize(("again", "by"), [(False, "not signed in"), (True, "Ada Admin")])
def test_a_wrong_code(ada: Account, again: bool, by: str) -> None:
    """At sign-in it is nobody's yet; asked again later, it is the account's own."""
    with sign_in_scope():
        mfa_signals.authentication_failed.send(
            sender=Authenticator,
            request=request_of(ada),
            user=ada,
            authenticator=Authenticator(user=ada, type="totp"),
            reauthentication=again,
        )
    assert told() == [("Second factor of Ada Admin failed: authenticator app", by, "refused", None)]


def test_sessions_that_were_ended(client: Client, ada: Account) -> None:
    sign_in(Client())
    sign_in(Client())
    sign_in(client)
    sessions = UserSession.objects.filter(user=ada).exclude(session_key=client.session.session_key)
    assert sessions.count() == 2
    with sign_in_scope():
        SessionsAdapter().end_sessions(sessions)
        SessionsAdapter().end_sessions([])
    assert [text for text, *_rest in told()][3:] == ["2 sessions of Ada Admin ended"]
    assert UserSession.objects.filter(user=ada).count() == 1


def test_a_reset_that_was_asked_for(ada: Account) -> None:
    with sign_in_scope():
        password_reset_asked(ada)
        password_reset_asked(None)
    assert told() == [
        ("Password reset asked for as Ada Admin", "not signed in", "done", None),
        ("Password reset asked for with an unknown e-mail", "not signed in", "done", None),
    ]
    assert list(AuditEvent.objects.order_by("id").values_list("partner_id", flat=True)) == [ada.partner_id, None]


def test_a_sign_in_with_a_code_says_so(client: Client, ada: Account) -> None:
    """The first factor and the second, in order; a wrong code before is told of."""
    secret = generate_totp_secret()
    with sign_in_scope():
        TOTP.activate(ada, secret)
    sign_in(client)
    assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 422
    client.post("/accounts/2fa/authenticate/", {"code": pyotp.TOTP(secret).now()})
    assert told() == [
        ("Second factor of Ada Admin failed: authenticator app", "not signed in", "refused", "127.0.0.1"),
        ("Ada Admin signed in: password + authenticator app", "Ada Admin", "done", "127.0.0.1"),
    ]
    assert secret not in str(AuditEvent.objects.values())


def test_sessions_ended_on_the_page(client: Client, ada: Account) -> None:
    sign_in(Client())
    sign_in(client)
    client.post("/accounts/sessions/", REMOTE_ADDR="192.0.2.7")
    assert told()[2:] == [("1 session of Ada Admin ended", "Ada Admin", "done", "192.0.2.7")]


def test_ending_ones_own_session_is_signing_out(client: Client, ada: Account) -> None:
    sign_in(client)
    [session] = UserSession.objects.all()
    assert client.post(f"/accounts/sessions/{session.pk}/end/")["Location"] == "/accounts/login/"
    assert [(text, who) for text, who, *_rest in told()][1:] == [
        ("1 session of Ada Admin ended", "Ada Admin"),
        ("Ada Admin signed out", "Ada Admin"),
    ]


def test_a_reset_asked_for_on_the_page(client: Client, ada: Account) -> None:
    """Known, unknown and withdrawn look alike from outside; the audit knows which it was."""
    for email in (ADA, "nobody@partner.example"):
        assert client.post("/accounts/password/reset/", {"email": email}).status_code == 302
    assert [(text, who) for text, who, *_rest in told()] == [
        ("Password reset asked for as Ada Admin", "not signed in"),
        ("Password reset asked for with an unknown e-mail", "not signed in"),
    ]


def test_a_code_that_comes_twice_failed(client: Client, ada: Account) -> None:
    secret = generate_totp_secret()
    TOTP.activate(ada, secret)
    code = pyotp.TOTP(secret).now()
    for browser in (Client(), client):
        sign_in(browser)
        browser.post("/accounts/2fa/authenticate/", {"code": code})
    assert [(text, outcome) for text, _who, outcome, _from in told()] == [
        ("Ada Admin signed in: password + authenticator app", "done"),
        ("Second factor of Ada Admin failed: authenticator app", "refused"),
    ]


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        (False, ("Second factor of Ada Admin failed: passkey", "not signed in", "refused", None)),
        (True, ("Second factor of Ada Admin failed: passkey", "Ada Admin", "refused", None)),
    ],
)
def test_a_passkey_that_is_refused(ada: Account, again: bool, expected: Told) -> None:
    with sign_in_scope():
        passkey_failed(ada, again=again)
    assert told() == [expected]


def test_a_passkey_that_is_refused_by_itself_is_nobodys(ada: Account) -> None:
    with sign_in_scope():
        passkey_failed(None, again=False)
    assert told() == [("Sign-in by passkey failed", "not signed in", "refused", None)]
    assert homes() == {None}


@pytest.mark.django_db(transaction=True)
def test_an_app_that_is_added_and_removed_on_the_page(client: Client, ada: Account) -> None:
    """As it is served: allauth tells of what it did when the request's transaction is committed."""
    sign_in(client)
    client.get("/accounts/2fa/totp/activate/")
    code = pyotp.TOTP(client.session["mfa.totp.secret"]).now()
    assert client.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
    client.post("/accounts/2fa/recovery-codes/generate/")
    client.post("/accounts/2fa/totp/deactivate/")
    assert [(text, who, address) for text, who, _outcome, address in told()][1:] == [
        ("Second factor of Ada Admin added: authenticator app", "Ada Admin", "127.0.0.1"),
        ("New recovery codes of Ada Admin made", "Ada Admin", "127.0.0.1"),
        ("New recovery codes of Ada Admin made", "Ada Admin", "127.0.0.1"),
        ("Second factor of Ada Admin removed: authenticator app", "Ada Admin", "127.0.0.1"),
        ("Second factor of Ada Admin removed: recovery codes", "Ada Admin", "127.0.0.1"),
    ]
    assert homes() == {ada.partner_id}
