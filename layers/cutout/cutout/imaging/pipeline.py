"""The whole job, in order.

    source --decode--> image --segment--> mask --clean_up--> mask --make_trimap--> trimap --estimate_alpha--> alpha
           --estimate_foreground--> cutout --composite--> picture --encode--> file

What stands between image and cutout is the engine's (`cutout.imaging.engine`), since another engine may do it in its own way.
"""

from dataclasses import dataclass, replace

from cutout.domain.removal import ImageFormat, InputLimits, OutputSettings, RemovalSettings
from cutout.imaging.composite import composite
from cutout.imaging.decode import decode
from cutout.imaging.encode import check_fits, encode
from cutout.imaging.engine import RemovalEngine, Stage, untimed

_OPAQUE = 1.0


@dataclass(frozen=True, slots=True)
class Removed:
    """The result as a file, and what it is."""

    encoded: bytes
    width: int
    height: int
    format: ImageFormat


def remove_background(
    source: bytes,
    settings: RemovalSettings,
    output: OutputSettings,
    limits: InputLimits,
    engine: RemovalEngine,
    stage: Stage = untimed,
    *,
    smaller_png: bool = False,
) -> Removed:
    """Remove the background of one picture.

    The result is the cutout over `settings.background`, flattened on its colour where the format has no alpha; with
    `settings.only_mask`, the matte in grey. It has the size of the upright input. `smaller_png` spends more time on a PNG for fewer
    bytes.

    Raises:
        InvalidInputImage, ImageTooLarge: see `decode`.
        InvalidParameter: the output format can't hold a picture of this size.
    """
    with stage("decode"):
        image = decode(source, limits)
    check_fits(image.width, image.height, output)

    if settings.only_mask:
        picture = engine.matte(image, settings, stage)
        is_opaque = False
    else:
        cutout = engine.cut_out(image, settings, stage)
        with stage("composite"):
            is_opaque = settings.background.opacity == _OPAQUE or not output.format.has_alpha
            picture = composite(cutout, replace(settings.background, opacity=_OPAQUE) if is_opaque else settings.background)

    with stage("encode"):
        encoded = encode(picture, output, opaque=is_opaque, smaller_png=smaller_png)
    return Removed(encoded, image.width, image.height, output.format)
