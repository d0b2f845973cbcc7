"""An import as a browser does it: choose a file, choose its columns, look, confirm."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client

from companies.models import Company
from tests.page import Page

HEADER = "First name,Last name,E-mail\r\n"
COLUMNS = {"first_name": "0", "last_name": "1", "email": "2", "has_header": "on"}


def send(client: Client, company: Company, content: str | bytes, name: str = "people.csv") -> HttpResponseBase:
    data = content if isinstance(content, bytes) else content.encode()
    file = SimpleUploadedFile(name, data, content_type="text/csv")
    return client.post(f"/companies/{company.pk}/users/add/file/", {"file": file})


def preview_of(client: Client, company: Company, *rows: str) -> str:
    """The address of the preview of a file with these rows, its columns chosen."""
    columns = send(client, company, HEADER + "\r\n".join(rows)).headers["Location"]
    return client.post(columns, COLUMNS).headers["Location"]


def lines(page: Page) -> list[list[str]]:
    """The rows of the preview: what stands in the cells or their fields, and what is said of them."""
    return [
        [" ".join([*[field["value"] for field in cell.all("input", type="text")], cell.text]).strip() for cell in cells]
        for cells in (
            [cell for cell in row.children if not isinstance(cell, str)] for row in page.one("tbody").all("tr")
        )
    ]


def sums(page: Page) -> dict[str, str]:
    """The numbers above a preview or a result, but for the name of the file."""
    [found] = page.all("dl", class_="sums")
    return dict(list(zip(found.texts("dt"), found.texts("dd"), strict=True))[:-1])
