"""What the agent has to remember of a person, from what it sent or from what the portal shows."""

from portal_agent.people import Body, Person, digest, from_scim
from portal_agent.state import Known


def known_as(person: Person, scim_id: str) -> Known:
    """The portal has taken this person as they are here."""
    return Known(person.guid, scim_id, person.name, person.mail, digest(person), person.standing)


def known_from(resource: Body) -> Known:
    """The portal shows this person."""
    return known_as(from_scim(resource), str(resource["id"]))
