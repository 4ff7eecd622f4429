"""Addresses of OAuth 2, to be included at the root: /oauth/… and the metadata under /.well-known/."""

from __future__ import annotations

from django.urls import path
from oauth2_provider import views as toolkit

from lrs.auth import oauth_views

#: The toolkit looks its own addresses up under this name.
app_name = "oauth2_provider"

urlpatterns = [
    path("oauth/authorize/", oauth_views.Authorize.as_view(), name="authorize"),
    path("oauth/token/", oauth_views.Token.as_view(), name="token"),
    path("oauth/revoke_token/", toolkit.RevokeTokenView.as_view(), name="revoke-token"),
    path("oauth/sign-in/", oauth_views.SignIn.as_view(), name="sign-in"),
    path("oauth/tokens/", oauth_views.AuthorizedTokens.as_view(), name="authorized-token-list"),
    path(
        "oauth/tokens/<slug:pk>/withdraw/",
        oauth_views.WithdrawToken.as_view(),
        name="authorized-token-delete",
    ),
    path(
        ".well-known/oauth-authorization-server",
        toolkit.OAuthServerMetadataView.as_view(),
        name="oauth-server-metadata",
    ),
    path(
        ".well-known/oauth-protected-resource/xapi/",
        toolkit.OAuthProtectedResourceMetadataView.as_view(),
        name="oauth-resource-metadata",
    ),
]
