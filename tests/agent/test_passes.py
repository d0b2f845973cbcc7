"""What a pass sends: differences only, each once, whatever breaks in between (R20, R22)."""

from pathlib import Path

import pytest

from portal_agent.errors import DirectoryError, PortalError, Stopped
from portal_agent.people import ENTERPRISE, SEAT
from portal_agent.plan import Kind
from portal_agent.state import State
from portal_agent.sync import Report
from tests.agent.people import MemoryDirectory, Pauses, make_agent, make_person, with_people
from tests.agent.scim_server import Break, ScimServer


def counts(report: Report | None) -> dict[str, int]:
    assert report is not None
    return {kind.value: count for kind, count in report.sent.items() if count}


def test_new_people_come_in_the_order_in_which_the_directory_got_them(server: ScimServer, state: State) -> None:
    directory = MemoryDirectory()
    directory.add(*[make_person(number) for number in (3, 1, 2)])
    assert counts(make_agent(server, state, directory).full_pass()) == {"add": 3}
    assert server.operations == [("POST", f"user{number}@ad.example") for number in (1, 2, 3)]


def test_a_person_is_sent_whole(server: ScimServer, state: State) -> None:
    directory = MemoryDirectory()
    person = make_person(1, given_name="Zoë", family_name="山田", display_name="Zoë 山田")
    directory.add(person)
    make_agent(server, state, directory).full_pass()
    resource = server.users()["user1@ad.example"]
    assert {key: resource[key] for key in ("externalId", "active", "displayName", "name", "emails", ENTERPRISE)} == {
        "externalId": person.guid,
        "active": True,
        "displayName": "Zoë 山田",
        "name": {"givenName": "Zoë", "familyName": "山田"},
        "emails": [{"value": "user1@customer.example", "type": "work", "primary": True}],
        ENTERPRISE: {"department": "Sales"},
    }


def test_a_pass_without_changes_writes_nothing(server: ScimServer, state: State) -> None:
    agent = make_agent(server, state, with_people(5))
    agent.full_pass()
    server.forget()
    assert counts(agent.full_pass()) == {}
    assert agent.changes_pass() is None
    assert server.writes == []


def test_only_what_changed_is_sent(server: ScimServer, state: State) -> None:
    directory = with_people(20)
    agent = make_agent(server, state, directory)
    agent.full_pass()
    server.forget()
    directory.change(make_person(7), family_name="Married")
    readings = directory.readings
    assert counts(agent.changes_pass()) == {"change": 1}
    assert directory.readings == readings, "nobody else was read"
    assert server.operations == [("PUT", "user7@ad.example")]
    assert server.users()["user7@ad.example"]["name"]["familyName"] == "Married"


def test_r20_disabled_left_and_deleted_are_told_apart(server: ScimServer, state: State) -> None:
    directory = with_people(20)
    agent = make_agent(server, state, directory)
    agent.full_pass()
    server.forget()
    directory.change(make_person(1), enabled=False)
    directory.leave(make_person(2))
    directory.delete(make_person(3))
    assert counts(agent.changes_pass()) == {"delete": 1, "leave": 1, "disable": 1}
    users = server.users()
    assert (users["user1@ad.example"]["active"], SEAT in users["user1@ad.example"]) == (False, False)
    assert (users["user2@ad.example"]["active"], users["user2@ad.example"][SEAT]["leftScope"]) == (False, True)
    assert "user3@ad.example" not in users
    server.forget()
    assert counts(agent.full_pass()) == {}
    assert server.writes == []


def test_r20_who_comes_back_is_active_again_and_who_was_deleted_is_new(server: ScimServer, state: State) -> None:
    directory = with_people(20)
    agent = make_agent(server, state, directory)
    agent.full_pass()
    first = server.users()
    directory.change(make_person(1), enabled=False)
    directory.leave(make_person(2))
    directory.delete(make_person(3))
    agent.changes_pass()
    directory.change(make_person(1), enabled=True)
    directory.add(make_person(2), make_person(3))
    assert counts(agent.changes_pass()) == {"enable": 2, "add": 1}
    again = server.users()
    assert {name for name in first if first[name]["id"] != again[name]["id"]} == {"user3@ad.example"}
    assert all(user["active"] for user in again.values())
    assert SEAT not in again["user2@ad.example"]


def test_who_left_and_is_then_deleted_is_deleted(server: ScimServer, state: State) -> None:
    directory = with_people(20)
    agent = make_agent(server, state, directory)
    agent.full_pass()
    directory.leave(make_person(2))
    agent.changes_pass()
    directory.delete(make_person(2))
    assert counts(agent.changes_pass()) == {"delete": 1}
    assert len(server.users()) == 19


# R9: what is missing or doubled in the directory


def test_r9_faulty_entries_are_named_and_the_others_go_on(server: ScimServer, state: State) -> None:
    directory = with_people(2)
    directory.add(
        make_person(3, mail="", display_name="Ms No Mail"),
        make_person(4, mail="not an address", display_name="Ms Bad Mail"),
        make_person(5, given_name="", display_name="Ms No First Name"),
        make_person(6, mail="USER1@customer.example", display_name="Ms Same Mail"),
    )
    report = make_agent(server, state, directory).full_pass()
    assert [(problem.name, problem.text, problem.left_out) for problem in report.problems] == [
        ("Ms No Mail (user3@ad.example)", "has no e-mail address; comes in without one", False),
        ("Ms Bad Mail (user4@ad.example)", "has an invalid e-mail address; comes in without one", False),
        ("Ms No First Name (user5@ad.example)", "has no first or no last name; comes in without it", False),
        ("Ms Same Mail (user6@ad.example)", "has the e-mail address of somebody else (USER1@customer.example)", True),
    ]
    assert sorted(server.users()) == [f"user{number}@ad.example" for number in (1, 2, 3, 4, 5)]
    assert "emails" not in server.users()["user4@ad.example"]


def test_the_enabled_one_of_two_with_the_same_mail_comes_in(server: ScimServer, state: State) -> None:
    directory = MemoryDirectory()
    directory.add(make_person(1, enabled=False, mail="same@customer.example"))
    directory.add(make_person(2, mail="same@customer.example"))
    make_agent(server, state, directory).full_pass()
    assert list(server.users()) == ["user2@ad.example"]


def test_whom_the_portal_knows_keeps_the_mail_and_the_other_keeps_their_former_one(
    server: ScimServer, state: State
) -> None:
    directory = with_people(3)
    agent = make_agent(server, state, directory)
    agent.full_pass()
    directory.change(make_person(1), mail="user3@customer.example", department="Legal")
    report = agent.changes_pass()
    assert report is not None
    assert [problem.name for problem in report.left_out] == ["Given1 Family1 (user1@ad.example)"]
    user = server.users()["user1@ad.example"]
    assert (user["emails"][0]["value"], user[ENTERPRISE]["department"]) == ("user1@customer.example", "Legal")


def test_who_was_left_out_comes_in_when_the_mail_becomes_free(server: ScimServer, state: State) -> None:
    directory = with_people(1)
    directory.add(make_person(2, mail="user1@customer.example"))
    agent = make_agent(server, state, directory)
    agent.full_pass()
    directory.change(make_person(1), mail="other@customer.example")
    assert counts(agent.changes_pass()) == {"change": 1, "add": 1}
    assert server.users()["user2@ad.example"]["emails"][0]["value"] == "user1@customer.example"


def test_a_refusal_of_the_portal_is_named_and_the_others_go_on(server: ScimServer, state: State) -> None:
    directory = with_people(3)
    directory.add(make_person(4, user_name="User2@ad.example"))
    report = make_agent(server, state, directory).full_pass()
    assert [(problem.name, problem.left_out) for problem in report.problems] == [
        ("Given4 Family4 (User2@ad.example)", True)
    ]
    assert report.problems[0].text.startswith("was refused by the portal: ")
    assert counts(report) == {"add": 3}


# R22


def test_r22_an_empty_answer_changes_nobody(server: ScimServer, state: State) -> None:
    directory = with_people(3)
    agent = make_agent(server, state, directory)
    agent.full_pass()
    server.forget()
    for person in list(directory.inside.values()):
        directory.leave(person)
    with pytest.raises(Stopped, match="named nobody"):
        agent.full_pass()
    assert server.writes == []
    assert len(server.active()) == 3


def test_r22_more_than_the_threshold_changes_nobody_until_somebody_accepts(server: ScimServer, state: State) -> None:
    directory = with_people(40)
    agent = make_agent(server, state, directory)
    agent.full_pass()
    server.forget()
    for number in range(1, 7):
        directory.leave(make_person(number))
    directory.add(make_person(41))
    for _attempt in range(2):
        with pytest.raises(Stopped, match="6 of 40 people"):
            agent.changes_pass()
    with pytest.raises(Stopped):
        agent.full_pass(accept=5)
    assert server.writes == []
    assert counts(agent.full_pass(accept=6)) == {"leave": 6, "add": 1}


def test_r22_five_of_six_are_within_the_threshold_but_everyone_is_not(server: ScimServer, state: State) -> None:
    directory = with_people(6)
    agent = make_agent(server, state, directory)
    agent.full_pass()
    for number in range(1, 6):
        directory.change(make_person(number), enabled=False)
    assert counts(agent.changes_pass()) == {"disable": 5}
    for number in range(1, 7):
        directory.leave(make_person(number))
    directory.add(make_person(7))
    with pytest.raises(Stopped, match="6 of 6 people"):
        agent.full_pass()


def test_r22_an_answer_that_breaks_off_is_not_taken_for_the_whole(server: ScimServer, state: State) -> None:
    directory = with_people(20)
    agent = make_agent(server, state, directory)
    agent.full_pass()
    server.forget()
    directory.failures = 1
    assert counts(agent.full_pass()) == {}
    directory.failures = 99
    with pytest.raises(DirectoryError):
        agent.full_pass()
    assert server.writes == []


def test_a_lasting_trouble_of_the_directory_is_not_tried_again(server: ScimServer, state: State) -> None:
    directory = with_people(2)
    directory.failures, directory.lasting = 99, True
    with pytest.raises(DirectoryError):
        make_agent(server, state, directory).full_pass()
    assert directory.readings == 1


# The network, and the memory


def test_an_answer_that_got_lost_brings_nobody_in_twice(server: ScimServer, state: State) -> None:
    directory = with_people(5)
    agent = make_agent(server, state, directory)
    agent.portal.limits()
    server.faults = [None, None, Break()]
    assert counts(agent.full_pass()) == {"add": 5}
    assert len(server.users()) == 5
    server.forget()
    assert counts(agent.full_pass()) == {}
    assert server.writes == []


def test_a_portal_that_is_away_for_a_while_is_waited_for(server: ScimServer, state: State) -> None:
    pauses = Pauses()
    agent = make_agent(server, state, with_people(5), pauses=pauses)
    server.faults = [503, 429, 502]
    assert counts(agent.full_pass()) == {"add": 5}
    assert len(pauses.seconds) == 3
    assert max(pauses.seconds) < 1, "as the portal asked by Retry-After"


def test_a_portal_that_stays_away_is_given_up(server: ScimServer, state: State) -> None:
    agent = make_agent(server, state, with_people(5), attempts=2)
    server.faults = [503, 503]
    with pytest.raises(PortalError, match="answered 503; given up after 2 attempts"):
        agent.full_pass()
    assert server.users() == {}


def test_a_token_that_is_not_accepted_says_so_at_once(server: ScimServer, state: State) -> None:
    with pytest.raises(PortalError, match="does not accept the token"):
        make_agent(server, state, with_people(1), token="wrong").full_pass()
    assert [path for _method, path in server.asked] == ["/v2/ServiceProviderConfig", "/v2/Users"]


def test_without_its_memory_the_agent_asks_the_portal_and_sends_nothing_twice(
    server: ScimServer, state: State, tmp_path: Path
) -> None:
    directory = with_people(30)
    agent = make_agent(server, state, directory)
    agent.full_pass()
    directory.leave(make_person(4))
    directory.change(make_person(5), enabled=False)
    agent.changes_pass()
    server.forget()
    with State.open(tmp_path / "new.db") as empty:
        assert counts(make_agent(server, empty, directory).full_pass()) == {}
        assert server.writes == []
        directory.change(make_person(6), department="Legal")
        directory.delete(make_person(4))
        assert counts(make_agent(server, empty, directory).changes_pass()) == {"delete": 1, "change": 1}


def test_a_portal_that_has_lost_somebody_gets_them_again(server: ScimServer, state: State) -> None:
    directory = with_people(10)
    agent = make_agent(server, state, directory)
    agent.full_pass()
    server.delete("user4@ad.example")
    assert counts(agent.full_pass()) == {"add": 1}
    assert len(server.users()) == 10


def test_who_turns_out_to_be_lost_while_being_changed_is_added(server: ScimServer, state: State) -> None:
    directory = with_people(10)
    agent = make_agent(server, state, directory)
    agent.full_pass()
    server.delete("user4@ad.example")
    server.create("somebody-else", active=True)  # so that the numbers agree
    directory.change(make_person(4), department="Legal")
    agent.changes_pass()
    assert server.users()["user4@ad.example"][ENTERPRISE]["department"] == "Legal"


def test_users_who_are_not_from_this_directory_are_let_be(server: ScimServer, state: State) -> None:
    server.create("somebody-else", active=True)
    agent = make_agent(server, state, with_people(3))
    agent.full_pass()
    server.forget()
    assert counts(agent.full_pass()) == {}
    assert [path for _method, path in server.asked] == ["/v2/Users", "/v2/Groups"], "counted; the memory is trusted"
    assert "somebody-else" in server.active()


def test_a_listing_that_breaks_off_leaves_the_memory_as_it_was(
    server: ScimServer, state: State, tmp_path: Path
) -> None:
    directory = with_people(5)
    make_agent(server, state, directory).full_pass()
    with State.open(tmp_path / "new.db") as empty:
        agent = make_agent(server, empty, directory, attempts=1)
        agent.portal.limits()
        server.faults = [503]
        with pytest.raises(PortalError):
            agent.full_pass()
        assert (empty.scope, empty.size()) == (None, 0)
        server.forget()
        assert counts(agent.full_pass()) == {}
        assert server.writes == []


def test_another_directory_server_is_read_whole(server: ScimServer, state: State) -> None:
    directory = with_people(10)
    agent = make_agent(server, state, directory)
    agent.full_pass()
    directory.server, directory.number = "dc2", 1
    directory.inside[make_person(3).guid] = make_person(3, department="Legal")
    report = agent.changes_pass()
    assert report is not None
    assert (report.whole, counts(report)) == (True, {"change": 1})


def test_large_passes_are_sent_in_parts_that_the_portal_takes(server: ScimServer, state: State) -> None:
    agent = make_agent(server, state, with_people(25), operations=10)
    assert counts(agent.full_pass()) == {"add": 25}
    assert [len(body["Operations"]) for body in server.sent] == [10, 10, 5]


def test_told_to_stop_it_ends_between_two_requests_and_goes_on_from_there(server: ScimServer, state: State) -> None:
    agent = make_agent(server, state, with_people(25), operations=10)
    agent.stopping = lambda: len(server.sent) == 1
    report = agent.full_pass()
    assert (report.finished, counts(report)) == (False, {"add": 10})
    agent.stopping = lambda: False
    assert counts(agent.changes_pass()) == {"add": 15}
    assert len(server.users()) == 25


def test_a_dry_run_sends_nothing(server: ScimServer, state: State) -> None:
    directory = with_people(3)
    with state.copy() as copy:
        plan = make_agent(server, copy, directory).plan()
    assert [(change.kind, change.name) for change in plan.changes] == [
        (Kind.ADD, f"Given{number} Family{number} (user{number}@ad.example)") for number in (1, 2, 3)
    ]
    assert server.writes == []
