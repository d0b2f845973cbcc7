"""Addresses of a company's people, below /companies/<company_id>/users/."""

from django.urls import path

from users.views import add, add_file, add_many, export, import_run, people, person, tab

app_name = "users"
urlpatterns = [
    path("", tab.users_tab, name="list"),
    path("add/", add.add_user, name="add"),
    path("add/many/", add_many.add_many, name="add_many"),
    path("add/file/", add_file.choose_file, name="add_file"),
    path("add/file/template.csv", add_file.template_file, name="add_file_template"),
    path("add/file/<slug:token>/", import_run.import_run, name="add_file_check"),
    path("add/file/<slug:token>/columns/", add_file.choose_file_columns, name="add_file_columns"),
    path("add/file/<slug:token>/result/", import_run.result_file, name="add_file_result"),
    path("export/", export.export, name="export"),
    path("<int:user_id>/", person.show_person, name="person"),
    path("<int:user_id>/edit/", people.edit_user, name="edit"),
    path("<int:user_id>/primary/", people.make_primary, name="make_primary"),
]
