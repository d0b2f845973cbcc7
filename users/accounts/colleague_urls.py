"""Addresses of colleagues and invitations."""

from django.urls import path

from users.accounts.views.colleagues import (
    colleague_list,
    edit_colleague,
    end_invitation,
    invite_colleague,
    repeat_invitation,
    withdraw_colleague,
)

app_name = "colleagues"
urlpatterns = [
    path("", colleague_list, name="list"),
    path("invite/", invite_colleague, name="invite"),
    path("<int:account_id>/edit/", edit_colleague, name="edit"),
    path("<int:account_id>/withdraw/", withdraw_colleague, name="withdraw"),
    path("invitations/<int:invitation_id>/again/", repeat_invitation, name="invite_again"),
    path("invitations/<int:invitation_id>/withdraw/", end_invitation, name="end_invitation"),
]
