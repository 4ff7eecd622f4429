"""Users and groups as this service provider knows them, and what it says of itself.

In: nothing. Out: models of scim2-models, which validate, filter, patch and describe themselves; the provider
made of them. Where the standard's models are stricter than identity providers are, these are not: an e-mail
address may end in .local, a manager may be named without `$ref` or by the bare id (as Entra does).
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, ClassVar

import scim2_models as scim
from pydantic import Field, field_validator
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    External,
    Filter,
    Group,
    Meta,
    Mutability,
    Patch,
    Reference,
    ResourceType,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
)
from scim2_models.resources.resource import AnyExtension

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
EXTENSION = "urn:ietf:params:scim:schemas:extension:lrshub:2.0:User"

#: Operations in one bulk request, bytes of any request, resources in one answer.
BULK_OPERATIONS, BODY_BYTES, PAGE_MOST = 1_000, 4 * 1024 * 1024, 1_000
PAGE = 100

#: What identity providers may depart from: unknown attributes are ignored, and Entra's forms of PATCH taken.
POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)


class Email(ComplexAttribute):
    """An e-mail address; any text, as directories hold many that no mail server would take."""

    value: str | None = Field(None, description="E-mail address of the user.")
    display: str | None = Field(None, description="The address as people are shown it.")
    type: str | None = Field(None, description="What it is for.", examples=["work", "home", "other"])
    primary: bool | None = Field(None, description="Whether it is the preferred one.")


class User(scim.User[AnyExtension]):
    """A person's account."""

    emails: list[Email] | None = Field(  # type: ignore[assignment]  # takes what the base's takes, and more
        None, description="E-mail addresses of the user."
    )
    Emails: ClassVar[type[ComplexAttribute]] = Email


class Manager(ComplexAttribute):
    """Whom the user reports to."""

    value: Annotated[str | None, CaseExact.true] = Field(None, description="The id of the manager's user.")
    ref: Reference[scim.User] | None = Field(  # type: ignore[type-arg]  # whichever extensions it has
        None, serialization_alias="$ref", validation_alias="$ref", description="Where that user is."
    )
    display_name: Annotated[str | None, Mutability.read_only] = Field(
        None, description="What the manager is called."
    )


class EnterpriseUser(Extension):
    """The enterprise extension of RFC 7643, 4.3."""

    __schema__ = scim.EnterpriseUser.__schema__

    employee_number: str | None = Field(None, description="Number of the employee.")
    cost_center: str | None = Field(None, description="Cost centre.")
    organization: str | None = Field(None, description="Organization.")
    division: str | None = Field(None, description="Division.")
    department: str | None = Field(None, description="Department.")
    manager: Manager | None = Field(None, description="The user's manager.")

    @field_validator("manager", mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        """Take the bare id for the manager, and an empty one for none."""
        if isinstance(value, str):
            return {"value": value} if value else None
        return value


class HubUser(Extension):
    """What the workforce record needs and SCIM has no attribute for."""

    __schema__ = scim.URN(EXTENSION)

    hire_date: str | None = Field(None, description="First day of the engagement, YYYY-MM-DD.")
    end_date: str | None = Field(None, description="Last day of the engagement, YYYY-MM-DD.")
    job_code: str | None = Field(None, description="Code of the job or job profile.")
    location_code: str | None = Field(None, description="Code of the site.")
    worker_type: str | None = Field(
        None, description="Takes precedence over userType.", examples=["employee", "contractor", "partner"]
    )
    sponsor: str | None = Field(
        None, description="Who answers for a contractor or partner: id, externalId or userName of a user."
    )
    regulatory_classes: str | None = Field(
        None, description="Regulatory classes of the person, with semicolons between them."
    )
    effective_date: str | None = Field(
        None, description="Since when what this resource says is so, YYYY-MM-DD; if left out, since now."
    )


FullUser = User[EnterpriseUser | HubUser]
MODELS: dict[str, type[scim.Resource[Any]]] = {"User": FullUser, "Group": Group}
ENDPOINTS = {"Users": "User", "Groups": "Group"}


def of(generic: Any, model: Any) -> Any:
    """Return a generic of scim2-models for a model that is only known at run time."""
    return generic[model]


def configuration(base: str) -> ServiceProviderConfig:
    """Return what the provider at `base` can do."""
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=True, max_operations=BULK_OPERATIONS, max_payload_size=BODY_BYTES),
        filter=Filter(supported=True, max_results=PAGE_MOST),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="The token of the connection, in the Authorization header.",
                spec_uri=Reference[External]("https://www.rfc-editor.org/info/rfc6750"),
                primary=True,
            )
        ],
        meta=Meta(resource_type="ServiceProviderConfig", location=f"{base}/ServiceProviderConfig"),
    )


@cache
def provider() -> ScimProvider:
    """Return what the service provider serves."""
    return ScimProvider(
        models=[User, EnterpriseUser, HubUser, Group],
        resource_types=[ResourceType.from_resource(FullUser), ResourceType.from_resource(Group)],
        policy=POLICY,
    )
