"""Anonymous readers are sent to no page that is refused to them, and are asked for no token."""

import re
from html import unescape

import pytest

from tests.integration.portal.desk import Content, Desk

OLD = Content("lama", 40)
_LINK = re.compile(r'href="([^"#]+)"')


@pytest.fixture
def old(desk: Desk) -> Content:
    desk.refresh(OLD)
    return OLD


def links(desk: Desk, path: str) -> set[str]:
    """Links of an anonymous reader's page that stay on the portal, without its static files."""
    answer = desk.http.get(path, follow_redirects=True)
    assert answer.status_code == 200
    base = desk.settings.ckan_url
    found = {unescape(link).removeprefix(base) for link in _LINK.findall(answer.text)}
    return {link for link in found if link.startswith("/") and not link.startswith(("/webassets/", "/base/"))}


@pytest.mark.parametrize("page", ["/organization/{organization}", "/dataset/{dataset}", "/dataset/activity/{dataset}"])
def test_no_link_is_refused(desk: Desk, old: Content, page: str) -> None:
    found = links(desk, page.format(organization=desk.organization, dataset=desk.dataset))
    assert found
    refused = {link for link in found if desk.http.get(link, follow_redirects=True).status_code in (401, 403)}
    assert refused == set()


def test_the_publisher_still_has_the_tab_of_the_members(desk: Desk, old: Content) -> None:
    page = f"/organization/{desk.organization}"
    known = desk.http.get(page, headers={"Authorization": desk.settings.secret("ckan_token")}).text
    assert f"/organization/members/{desk.organization}" in known
    assert f"/organization/members/{desk.organization}" not in desk.http.get(page).text


def test_the_history_names_who_published_without_a_link(desk: Desk, old: Content) -> None:
    page = desk.http.get(f"/dataset/activity/{desk.dataset}").text
    assert re.search(r"<span>\s*Lumbung\s*</span>\s*memperbarui himpunan data", page)
    assert "/user/lumbung_publisher" not in page
    assert re.search(r"\d{1,2} [A-Z][a-z]+ \d{4} \d\d\.\d\d WIB", page)


def test_the_dialog_about_the_api_is_open_and_indonesian(desk: Desk, old: Content) -> None:
    page = desk.http.get(f"/datastore/api_info/{desk.resource_id}").text
    assert "tidak perlu akun atau token" in page
    assert desk.resource_id in page
    assert re.findall("Authorization|API_TOKEN|Further information", page) == []
