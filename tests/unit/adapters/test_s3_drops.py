"""The drop box's objects on moto's S3."""

import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from cutout.adapters.aws import client
from cutout.adapters.s3_drops import S3DropBox
from cutout.domain.errors import ServiceUnavailable
from cutout.service.dropbox import Drop

KEY = "uploads/shop/größe + 1.png"
DROP = Drop("bucket", KEY, "shop", "results/shop/größe + 1.png")


@pytest.fixture
def s3(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    client.cache_clear()
    with mock_aws():
        s3 = client("s3", "us-east-1")
        s3.create_bucket(Bucket="bucket")
        # moto forgets only where the outermost of its worlds ends, and another test's may be open round this one.
        s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Suspended"})
        listed = s3.list_object_versions(Bucket="bucket")
        for version in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
            s3.delete_object(Bucket="bucket", Key=version["Key"], VersionId=version["VersionId"])
        s3.delete_bucket(Bucket="bucket")
        s3.create_bucket(Bucket="bucket")
        yield s3
    client.cache_clear()


@pytest.fixture
def box(s3):
    return S3DropBox(s3, "bucket")


def upload(s3, content=b"content", **metadata):
    s3.put_object(Bucket="bucket", Key=KEY, Body=content, Metadata=metadata)


def versions(s3):
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})


def version_of(box, drop=DROP):
    with box.open(drop) as opened:
        return opened.version


def test_an_object_is_opened_with_what_was_said_of_it(s3, box):
    upload(s3, b"content", **{"output-format": "WEBP"})
    with box.open(DROP) as opened:
        assert (opened.bucket, opened.key, opened.size) == ("bucket", KEY, 7)
        assert opened.metadata == {"output-format": "WEBP"}
        assert opened.read() == b"content"


def test_an_object_that_is_not_there_is_none(box):
    with box.open(DROP) as opened:
        assert opened is None


def test_the_same_object_has_the_same_version_and_another_content_another(s3, box):
    upload(s3)
    first = version_of(box)
    assert version_of(box) == first
    upload(s3, b"other")
    assert version_of(box) != first


def test_the_same_bytes_written_again_later_are_another_version(s3, box, monkeypatch):
    upload(s3)
    with box.open(DROP) as opened:
        etag, first = opened.etag, opened.version
    later = s3.get_object(Bucket="bucket", Key=KEY)
    later["LastModified"] = later["LastModified"].replace(year=2030)
    monkeypatch.setattr(s3, "get_object", lambda **_: later)
    with box.open(DROP) as opened:
        assert (opened.etag, opened.version != first) == (etag, True)


def test_in_a_bucket_with_versions_the_version_id_counts(s3, box):
    versions(s3)
    upload(s3)
    assert version_of(box) == s3.head_object(Bucket="bucket", Key=KEY)["VersionId"]


def test_an_overwritten_or_removed_object_is_not_current_any_more(s3, box):
    upload(s3)
    with box.open(DROP) as opened:
        assert box.is_current(opened, DROP)
        upload(s3, b"other")
        assert not box.is_current(opened, DROP)
        s3.delete_object(Bucket="bucket", Key=KEY)
        assert not box.is_current(opened, DROP)


def test_a_pinned_version_stays_what_it_is(s3, box):
    versions(s3)
    upload(s3, b"old")
    pinned = Drop("bucket", KEY, "shop", "results/x", version_of(box))
    upload(s3, b"new")
    with box.open(pinned) as opened:
        assert (opened.read(), box.is_current(opened, pinned)) == (b"old", True)


def test_a_result_asks_those_who_keep_copies_to_come_back(s3, box):
    box.put("results/shop/a.png", b"png", "image/png", {"cost": "0.1"})
    stored = s3.head_object(Bucket="bucket", Key="results/shop/a.png")
    assert (stored["ContentType"], stored["CacheControl"], stored["Metadata"]) == (
        "image/png",
        "private, no-cache",
        {"cost": "0.1"},
    )


def test_removing_what_is_not_there_is_fine(box):
    box.remove("results/shop/a.error.json")


def test_an_original_is_removed(s3, box):
    upload(s3)
    with box.open(DROP) as opened:
        box.remove_original(opened)
    assert "Contents" not in s3.list_objects_v2(Bucket="bucket")


def test_only_the_original_that_was_worked_on_is_removed(s3, box, monkeypatch):
    """Moto knows no conditional deletes, so the request is looked at: S3 compares the ETag itself."""
    upload(s3)
    asked = []
    with box.open(DROP) as opened:
        monkeypatch.setattr(s3, "delete_object", lambda **request: asked.append(request))
        box.remove_original(opened)
    assert asked == [{"Bucket": "bucket", "Key": KEY, "IfMatch": opened.etag}]


@pytest.mark.parametrize(
    "call",
    [
        lambda box: box.open(DROP).__enter__(),
        lambda box: box.put("k", b"", "image/png", {}),
        lambda box: box.remove("k"),
    ],
)
def test_a_store_that_does_not_answer_is_said_without_its_name(box, s3, monkeypatch, call):
    def away(**_):
        raise EndpointConnectionError(endpoint_url="https://internal")

    for name in ("get_object", "put_object", "delete_object"):
        monkeypatch.setattr(s3, name, away)
    with pytest.raises(ServiceUnavailable) as caught:
        call(box)
    assert "internal" not in caught.value.message
