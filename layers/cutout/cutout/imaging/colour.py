"""Colour management: whatever space a file is in becomes sRGB, the space that the networks and the web expect."""

import io

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms

_SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}
# Rounding in the profile's tables moves sRGB's own colours by this much at most.
_SAME_COLOUR = 1


def to_srgb(picture: Pillow.Image, icc: bytes | None) -> Pillow.Image:
    """`picture` (mode L, RGB or CMYK) as RGB in sRGB.

    Relative colorimetric with black point compensation, as photo editors do by default. A profile that can't be read, or that is for
    another kind of colour than the picture's, is ignored: browsers show such files as if they had none, and so the client has seen it.
    """
    if icc is None:
        return _as_rgb(picture)
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        space = _SPACES.get(profile.profile.xcolor_space)
        # A grey picture with a profile for RGB is common, and means r = g = b.
        source = _as_rgb(picture) if (picture.mode, space) == ("L", "RGB") else picture
        if space != source.mode:
            return _as_rgb(picture)
        transform = ImageCms.buildTransform(
            profile,
            ImageCms.createProfile("sRGB"),
            source.mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        if source.mode == "RGB" and _changes_nothing(transform):
            return source
        return ImageCms.applyTransform(source, transform) or source
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return _as_rgb(picture)


def _as_rgb(picture: Pillow.Image) -> Pillow.Image:
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Most profiles found in files are sRGB's own: a cube of 729 colours tells, and saves a pass over the picture."""
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    converted = np.asarray(ImageCms.applyTransform(Pillow.fromarray(cube), transform))
    return bool(np.abs(converted.astype(np.int16) - cube).max() <= _SAME_COLOUR)
