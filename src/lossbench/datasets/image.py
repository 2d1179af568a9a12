"""Images as arrays: which files are read, and as what. `config/README.md` states it.

Pillow is lenient: it drops an alpha channel, the low byte of 16 bits and all frames but the first,
and it ignores an orientation tag. Here each of these is settled or refused. Images are resized and
recoloured where the study says so, and nowhere else.
"""

import io
import re
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from lossbench.datasets.prepared import UInt8
from lossbench.errors import DataError, one_line
from lossbench.study.data import AS_IS, Reading

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF", "PPM")
"""Told by a file's content, whatever its name; other decoders of Pillow are never called."""
MODES = {"1": "L", "L": "L", "LA": "L", "P": "RGB", "PA": "RGB", "RGB": "RGB", "RGBA": "RGB"}
"""What an image's mode is read as: grey or colour. A palette is colour."""
BACKGROUND = (255, 255, 255, 255)
"""White, on which viewers show transparent images."""
SIDES = range(16, 225)
"""Allowed heights and widths: below, LeNet has no pixel left; above, memory fills up."""


def read_image(content: bytes, reading: Reading = AS_IS, *, origin: str) -> UInt8:
    """The image in a file: (1, H, W) where it is grey, else (3, H, W), upright and opaque.

    Raises DataError: the file is damaged or of another format, mode, depth or size than allowed,
    or it has several frames.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow warns of damage that it reads over
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _check(image, reading, origin)
                upright = ImageOps.exif_transpose(image)
                return _pixels(_opaque(upright).convert(MODES[image.mode]), reading)
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise DataError(f"{origin}: is no image of the formats {', '.join(FORMATS)}") from error
    except Exception as error:  # a damaged file can raise nearly anything
        raise DataError(f"{origin}: is not a readable image ({one_line(error)})") from error


def read_arrays(images: UInt8, reading: Reading, *, origin: str) -> UInt8:
    """Images (N, C, H, W) of one or three channels, as the study says.

    Raises DataError: a side is too short or too long.
    """
    height, width = images.shape[2:]
    check_sides(height, width, reading, origin=origin)
    if reading.size is None and reading.colour is None:
        return images
    plain = images[:, 0] if images.shape[1] == 1 else images.transpose(0, 2, 3, 1)
    return np.stack([_pixels(Image.fromarray(image), reading) for image in plain])


def check_sides(height: int, width: int, reading: Reading, *, origin: str) -> None:
    """Raises DataError: a side is too short or too long, and stays so."""
    if reading.size is None and (height not in SIDES or width not in SIDES):
        raise DataError(
            f"{origin}: is {height}×{width}; allowed: sides of {SIDES[0]} to {SIDES[-1]} pixels,"
            " or others with `size`"
        )


def check_alike(images: Mapping[str, UInt8], example: tuple[str, UInt8]) -> None:
    """Raises DataError: an image, by its file, has another shape (C, H, W) than the example."""
    allowed = example[1].shape
    for path, image in images.items():
        if image.shape != allowed:
            raise DataError(
                f"{path}: is {size_and_colour(image.shape)};"
                f" allowed: {size_and_colour(allowed)}, as {example[0]}; `size` and `colour` make"
                " images alike"
            )


def size_and_colour(shape: tuple[int, ...]) -> str:
    """A shape (C, H, W) in words, such as `28×28 grey`."""
    channels, height, width = shape
    return f"{height}×{width} {'grey' if channels == 1 else 'colour'}"


def _pixels(image: Image.Image, reading: Reading) -> UInt8:
    """(C, H, W): of the wanted colours, fitted into the wanted square, the longer side cropped."""
    if reading.colour is not None:
        image = image.convert("L" if reading.colour == "grey" else "RGB")
    if reading.size is not None:
        image = ImageOps.fit(image, (reading.size, reading.size), Image.Resampling.BILINEAR)
    pixels = np.asarray(image, np.uint8)
    return pixels[None] if pixels.ndim == 2 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def _check(image: Any, reading: Reading, origin: str) -> None:
    """By the file's header, before a pixel is decoded."""
    check_sides(image.height, image.width, reading, origin=origin)
    if image.mode not in MODES:
        raise DataError(f"{origin}: mode {image.mode}; allowed: {', '.join(MODES)}")
    if _is_deep(image):
        raise DataError(f"{origin}: has more than 8 bits a channel; allowed: at most 8")
    if (frames := getattr(image, "n_frames", 1)) > 1:
        raise DataError(f"{origin}: has {frames} frames; allowed: one")
    if image.format == "PPM" and _goes_on(image):
        raise DataError(f"{origin}: goes on behind its first image; allowed: one image")


def _goes_on(image: Any) -> bool:
    """Whether more than blanks follow the image in a PPM file, as a further image does."""
    decoder, _, start, _ = image.tile[0]
    image.fp.seek(start)
    content = image.fp.read()
    if decoder == "ppm_plain":  # numbers as text, among which no magic number can stand
        return b"P" in re.sub(rb"#[^\r\n]*", b"", content)
    bits = 1 if image.mode == "1" else 8 * len(image.getbands())
    return bool(content[(image.width * bits + 7) // 8 * image.height :].strip())


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
