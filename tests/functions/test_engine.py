"""Which engine stands behind the port."""

from dataclasses import replace

from cutout.adapters.onnx import OnnxModels
from cutout.adapters.rembg_engine import RembgEngine
from cutout.imaging.engine import CutoutEngine


def test_our_engine_is_wired_by_default(entry):
    from remove_background.start import app

    assert isinstance(app.removals.engine, CutoutEngine)


def test_an_image_built_for_rembg_gets_rembgs(entry):
    from remove_background.start import app
    from remove_background.wiring import engine_of

    settings = replace(app.settings, engine="rembg")
    assert isinstance(engine_of(settings, OnnxModels(settings.model_dir)), RembgEngine)
