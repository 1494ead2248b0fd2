"""Addresses of municipalities."""

from django.urls import path

from municipalities.views import session

app_name = "municipalities"
urlpatterns = [
    path("byt-roll/", session.membership_switch, name="membership_switch"),
    path("demo/logga-in/", session.demo_login, name="demo_login"),
]
