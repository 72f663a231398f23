"""One organization and one dataset for the portal's own tests, gone afterwards; contents to refresh it with."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from lumbung.settings import settings
from tests.integration.portal.desk import Desk


@pytest.fixture(scope="session")
def desk() -> Iterator[Desk]:
    """The publisher's side of a dataset with one resource, both new."""
    profile = settings()
    name = f"uji-portal-{uuid4().hex[:8]}"
    desk = Desk(profile, dataset=name, organization=f"dinas-{name}", resource_id=str(uuid4()))
    desk.create()
    yield desk
    desk.ckan.action.dataset_purge(id=desk.dataset)
    desk.ckan.action.organization_purge(id=desk.organization)
