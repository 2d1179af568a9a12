"""One image file as an array: which files are read, and as what. `config/README.md` states it.

Pillow is lenient: it drops an alpha channel, the low byte of 16 bits and all frames but the first,
and it ignores an orientation tag. Here each of these is settled or refused.
"""

import io
import warnings
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from lossbench.datasets.prepared import UInt8
from lossbench.errors import DataError

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF", "PPM")
"""Told by a file's content, whatever its name; other decoders of Pillow are never called."""
MODES = {"1": "L", "L": "L", "LA": "L", "P": "RGB", "PA": "RGB", "RGB": "RGB", "RGBA": "RGB"}
"""What an image's mode is read as: grey or colour. A palette is colour."""
BACKGROUND = (255, 255, 255, 255)
"""White, on which viewers show transparent images."""
SIDES = range(16, 129)
"""Allowed heights and widths: below, LeNet has no pixel left; above, memory fills up."""


def read_image(content: bytes, *, origin: str) -> UInt8:
    """The image in a file: (1, H, W) where it is grey, else (3, H, W), upright and opaque.

    Raises DataError: the file is damaged or of another format, mode, depth or size than allowed,
    or it has several frames.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow warns of damage that it reads over
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _check(image, origin)
                upright = ImageOps.exif_transpose(image)
                pixels = np.asarray(_opaque(upright).convert(MODES[image.mode]), np.uint8)
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise DataError(f"{origin}: is no image of the formats {', '.join(FORMATS)}") from error
    except Exception as error:  # a damaged file can raise nearly anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{origin}: is not a readable image ({reason})") from error
    return pixels[None] if pixels.ndim == 2 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def check_sides(height: int, width: int, *, origin: str) -> None:
    """Raises DataError: a side is too short or too long."""
    if height not in SIDES or width not in SIDES:
        raise DataError(
            f"{origin}: is {height}×{width}; allowed: sides of {SIDES[0]} to {SIDES[-1]} pixels"
        )


def _check(image: Any, origin: str) -> None:
    """By the file's header, before a pixel is decoded."""
    check_sides(image.height, image.width, origin=origin)
    if image.mode not in MODES:
        raise DataError(f"{origin}: mode {image.mode}; allowed: {', '.join(MODES)}")
    if _is_deep(image):
        raise DataError(f"{origin}: has more than 8 bits a channel; allowed: at most 8")
    if (frames := getattr(image, "n_frames", 1)) > 1:
        raise DataError(f"{origin}: has {frames} frames; allowed: one")


def _is_deep(image: Any) -> bool:
    """Whether a channel has more than 8 bits where Pillow's mode does not tell."""
    if image.format == "TIFF":
        return bool(max(image.tag_v2.get(258, (8,))) > 8)  # BitsPerSample
    if image.format == "PNG":
        return ";16" in image.tile[0].args
    if image.format == "PPM":
        arguments = image.tile[0].args
        return not isinstance(arguments, str) and bool(arguments[1] > 255)
    return False


def _opaque(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image
    background = Image.new("RGBA", image.size, BACKGROUND)
    return Image.alpha_composite(background, image.convert("RGBA"))
