"""The agent's configuration: every mistake is one clear line that names the section and the key."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from portal_agent.cli import main
from portal_agent.config import Config, Threshold, load
from portal_agent.errors import ConfigError

GOOD = """
[portal]
url = "https://portal.example/scim/v2/"
[directory]
url = "ldaps://dc1.ad.example"
bind = "svc@ad.example"
group = "Portal"
"""


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_AGENT_TOKEN", "the-token")
    monkeypatch.setenv("PORTAL_AGENT_PASSWORD", "the-password")


def read(folder: Path, text: str) -> Config:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_what_is_needed_is_little(tmp_path: Path) -> None:
    config = read(tmp_path, GOOD)
    assert (config.portal.url, config.portal.token) == ("https://portal.example/scim/v2", "the-token")
    assert (config.directory.password, config.directory.group) == ("the-password", "Portal")
    assert config.directory.groups is True
    assert read(tmp_path, f"{GOOD}groups = false").directory.groups is False
    assert (config.threshold, config.full_hours) == (Threshold(people=5, percent=10), 24)


def test_secrets_may_stand_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTAL_AGENT_TOKEN")
    (tmp_path / "token").write_text("from-a-file\n")
    config = read(tmp_path, GOOD.replace("[portal]", f'[portal]\ntoken_file = "{tmp_path}/token"'))
    assert config.portal.token == "from-a-file"


def test_the_example_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(settings.BASE_DIR) / "agent/config.example.toml").read_text(encoding="utf-8")
    (tmp_path / "ca.pem").touch()
    config = read(tmp_path, text.replace("/etc/portal-agent/ad-ca.pem", f"{tmp_path}/ca.pem"))
    assert config == read(
        tmp_path,
        GOOD.replace("dc1.ad.example", "dc1.ad.example.com")
        .replace("svc@ad.example", "svc-portal@ad.example.com")
        .replace('"Portal"', f'"Portal users"\nca_file = "{tmp_path}/ca.pem"'),
    )


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("https://", "http://", "[portal] url must begin with https://; the token would be readable on the way."),
        ("ldaps://", "ldap://", "[directory] url must be ldaps://name; the password would be readable on the way."),
        ('group = "Portal"', "", '[directory] needs group = "…".'),
        ('group = "Portal"', "group = 7", '[directory] needs group = "…".'),
        ('group = "Portal"', 'group = "Portal"\ngruop = 1', "[directory] does not know gruop."),
        ("[directory]", "attempts = true\n[directory]", "[portal] attempts must be a whole number from 1 to 100."),
        ("[portal]", "[safety]\npercent = 101\n[portal]", "[safety] percent must be a whole number from 0 to 100."),
        ("[portal]", '[portal]\nca_file = "/nowhere.pem"', "[portal] ca_file: there is no file /nowhere.pem."),
        ('group = "Portal"', 'group = "Portal"\ngroups = 1', "[directory] groups must be true or false."),
        ("[portal]", "safety = 1\n[portal]", "[safety] must be a table."),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, GOOD.replace(right, wrong))
    assert str(caught.value) == message


def test_without_a_secret_it_says_where_one_may_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTAL_AGENT_TOKEN")
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, GOOD)
    assert str(caught.value) == "Set the environment variable PORTAL_AGENT_TOKEN, or [portal] token_file."


def test_the_command_ends_with_2_for_a_configuration_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The command sends its log to the terminal: for this test only.
    monkeypatch.setattr(logging.getLogger("portal_agent"), "handlers", [])
    monkeypatch.setattr(logging.getLogger("portal_agent"), "level", logging.INFO)
    assert main(["--config", str(tmp_path / "none.toml"), "sync"]) == 2


def test_without_python_ldap_it_says_how_to_get_it() -> None:
    script = "import sys; sys.modules['ldap'] = None; from portal_agent.cli import main; sys.exit(main(['check']))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "ldap is missing: install portal-agent[ldap] (agent/README.md says how)." in done.stderr
