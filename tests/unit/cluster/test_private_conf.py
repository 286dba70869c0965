"""Spark's configuration of a job: only its own processes know the secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from dsgrid.cluster.conf import Secrets, daemon_settings, new_secrets, trusted, write_all
from dsgrid.cluster.folder import Folder


def test_two_jobs_have_secrets_of_their_own_and_show_none_of_them():
    one, other = new_secrets(), new_secrets()
    assert one.cluster != other.cluster
    assert one.pages != other.pages
    assert len(one.cluster) == 64
    assert len(one.pages) == 32
    assert one.cluster not in repr(one)


def test_the_files_with_the_secret_are_this_users_only(tmp_path):
    folder = Folder(tmp_path / "dsgrid-1")
    folder.make()
    known = new_secrets()
    write_all(folder, trusted(known), daemon_settings(known, pages_are_open=False))
    for name in ("spark-defaults.conf", "daemons/spark-defaults.conf"):
        assert (folder.conf / name).stat().st_mode & 0o777 == 0o600
        assert known.cluster in (folder.conf / name).read_text()
    assert known.cluster not in (folder.conf / "log4j2.properties").read_text()


def test_drivers_do_not_get_the_key_of_the_pages():
    known = new_secrets()
    key = base64.urlsafe_b64encode(known.pages).decode()
    assert key in daemon_settings(known, pages_are_open=False).values()
    assert key not in trusted(known).values()
    assert key not in daemon_settings(known, pages_are_open=True).values()


def test_a_cluster_takes_no_jobs_by_rest_and_no_orders_from_its_pages():
    settings = daemon_settings(new_secrets(), pages_are_open=True)
    assert settings["spark.master.rest.enabled"] == "false"
    assert settings["spark.ui.killEnabled"] == "false"
    assert settings["spark.master.ui.decommission.allow.mode"] == "DENY"
    assert settings["spark.authenticate"] == settings["spark.network.crypto.enabled"] == "true"


def test_requests_to_the_pages_are_signed_as_json_web_signatures_are():
    known = Secrets("x", bytes(range(32)))
    scheme, _, token = known.header.partition(" ")
    head, body, signature = token.split(".")
    assert scheme == "Bearer"
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {"alg": "HS256", "typ": "JWT"}
    signed = hmac.new(bytes(range(32)), f"{head}.{body}".encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "=") == signed
