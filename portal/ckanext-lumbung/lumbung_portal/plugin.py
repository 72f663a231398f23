"""The CKAN plugin `lumbung`. To be listed before `datastore`, whose dump route it replaces."""

from __future__ import annotations

from typing import Any

import ckan.plugins as plugins
from ckan.plugins import toolkit as tk

from lumbung_portal import action, presentation, translation, validation
from lumbung_portal.views import blueprint


@tk.blanket.config_declarations
class LumbungPlugin(plugins.SingletonPlugin):
    """Actions, routes, pages and validators of the portal."""

    plugins.implements(plugins.IConfigurer)
    plugins.implements(plugins.IActions)
    plugins.implements(plugins.IAuthFunctions)
    plugins.implements(plugins.IBlueprint)
    plugins.implements(plugins.ITemplateHelpers)
    plugins.implements(plugins.IValidators)
    plugins.implements(plugins.IFacets, inherit=True)
    plugins.implements(plugins.ITranslation)

    def update_config(self, config: Any) -> None:
        """Templates, static files, styles."""
        tk.add_template_directory(config, "templates")
        tk.add_public_directory(config, "public")
        tk.add_resource("assets", "lumbung")

    def get_actions(self) -> dict[str, Any]:
        """See `action.py`."""
        return {"lumbung_refresh": action.lumbung_refresh, "lumbung_version": action.lumbung_version}

    def get_auth_functions(self) -> dict[str, Any]:
        """A function of the same name for each action."""
        return {"lumbung_refresh": action.may_refresh, "lumbung_version": action.may_see_version}

    def get_blueprint(self) -> list[Any]:
        """See `views.py`."""
        return [blueprint]

    def get_helpers(self) -> dict[str, Any]:
        """See `presentation.py`."""
        return presentation.HELPERS

    def get_validators(self) -> dict[str, Any]:
        """See `validation.py`."""
        return validation.VALIDATORS

    def dataset_facets(self, facets_dict: Any, package_type: str) -> Any:
        """Filters beside the list of datasets, in the officers' words."""
        return presentation.facets(facets_dict)

    def organization_facets(self, facets_dict: Any, organization_type: str, package_type: str | None) -> Any:
        """The same filters on an organization's page."""
        return presentation.facets(facets_dict)

    def group_facets(self, facets_dict: Any, group_type: str, package_type: str | None) -> Any:
        """The same filters on a theme's page."""
        return presentation.facets(facets_dict)

    def i18n_directory(self) -> str:
        """See `translation.py`."""
        return translation.compiled()

    def i18n_locales(self) -> list[str]:
        """Languages that we add words to."""
        return sorted(folder.name for folder in translation.SOURCES.iterdir() if folder.is_dir())

    def i18n_domain(self) -> str:
        """Name of our catalogue."""
        return translation.DOMAIN
