"""Each client, over each of its transports, with each form of input that it can carry, and each form of output."""

import time

import pytest

from tests.sdks.clients import KINDS, Client
from tests.sdks.pictures import INPUTS, OUTPUTS, Pictures, assert_cut_out, cutouts, output_types
from tests.sdks.report import Report


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("form", INPUTS)
def test_an_official_client_gets_its_cutout(client: Client, name: str, form: str, output: str, pictures: Pictures, report: Report):
    if form == "file" and not KINDS[name].reads_files:
        report.cells[name, form, output] = "not offered"
        pytest.skip("This client takes no files: its users send a data URI.")
    report.cells[name, form, output] = "FAILED"
    begun = time.monotonic()
    item = client.call("remove", **pictures.sent(form), outputType=output_types(output), outputFormat="PNG")
    took = time.monotonic() - begun
    images = cutouts(item, output)
    for image in images:
        assert_cut_out(image)
    assert len({image.tobytes() for image in images}) == 1
    report.cells[name, form, output] = f"✓ {took:.1f} s"
