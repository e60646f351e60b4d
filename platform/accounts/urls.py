"""Sign-in and the second step. allauth's names where allauth looks them up by name."""

from allauth.account import views as allauth_views
from django.urls import URLPattern, path, re_path

from accounts import views
from accounts.access import platform_host_only as here

urlpatterns: list[URLPattern] = [
    path("login/", here(views.LoginView.as_view()), name="account_login"),
    path("logout/", here(views.LogoutView.as_view()), name="account_logout"),
    path(
        "inactive/",
        here(allauth_views.AccountInactiveView.as_view(template_name="accounts/inactive.html")),
        name="account_inactive",
    ),
    path("signup/", here(views.sign_up_elsewhere), name="account_signup"),
    path("password/reset/", here(views.PasswordResetView.as_view()), name="account_reset_password"),
    path("password/reset/sent/", here(views.PasswordResetSentView.as_view()), name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        here(views.NewPasswordView.as_view()),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/", here(views.NewPasswordDoneView.as_view()), name="account_reset_password_from_key_done"
    ),
    path("second-factor/", here(views.second_factor), name="account_second_factor"),
    path("second-factor/set-up/", here(views.enrol), name="account_second_factor_enrol"),
    path("second-factor/set-up/qr.svg", here(views.enrolment_qr), name="account_second_factor_qr"),
    path("recovery-codes/", here(views.recovery_codes), name="account_recovery_codes"),
    path("security/", here(views.security), name="account_security"),
]
