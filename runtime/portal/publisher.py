"""Print the publisher's token: run by the portal's interpreter with CKAN_INI set; creates the account if needed.

Usage: python publisher.py NAME [--token]     the token is printed only when asked for; nothing secret is in argv
"""

import os
import secrets
import sys

from ckan import model
from ckan.cli import CKANConfigLoader
from ckan.config.middleware import make_app
from ckan.plugins import toolkit


def main(name: str, token: bool) -> None:
    """Make sure that `name` exists and is a sysadmin; print a new token when `token`."""
    application = make_app(CKANConfigLoader(os.environ["CKAN_INI"]).get_config())
    with application._wsgi_app.test_request_context():
        site_user = toolkit.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
        context = {"ignore_auth": True, "user": site_user}
        if model.User.get(name) is None:
            # Nobody signs in with this password: tokens are used, and the password is not kept.
            toolkit.get_action("user_create")(
                dict(context),
                {
                    "name": name,
                    "email": f"{name}@localhost.localdomain",
                    "fullname": "Lumbung",
                    "password": secrets.token_urlsafe(32),
                },
            )
        user = model.User.get(name)
        if not user.sysadmin:
            user.sysadmin = True
            model.repo.commit_and_remove()
        if token:
            print(toolkit.get_action("api_token_create")(dict(context), {"user": name, "name": "lumbung"})["token"])


if __name__ == "__main__":
    main(sys.argv[1], "--token" in sys.argv[2:])
