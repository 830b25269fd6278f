"""Which engine stands behind the port."""

import json
from dataclasses import replace
from io import StringIO

from cutout.adapters.onnx import OnnxModels
from cutout.adapters.rembg_engine import RembgEngine
from cutout.imaging.engine import CutoutEngine


def test_our_engine_is_wired_by_default(entry):
    from remove_background.start import app

    assert isinstance(app.performer.removals.engine, CutoutEngine)


def test_an_image_built_for_rembg_gets_rembgs(entry):
    from remove_background.start import app
    from remove_background.wiring import engine_of

    settings = replace(app.settings, engine="rembg")
    assert isinstance(engine_of(settings, OnnxModels(settings.model_dir)), RembgEngine)


def test_what_a_model_runs_in_is_in_the_functions_log(entry):
    from remove_background.start import app, logger

    (handler,) = logger.handlers
    console = handler.setStream(written := StringIO())
    try:
        OnnxModels(app.settings.model_dir).network("u2netp")
    finally:
        handler.setStream(console)
    assert json.loads(written.getvalue())["message"].startswith("The model u2netp runs in ")
