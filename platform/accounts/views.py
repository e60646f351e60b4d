"""Sign-in, password recovery and the second step."""

from typing import Any
from urllib.parse import urlencode

import django_otp
from allauth.account import views as allauth_views
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.access import is_verified, signed_in, staff_home
from accounts.actions import (
    begin_enrolment,
    check_second_factor,
    confirm_enrolment,
    replace_recovery_codes,
)
from accounts.forms import CodeForm, LoginForm, ResetPasswordForm, ResetPasswordKeyForm
from accounts.models import User
from accounts.qr import qr_svg
from accounts.queries import has_second_factor, pending_device, recovery_codes_left
from ui.errors import DomainError
from ui.forms import posted


class _Refusing422:
    """A form with errors is shown again with status 422, which htmx swaps and programs understand."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=422)  # type: ignore[attr-defined]
        return response


class LoginView(_Refusing422, allauth_views.LoginView):  # type: ignore[misc]  # untyped base
    template_name = "accounts/login.html"
    form_class = LoginForm


class LogoutView(allauth_views.LogoutView):  # type: ignore[misc]  # untyped base
    template_name = "accounts/logout.html"


class PasswordResetView(_Refusing422, allauth_views.PasswordResetView):  # type: ignore[misc]  # untyped base
    template_name = "accounts/password_reset.html"
    form_class = ResetPasswordForm


class PasswordResetSentView(allauth_views.PasswordResetDoneView):  # type: ignore[misc]  # untyped base
    template_name = "accounts/password_reset_sent.html"


class NewPasswordView(_Refusing422, allauth_views.PasswordResetFromKeyView):  # type: ignore[misc]  # untyped base
    template_name = "accounts/new_password.html"
    form_class = ResetPasswordKeyForm


class NewPasswordDoneView(allauth_views.PasswordResetFromKeyDoneView):  # type: ignore[misc]  # untyped base
    template_name = "accounts/new_password_done.html"


def sign_up_elsewhere(request: HttpRequest) -> HttpResponse:
    """allauth's mails know this name; accounts are made where a box office is opened, on the platform's site."""
    return redirect(f"{settings.BASE_URL}/sign-up/")


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@signed_in
def second_factor(request: HttpRequest, user: User) -> HttpResponse:
    """Ask for the code that proves the second factor; who has none sets one up first."""
    if is_verified(request):
        return redirect(_next_path(request))
    if not has_second_factor(user):
        return redirect(_with_next("account_second_factor_enrol", request))
    form = CodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            device = check_second_factor(user=user, code=form.cleaned_data["code"])
        except DomainError as refusal:
            form.add_error("code", refusal.detail)
        else:
            _pass(request, device)
            return redirect(_next_path(request))
    context = {"form": form, "next": _next_path(request)}
    return render(request, "accounts/second_factor.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@signed_in
def enrol(request: HttpRequest, user: User) -> HttpResponse:
    """Set up an authenticator app. Who has one already proves it first, or a stolen password would replace it."""
    if has_second_factor(user) and not is_verified(request):
        return redirect(_with_next("account_second_factor", request))
    device = begin_enrolment(user=user)
    form = CodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            confirmed, codes = confirm_enrolment(user=user, code=form.cleaned_data["code"])
        except DomainError as refusal:
            form.add_error("code", refusal.detail)
        else:
            _pass(request, confirmed)
            return _show_codes(request, codes)
    context = {"form": form, "secret": _spaced_secret(device.config_url), "next": _next_path(request)}
    return render(request, "accounts/enrol.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
@signed_in
def enrolment_qr(request: HttpRequest, user: User) -> HttpResponse:
    """The QR code of the authenticator being set up, as a picture; nothing once it is confirmed."""
    device = pending_device(user)
    if device is None or (has_second_factor(user) and not is_verified(request)):
        return HttpResponse(status=404)
    return HttpResponse(qr_svg(device.config_url), content_type="image/svg+xml")


@never_cache
@require_safe
@signed_in
def security(request: HttpRequest, user: User) -> HttpResponse:
    """What protects this account, and what can be renewed."""
    if not is_verified(request):
        return redirect(_with_next("account_second_factor", request))
    context = {"codes_left": recovery_codes_left(user)}
    return render(request, "accounts/security.html", context)


@never_cache
@require_POST
@signed_in
def recovery_codes(request: HttpRequest, user: User) -> HttpResponse:
    """Make new recovery codes and show them once."""
    if not is_verified(request):
        return redirect("account_second_factor")
    return _show_codes(request, replace_recovery_codes(user=user))


def _show_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return render(request, "accounts/recovery_codes.html", {"codes": codes, "next": _next_path(request)})


def _pass(request: HttpRequest, device: Any) -> None:
    """Note that the second step is done, under a new session key: the one known before it is worth nothing more."""
    django_otp.login(request, device)
    request.session.cycle_key()


def _next_path(request: HttpRequest) -> str:
    """Where to go afterwards: a path of this host, else the host's own staff screens."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return staff_home(request)


def _with_next(url_name: str, request: HttpRequest) -> str:
    return f"{reverse(url_name)}?{urlencode({'next': _next_path(request)})}"


def _spaced_secret(config_url: str) -> str:
    """The secret for typing, in groups of four."""
    secret = config_url.partition("secret=")[2].partition("&")[0]
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
