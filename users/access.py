"""The only way from a request to a person: through a company that the account may see (R23)."""

from django.http import Http404

from companies.models import Company
from users.models import User


def get_user(company: Company, user_id: int) -> User:
    """A person on the company's Users tab, else a 404: removed people are not on it (R2)."""
    user = User.objects.of_company(company).listed().select_related("connector").filter(pk=user_id).first()
    if user is None:
        raise Http404
    return user
