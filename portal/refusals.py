"""The last resort for a refused rule: views answer refusals at their form; what they miss is answered here."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from licensing.errors import Busy, Refusal
from licensing.wording import sentence
from portal.web.errors import BUSY, Trouble, answer


class RefusalMiddleware:
    """A `Refusal` that no view caught becomes a page (422, or 503 when busy) that says why. Nothing was changed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        if isinstance(exception, Busy):
            return answer(request, Trouble(503, BUSY.title, sentence(exception), exception.retry_after))
        return answer(request, Trouble(422, _("That could not be done"), sentence(exception)))
