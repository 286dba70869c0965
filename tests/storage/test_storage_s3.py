"""Places on S3: their names, what messages become, and what each client is told. No server is asked."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.object_store import variables

from dsgrid.errors import NotFoundError, SpecError, StorageError, UsageError
from dsgrid.spec.node import Node, Source, shown
from dsgrid.storage import s3, settings
from dsgrid.storage.failures import failure, is_of_a_store, storage_errors
from dsgrid.storage.location import engine_path, location, relative_name
from dsgrid.storage.s3 import S3Path

PART = st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1).filter(
    lambda part: part not in (".", "..")
)
KEY = st.lists(PART, min_size=1, max_size=5)


@given(KEY, PART)
def test_names_are_those_of_a_path(parts: list[str], name: str) -> None:
    place = S3Path.of("s3://bucket/" + "/".join(parts))
    path = PurePosixPath("bucket", *parts)
    assert str(place) == f"s3://{path}"
    assert (place.name, place.stem, place.suffix) == (path.name, path.stem, path.suffix)
    assert place.parts == path.parts
    assert [str(each) for each in place.parents] == [f"s3://{each}" for each in list(path.parents)[:-1]]
    assert str(place / name) == f"s3://{path / name}"
    assert str(place.with_name(name)) == f"s3://{path.parent / name}"
    assert (place / name).relative_to(place) == PurePosixPath(name)
    assert location(str(place)) == place


@pytest.mark.parametrize("url", ["s3://bucket/a/b", "s3a://bucket/a/b/", "s3n://bucket//a/b", "S3://bucket/a/b"])
def test_a_place_has_one_name(url: str) -> None:
    assert str(location(url)) == "s3://bucket/a/b"


@pytest.mark.parametrize("url", ["s3://", "s3:///key", "s3://a b/key", "s3://bucket/../key", "s3://bucket/./key"])
def test_what_is_no_place_on_s3_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match=r"s3://|cannot be named"):
        location(url)


def test_a_path_stays_a_path_and_other_urls_are_refused_where_they_stand(tmp_path: Path) -> None:
    assert location("data/x.csv", tmp_path) == tmp_path / "data/x.csv"
    assert location("/data/x.csv", tmp_path) == Path("/data/x.csv")
    node = Node({"table": "gs://bucket/x", "there": "s3://bucket/x"}, (), Source(None, "", tmp_path))
    assert node.resolve("there") == S3Path("bucket", "x")
    with pytest.raises(SpecError, match='table: "gs://bucket/x": data are read from and written to paths and s3://'):
        node.resolve("table")
    assert shown(S3Path("bucket", "x")) == "s3://bucket/x"


def test_a_place_on_s3_is_never_taken_for_a_path() -> None:
    with pytest.raises(TypeError):
        os.fspath(S3Path("bucket", "x"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is not below"):
        relative_name(S3Path("bucket", "a/b"), Path("a"))
    with pytest.raises(ValueError, match="is not below"):
        S3Path("one", "a/b").relative_to(S3Path("two", "a"))
    with pytest.raises(UsageError, match="whole bucket"):
        S3Path("bucket").remove_all()


class _Session:
    """Only its module counts."""


def test_engines_get_names_that_they_know() -> None:
    spark, sail = _Session(), type("Session", (), {"__module__": "pyspark.sql.connect.session"})()
    with variables():
        assert engine_path(spark, S3Path("bucket", "a b/50%")) == "s3a://bucket/a b/50%"  # type: ignore[arg-type]
        assert engine_path(sail, S3Path("bucket", "a b/50%")) == "s3a://bucket/a%20b/50%25"
        assert engine_path(sail, Path("a b/50%")) == "a b/50%"


# What each client says, as measured: pyarrow 26, Sail 0.7.2, hadoop-aws.
REFUSALS = {
    "When getting information for key 'x' in bucket 'b': AWS Error ACCESS_DENIED during HeadObject operation: No "
    "response body.": (StorageError, "s3://b: https://store refuses access (ACCESS_DENIED); credentials come from"),
    "Generic S3 error: Error performing list request: Error performing GET https://store/b?list-type=2&prefix=x%2F in "
    "2ms - Server returned non-2xx status code: 403 Forbidden: <Error><Code>SignatureDoesNotMatch</Code></Error>": (
        StorageError,
        "s3://b: https://store refuses access (SignatureDoesNotMatch)",
    ),
    "org.apache.hadoop.fs.s3a.auth.NoAuthWithAWSException: No AWS Credentials provided by s3a://b/x": (
        StorageError,
        "s3://b: https://store refuses access",
    ),
    "When initiating multiple part upload for key 'x' in bucket 'b': AWS Error NO_SUCH_BUCKET during "
    "CreateMultipartUpload operation: The specified bucket does not exist (Request ID: 1)": (
        NotFoundError,
        "s3://b: https://store has no bucket b",
    ),
    "Generic S3 error: Error performing GET https://store/b?list-type=2 in 1ms - Server returned non-2xx status code: "
    "404 Not Found: <Error><Code>NoSuchBucket</Code></Error>": (NotFoundError, "https://store has no bucket b"),
    "When getting information for key 'x' in bucket 'b': AWS Error NETWORK_CONNECTION during HeadObject operation: "
    "curlCode: 7, Could not connect to server; Details: Failed to connect to 127.0.0.1:1": (
        StorageError,
        "s3://b: https://store does not answer, or the connection broke (Could not connect to server); run it again",
    ),
    "Generic S3 error: Error performing PUT https://store/b/x in 3.3s, after 10 retries, max_retries: 10, "
    "retry_timeout: 180s  - HTTP error: error sending request": (
        StorageError,
        "s3://b: https://store does not answer, or the connection broke (error sending request)",
    ),
    "Connection reset by peer (os error 104)": (StorageError, "S3: https://store does not answer"),
    "When completing multiple part upload for key 'x' in bucket 'b': AWS Error INVALID_PART during "
    "CompleteMultipartUpload operation: One part is gone (Request ID: abc)\nmore": (
        StorageError,
        "s3://b: https://store failed: When completing multiple part upload for key 'x' in bucket 'b': AWS Error "
        "INVALID_PART during CompleteMultipartUpload operation: One part is gone",
    ),
}


@pytest.mark.parametrize("text", REFUSALS)
def test_what_a_client_says_becomes_one_line_that_names_the_place_and_the_cure(text: str) -> None:
    kind, said = REFUSALS[text]
    with variables(AWS_ENDPOINT_URL="https://store/"):
        found = failure(text)
        assert type(found) is kind
        assert str(found).startswith(said) or said in str(found)
        assert "\n" not in str(found)
        assert is_of_a_store(OSError(text))
        with pytest.raises(kind, match=r"^s3://b/y: "), storage_errors(S3Path("b", "y")):
            raise OSError(text)


@pytest.mark.parametrize(
    "text",
    [
        "[Errno 28] No space left on device",
        "Connection refused: the Spark Connect server",
        "[PATH_NOT_FOUND] Path does not exist",
        "AccessDenied",
    ],
)
def test_other_messages_are_left_alone(text: str) -> None:
    assert failure(text) is None
    with pytest.raises(OSError, match="No space"), storage_errors(Path("x")):
        raise OSError(errno.ENOSPC, "No space left on device")


# What clients are told -----------------------------------------------------------------------------------------------


def test_a_server_of_another_kind_needs_no_more_than_its_url() -> None:
    with variables(AWS_ENDPOINT_URL="http://127.0.0.1:9000/"):
        told = settings.for_pyarrow()
        assert told["endpoint_override"] == "http://127.0.0.1:9000"
        assert (told["scheme"], told["region"]) == ("http", "us-east-1")
        settings.export_for_sail()
        assert os.environ["AWS_ALLOW_HTTP"] == "true"
        assert os.environ["AWS_REGION"] == "us-east-1"
        spark = settings.for_spark()
        assert spark["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:9000"
        assert spark["spark.hadoop.fs.s3a.path.style.access"] == "true"
        assert spark["spark.hadoop.fs.s3a.connection.ssl.enabled"] == "false"


def test_what_the_user_set_wins_and_amazon_needs_nothing() -> None:
    with variables(AWS_ENDPOINT_URL="http://a", AWS_ENDPOINT_URL_S3="https://b", AWS_DEFAULT_REGION="eu-west-1"):
        assert settings.endpoint_url() == "https://b"
        assert settings.for_pyarrow()["region"] == "eu-west-1"
        assert "AWS_ALLOW_HTTP" not in os.environ
    with variables():
        assert settings.endpoint_url() == ""
        assert not {"endpoint_override", "region"} & set(settings.for_pyarrow())
        settings.export_for_sail()
        assert "AWS_REGION" not in os.environ
        assert "spark.hadoop.fs.s3a.endpoint" not in settings.for_spark()


def test_credentials_are_in_no_setting() -> None:
    with variables(AWS_ENDPOINT_URL="http://a", AWS_ACCESS_KEY_ID="the-key", AWS_SECRET_ACCESS_KEY="the-secret"):
        told = str(settings.for_pyarrow()) + str(settings.for_spark())
        assert "the-" not in told


def test_a_proxy_of_the_environment_is_used_unless_it_is_ruled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "localhost,.inside")
    with variables():
        assert settings.for_pyarrow()["proxy_options"] == "http://proxy:3128"
    with variables(AWS_ENDPOINT_URL="https://store.inside"):
        assert "proxy_options" not in settings.for_pyarrow()


def test_a_silent_server_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # Takes connections and never says anything; the waiting is made short here.
    monkeypatch.setattr(settings, "SILENT_SECONDS", 1.0)
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with variables(AWS_ENDPOINT_URL=url, AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x"):
            began = time.monotonic()
            with pytest.raises(StorageError, match="does not answer"):
                S3Path("bucket", "x").exists()
    assert time.monotonic() - began < 10


def test_nothing_of_s3_is_imported_before_it_is_needed() -> None:
    code = "import sys, dsgrid.registry.registry; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
