"""A group of more people than a domain controller shows values of `member` at once (1,500)."""

import json
from pathlib import Path

import pytest

from tests.agent.samba import Domain
from tests.agent.world import SEATS, accounts, all_agree, groups_in_portal, in_portal, open_world, waiting
from users.enums import UserStatus

pytestmark = pytest.mark.django_db(transaction=True)

MEMBERS = 1_600


def test_all_1_600_members_of_one_group_come_in(domain: Domain, tmp_path: Path) -> None:
    """To the person, and as members of a SCIM Group too; one of them more or less is one difference."""
    with open_world(domain, tmp_path, people=3) as world:
        # After "p" in the alphabet, by which those are in order whom the directory got in the same second.
        names = [f"q{number:04}" for number in range(1, MEMBERS + 1)]
        dns = [domain.add_user(name, givenName="Given", sn=name, mail=f"{name}@customer.example") for name in names]
        large = domain.add_group("Large", *dns)
        domain.put_in(world.group, large)
        world.inner.append(large)

        synced = world.agent("--json", "sync")
        assert synced.returncode == 0, synced.stderr
        said = json.loads(synced.stdout)
        assert (said["counts"]["added"], said["groups"]["added"], said["problems"]) == (MEMBERS + 3, 4, [])
        assert len(in_portal(world)) == MEMBERS + 3
        everybody = {f"{name}@ad.portal.test" for name in names}
        assert groups_in_portal(world)["Large"] == everybody
        all_agree(world, seats=SEATS, left_out=())
        in_order = ["p001", "p002", "p003", *names]
        assert (accounts(world, UserStatus.ACTIVE), waiting(world)) == (sorted(in_order[:SEATS]), in_order[SEATS:])

        domain.take_out(large, dns[1_550])
        said = json.loads(world.agent("--json", "sync").stdout)
        assert ({word: count for word, count in said["counts"].items() if count}, said["groups"]) == (
            {"left the group": 1},
            {"added": 0, "changed": 1, "removed": 0},
        )
        assert groups_in_portal(world)["Large"] == everybody - {"q1551@ad.portal.test"}
        all_agree(world, seats=SEATS, left_out=())
