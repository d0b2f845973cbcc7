"""Addresses of a company's people, below /companies/<company_id>/users/."""

from django.urls import path

from users.views import add, add_file, add_many, export, people, person, tab

app_name = "users"
urlpatterns = [
    path("", tab.users_tab, name="list"),
    path("add/", add.add_user, name="add"),
    path("add/many/", add_many.add_many, name="add_many"),
    path("add/file/", add_file.choose_file, name="add_file"),
    path("add/file/template.csv", add_file.template_file, name="add_file_template"),
    path("add/file/<slug:token>/", add_file.check_file, name="add_file_check"),
    path("export/", export.export, name="export"),
    path("<int:user_id>/", person.show_person, name="person"),
    path("<int:user_id>/edit/", people.edit_user, name="edit"),
    path("<int:user_id>/primary/", people.make_primary, name="make_primary"),
]
