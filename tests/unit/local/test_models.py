"""Putting weights in place: the set-up command."""

import dataclasses
import hashlib
from threading import Thread

import pytest

from cutout.adapters.weights import WeightsError
from cutout.imaging.models import Download, ModelSpec, Weights
from local import models
from local.models import install
from local.sources import SourceError

CONTENT = b"weights"
FIRST = Download("https://first.example/weights")
SECOND = Download("https://second.example/weights")
SPEC = ModelSpec(
    "small",
    (),
    4,
    (0, 0, 0),
    (1, 1, 1),
    "none",
    "Apache-2.0",
    weights=Weights("sha256:" + hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), (FIRST, SECOND)),
)
VARIANT = b"weights in 8 bits"
IN_BOTH = dataclasses.replace(SPEC, weights_int8=Weights("sha256:" + hashlib.sha256(VARIANT).hexdigest(), len(VARIANT), ()))


class FakeBuild:
    """Makes a variant; remembers of what."""

    def __init__(self, variant=VARIANT):
        self.variant = variant
        self.seen = []

    def __call__(self, spec, weights):
        self.seen.append(weights.read_bytes())
        return self.variant


class FakeWeb:
    """Sources and what they send; remembers which were asked, and for how many bytes at most."""

    def __init__(self, **contents):
        self.contents = {FIRST: contents.get("first"), SECOND: contents.get("second")}
        self.asked = []
        self.limits = []

    def __call__(self, source, target, limit):
        self.asked.append(source)
        self.limits.append(limit)
        content = self.contents[source]
        if content is None:
            raise SourceError("no such host")
        target.write_bytes(content)


def test_weights_are_put_in_place(tmp_path):
    assert install(SPEC, tmp_path / "new", FakeWeb(first=CONTENT))
    assert (tmp_path / "new" / "small.onnx").read_bytes() == CONTENT


def test_a_second_run_fetches_nothing(tmp_path):
    install(SPEC, tmp_path, FakeWeb(first=CONTENT))
    web = FakeWeb()
    assert not install(SPEC, tmp_path, web)
    assert web.asked == []


def test_the_second_source_is_asked_only_if_the_first_fails(tmp_path):
    web = FakeWeb(second=CONTENT)
    assert install(SPEC, tmp_path, web)
    assert web.asked == [FIRST, SECOND]


def test_a_source_that_sends_something_else_is_passed_over(tmp_path):
    web = FakeWeb(first=CONTENT[::-1], second=CONTENT)
    install(SPEC, tmp_path, web)
    assert (tmp_path / "small.onnx").read_bytes() == CONTENT


def test_where_every_source_fails_nothing_is_left_and_each_is_named_with_its_reason(tmp_path):
    with pytest.raises(SourceError) as caught:
        install(SPEC, tmp_path, FakeWeb(second=CONTENT[::-1]))
    assert "first.example/weights: no such host" in str(caught.value)
    assert "second.example/weights" in str(caught.value)
    assert "checksum" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_damaged_file_is_replaced(tmp_path):
    (tmp_path / "small.onnx").write_bytes(CONTENT[:3])
    assert install(SPEC, tmp_path, FakeWeb(first=CONTENT))
    assert (tmp_path / "small.onnx").read_bytes() == CONTENT


def test_a_damaged_file_stays_where_no_better_one_can_be_had(tmp_path):
    (tmp_path / "small.onnx").write_bytes(CONTENT[:3])
    with pytest.raises(SourceError):
        install(SPEC, tmp_path, FakeWeb())
    assert (tmp_path / "small.onnx").read_bytes() == CONTENT[:3]


def test_no_more_bytes_are_taken_than_the_file_has(tmp_path):
    web = FakeWeb(first=CONTENT)
    install(SPEC, tmp_path, web)
    assert web.limits == [len(CONTENT)]


def test_a_file_of_unknown_size_has_a_bound_too(tmp_path):
    web = FakeWeb(first=CONTENT)
    install(dataclasses.replace(SPEC, weights=dataclasses.replace(SPEC.weights, size=None)), tmp_path, web)
    assert web.limits == [2 * 1024**3]


def test_two_runs_at_once_fetch_once(tmp_path):
    web = FakeWeb(first=CONTENT)
    runs = [Thread(target=install, args=(SPEC, tmp_path, web)) for _ in range(8)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert web.asked == [FIRST]


def test_the_8_bit_variant_is_made_of_the_weights_that_came(tmp_path):
    build = FakeBuild()
    assert install(IN_BOTH, tmp_path, FakeWeb(first=CONTENT), build)
    assert build.seen == [CONTENT]
    assert (tmp_path / "small.int8.onnx").read_bytes() == VARIANT


def test_a_variant_is_made_also_where_only_the_weights_were_there(tmp_path):
    install(SPEC, tmp_path, FakeWeb(first=CONTENT))
    assert install(IN_BOTH, tmp_path, FakeWeb(), FakeBuild())
    assert (tmp_path / "small.int8.onnx").read_bytes() == VARIANT


def test_a_second_run_makes_no_variant(tmp_path):
    install(IN_BOTH, tmp_path, FakeWeb(first=CONTENT), FakeBuild())
    build = FakeBuild()
    assert not install(IN_BOTH, tmp_path, FakeWeb(), build)
    assert build.seen == []


def test_a_variant_of_an_earlier_recipe_is_made_anew(tmp_path):
    install(IN_BOTH, tmp_path, FakeWeb(first=CONTENT), FakeBuild())
    (tmp_path / "small.int8.onnx").write_bytes(b"earlier")
    assert install(IN_BOTH, tmp_path, FakeWeb(), FakeBuild())
    assert (tmp_path / "small.int8.onnx").read_bytes() == VARIANT


def test_a_variant_that_is_not_the_registered_one_is_an_error_and_nothing_of_it_stays(tmp_path):
    with pytest.raises(WeightsError, match="sha256 checksum"):
        install(IN_BOTH, tmp_path, FakeWeb(first=CONTENT), FakeBuild(VARIANT[::-1]))
    assert {path.name for path in tmp_path.iterdir()} == {".lock", "small.onnx"}


def test_a_model_without_a_variant_gets_none(tmp_path):
    build = FakeBuild()
    install(SPEC, tmp_path, FakeWeb(first=CONTENT), build)
    assert build.seen == []


def test_an_unknown_name_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        models.main(["u3net"])
    assert "unknown: u3net; known are u2net, u2netp" in capsys.readouterr().err


def test_non_commercial_weights_are_not_fetched_unless_allowed(capsys):
    with pytest.raises(SystemExit):
        models.main(["bria-rmbg"])
    assert "--non-commercial" in capsys.readouterr().err


def test_the_list_shows_what_is_installed(tmp_path, capsys):
    (tmp_path / "u2netp.onnx").touch()
    assert models.main(["--list", "--into", str(tmp_path)]) == 0
    installed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if "installed" in line]
    assert installed == ["u2netp"]
