"""What is served at /scim/v2/, and what is announced of it: resources, extensions, capabilities, tolerance."""

import datetime as dt
from typing import Annotated, Any

import scim2_models as scim
from pydantic import Field, field_validator
from scim2_models import Mutability, Required

MAX_OPERATIONS = 1_000
"""Operations of one Bulk request."""
MAX_BODY = 4 * 1024 * 1024
"""Bytes of a request, whatever it asks for."""
MAX_PATCH = 100
"""Operations of one PATCH; those that add and remove a group's members may be as many as those of a Bulk request."""
MAX_VALUES = 100
"""Values of an attribute that can have several."""
MAX_MEMBERS = 50_000
MAX_GROUP = 16 * 1024 * 1024
"""Bytes of a group's members as JSON."""
MAX_RESOURCE = 64 * 1024
"""Bytes of a resource as JSON, beside the members of a group."""
PAGE = 100
LARGEST_PAGE = 1_000
PAGE_BYTES = 1024 * 1024
"""Bytes of the resources of one page, as they are stored; a resource that is larger is a page of its own."""


class Email(scim.Email):
    """An address as the directory has it: some are no addresses elsewhere, and no reason to turn the person away."""

    value: str | None = None


class Manager(scim.Manager):
    """Identity providers send the manager's id alone, as an object, as a list, or bare."""

    value: Annotated[str | None, scim.CaseExact.true, Required.false] = None
    ref: Annotated[scim.Reference[scim.User[Any]] | None, Required.false] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )


class User(scim.User[scim.AnyExtension]):
    """RFC 7643, 4.1."""

    emails: list[Email] | None = None  # type: ignore[assignment]


class Enterprise(scim.EnterpriseUser):
    """RFC 7643, 4.3."""

    manager: Manager | None = None

    @field_validator("manager", mode="before")
    @classmethod
    def _as_object(cls, value: Any) -> Any:
        if isinstance(value, list) and len(value) <= 1:
            value = value[0] if value else None
        return {"value": value} if isinstance(value, str) else value


class Seat(scim.Extension):
    """What is true of the person here, beside what the directory asked last (`active`)."""

    __schema__ = scim.URN("urn:portal:params:scim:schemas:extension:seat:2.0:User")

    status: Annotated[str | None, Mutability.read_only] = Field(
        None,
        description="Whether the person holds a seat.",
        examples=["active", "pendingApproval", "disabled", "rejected", "held", "removed"],
    )
    reason: Annotated[str | None, Mutability.read_only] = Field(None, description="Why, as a code.")
    position: Annotated[int | None, Mutability.read_only] = Field(
        None, description="The place in the waiting line, from 1; missing for whoever does not wait."
    )
    since: Annotated[dt.datetime | None, Mutability.read_only] = Field(None, description="Since when.")
    left_scope: bool | None = Field(
        None,
        description="Together with active false: inactive because they left what the connector brings. Void otherwise.",
    )


class Group(scim.Group):
    """RFC 7643, 4.2: stored and echoed."""


CONFIG = scim.ServiceProviderConfig(
    patch=scim.Patch(supported=True),
    bulk=scim.Bulk(supported=True, max_operations=MAX_OPERATIONS, max_payload_size=MAX_BODY),
    filter=scim.Filter(supported=True, max_results=LARGEST_PAGE),
    change_password=scim.ChangePassword(supported=False),
    sort=scim.Sort(supported=True),
    etag=scim.ETag(supported=True),
    pagination=scim.Pagination(
        cursor=False,
        index=True,
        default_pagination_method=scim.Pagination.DefaultPaginationMethod.index,
        default_page_size=PAGE,
        max_page_size=LARGEST_PAGE,
    ),
    authentication_schemes=[
        scim.AuthenticationScheme(
            type=scim.AuthenticationScheme.Type.oauthbearertoken,
            name="Bearer token",
            description="The token of a connector, made and replaced in the company's settings.",
            primary=True,
        )
    ],
)

PROVIDER = scim.ScimProvider(
    models=[User, Enterprise, Seat, Group],
    resource_types=[
        scim.ResourceType.from_resource(User[Enterprise | Seat]),
        scim.ResourceType.from_resource(Group),
    ],
    config=CONFIG,
    policy=scim.ScimPolicy(
        unknown=scim.ScimPolicy.Unknown.keep,
        remove_value_as_filter=scim.ScimPolicy.RemoveValue.apply,
        unmatched_path_filter=scim.ScimPolicy.UnmatchedPathFilter.create,
    ),
)
"""What the standard does not have is kept and echoed; Entra ID's ways of PATCH are understood."""

USER_MODEL = PROVIDER.model_for("User")
GROUP_MODEL = PROVIDER.model_for("Group")
