"""The protocol as this portal speaks it, where it goes beyond scim2_server's own."""

import logging
import posixpath
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from scim2_models import Error, PatchOp, PayloadTooLargeException, Resource, ResponseParameters, SCIMException
from scim2_server.bulk import BulkPlan
from scim2_server.conditions import Conditions
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService

from portal.web.errors import trouble_of
from users.scim.errors import TryLater
from users.scim.members import patch_group
from users.scim.schemas import MAX_PATCH, MAX_VALUES, PROVIDER, Group, User
from users.scim.unknown import patch_unknown
from users.scim.versions import without_if_match

logger = logging.getLogger(__name__)


class PortalService(ScimService):
    """`charge` is told how many operations a Bulk request holds, before the first one runs, and may refuse them."""

    def __init__(self, charge: Callable[[int], None]) -> None:
        super().__init__(PROVIDER)
        self.charge = charge

    def check_preconditions(self, resource: Resource[Any], method: str, conditions: Conditions) -> bool:
        """`If-Match` is met where the directory's own data did not change, whatever became of the person meanwhile."""
        version = resource.meta.version if resource.meta else None
        return super().check_preconditions(resource, method, without_if_match(conditions, version))

    def reference_location(self, base_url: str, reference: str) -> str:
        """A reference is relative to the base URL, also where it begins at the resource itself: `../Users/…`.

        RFC 7643, 2.3.7 and 8.2, knows both. None leads out of what is below the base URL; an empty one is none.
        """
        if not reference or urlsplit(reference).scheme or reference.startswith("/"):
            return reference
        below = posixpath.normpath(f"/{reference}").lstrip("/")
        return super().reference_location(base_url, below)

    def patch_response(
        self, base_url: str, resource: Resource[Any], response_parameters: "ResponseParameters[Any]"
    ) -> ScimResponse:
        """The resource, with what is true of it: identity providers take 200 as well as 204."""
        return self.replacement_response(base_url, resource, response_parameters)

    def apply_replacement(
        self, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        """A PUT that says nothing of `active` enables and disables nobody (RFC 7644, 3.5.1 leaves it to us)."""
        if isinstance(current, User) and isinstance(replacement, User) and replacement.active is None:
            replacement.active = current.active
        return super().apply_replacement(current, replacement, conditions)

    def apply_patch(
        self, current: Resource[Any], patch_op: "PatchOp[Any]", conditions: Conditions
    ) -> Resource[Any] | None:
        """Raises PayloadTooLargeException for a PATCH whose work would grow with all that it holds, multiplied."""
        if isinstance(current, Group):
            self.check_preconditions(current, "PATCH", conditions)
            was_known = patch_group(current, patch_op)
            return current if patch_unknown(current, patch_op) or was_known else None
        operations = patch_op.operations or []
        values = sum(len(operation.value) for operation in operations if isinstance(operation.value, list))
        if len(operations) > MAX_PATCH or values > 2 * MAX_VALUES:
            raise PayloadTooLargeException(detail="Too many operations, or values, in one PATCH")
        was_known = super().apply_patch(current, patch_op, conditions) is not None
        return current if patch_unknown(current, patch_op) or was_known else None

    def read_bulk(self, body: bytes, content_type: str | None) -> BulkPlan:
        plan = super().read_bulk(body, content_type)
        self.charge(len(plan.operations))
        return plan

    def bulk_failure(self, outcome: dict[str, Any], exception: Exception) -> dict[str, Any]:
        """One operation's failure is not the request's, and would not be seen in the log otherwise."""
        _log(exception)
        return super().bulk_failure(outcome, _told(exception))

    def error_response(self, exception: Exception) -> ScimResponse:
        _log(exception)
        told = _told(exception)
        response = super().error_response(told)
        if isinstance(told, TryLater):
            response.headers["Retry-After"] = str(told.retry_after)
        return response

    @staticmethod
    def error_of(exception: Exception) -> Error:
        """Without the words of the library that validates: they name its inside, and several lines are no sentence."""
        error = ScimService.error_of(exception)
        if error.detail and "\n" in error.detail:
            error = error.model_copy(update={"detail": "A value does not fit its attribute"})
        return error


def _told(exception: Exception) -> Exception:
    trouble = trouble_of(exception)
    if trouble is not None and not isinstance(exception, SCIMException):
        return TryLater(detail="The portal is not available at the moment", retry_after=trouble.retry_after or 5)
    return exception


def _log(exception: Exception) -> None:
    if not isinstance(exception, SCIMException):
        logger.error("SCIM request failed", exc_info=exception)
