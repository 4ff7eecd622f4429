"""`/accounts/`: signing in with a second factor, passwords, factors and sessions of one's own.

allauth looks its pages up by these names. What it also has (sign-up, reset by mail) stays closed: accounts
are made by administrators, and a reset takes two of them.
"""

from __future__ import annotations

from allauth.account import views
from django.urls import include, path

from compliance.accounts import pages

urlpatterns = [
    path("", pages.account, name="hub_account"),
    path("sessions/end/", pages.end_sessions, name="hub_end_sessions"),
    path("purpose/", pages.purpose, name="hub_purpose"),
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("signup/", views.signup, name="account_signup"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("2fa/", include("allauth.mfa.urls")),
]
