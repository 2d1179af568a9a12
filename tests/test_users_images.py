"""Image files as users have them: what they are read as, and that no damage is a traceback."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from builders.refusals import refused
from lossbench.datasets.image import FORMATS, read_image
from lossbench.errors import DataError

SIDE = 20
RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (SIDE, SIDE + 4), np.uint8)
COLOUR = RNG.integers(0, 256, (SIDE, SIDE + 4, 3), np.uint8)
LOSSLESS = ("PNG", "BMP", "TIFF", "PPM", "WEBP")


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    if form == "WEBP":
        options = {"lossless": True, "exact": True} | options
    image.save(file, form, **options)
    return file.getvalue()


def read(content: bytes) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read_image(content, origin="a.png")


def refusal(content: bytes) -> str:
    text = refused(DataError, read, content)
    assert text.startswith("a.png: ")
    assert "0x" not in text, "an address in memory is of no use"
    return text


@pytest.mark.parametrize("form", LOSSLESS)
def test_colour_is_read_as_it_was_written(form):
    expected = COLOUR.transpose(2, 0, 1)
    np.testing.assert_array_equal(read(encoded(Image.fromarray(COLOUR), form)), expected)


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "PPM", "GIF"])
def test_grey_has_one_channel(form):
    found = read(encoded(Image.fromarray(GREY), form))
    if form in ("BMP", "GIF"):  # their grey is a palette, unless Pillow sees that it is grey
        found = found[:1]
    np.testing.assert_array_equal(found, GREY[None])


def test_one_bit_is_black_and_white():
    bits = GREY > 127
    np.testing.assert_array_equal(read(encoded(Image.fromarray(bits), "PNG"))[0], 255 * bits)


def blended(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Over white, rounded: the definition."""
    share = alpha.astype(float)[..., None] / 255
    return np.rint(pixels * share + 255 * (1 - share))


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("pixels", [COLOUR, 0 * COLOUR], ids=["colours", "a drawing in the alpha"])
def test_partly_transparent_colours_are_blended(form, pixels):
    image = Image.fromarray(np.dstack([pixels, GREY]))
    found = read(encoded(image, form)).transpose(1, 2, 0)
    assert np.abs(found - blended(pixels, GREY)).max() <= 1


def test_grey_with_alpha_stays_grey():
    image = Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(GREY[::-1].copy())])
    found = read(encoded(image, "PNG"))
    assert found.shape == (1, *GREY.shape)
    assert np.abs(found[0] - blended(GREY[..., None], GREY[::-1])[..., 0]).max() <= 1


def test_opaque_alpha_and_a_broken_colour_profile_change_nothing():
    image = Image.fromarray(np.dstack([COLOUR, np.full_like(GREY, 255)]))
    np.testing.assert_array_equal(read(encoded(image, "PNG")), COLOUR.transpose(2, 0, 1))
    content = encoded(Image.fromarray(COLOUR), "PNG", icc_profile=b"no profile")
    np.testing.assert_array_equal(read(content), COLOUR.transpose(2, 0, 1))


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_the_transparent_entry_of_a_palette_is_white(form):
    image = Image.new("P", GREY.shape[::-1])
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    image.putdata(list((GREY % 4).ravel()))
    found = read(encoded(image, form, transparency=2)).transpose(1, 2, 0)
    colours = np.array([[10, 20, 30], [40, 50, 60], [255, 255, 255], [100, 110, 120]])
    np.testing.assert_array_equal(found, colours[GREY % 4])


@pytest.mark.parametrize(("pixels", "key"), [(GREY, 7), (COLOUR, (1, 2, 3))])
def test_a_colour_that_counts_as_transparent_is_white(pixels, key):
    pixels = pixels.copy()
    pixels[:3] = key
    found = read(encoded(Image.fromarray(pixels), "PNG", transparency=key))
    assert (found[:, :3] == 255).all()
    kept = pixels[3:] if pixels.ndim == 3 else pixels[3:, :, None]
    changed = (found[:, 3:].transpose(1, 2, 0) != kept).any(axis=-1)
    np.testing.assert_array_equal(changed, (kept == key).all(axis=-1))


TURNED = {
    1: lambda image: image,
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.transpose(1, 0, 2),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: image[::-1, ::-1].transpose(1, 0, 2),
    8: lambda image: np.rot90(image),
}
"""Orientation of EXIF → what is to be done, by the EXIF specification's own table."""


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_images_are_turned_as_their_tag_says(form, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    found = read(encoded(Image.fromarray(COLOUR), form, exif=exif)).transpose(1, 2, 0)
    np.testing.assert_array_equal(found, TURNED[orientation](COLOUR))


def test_a_photograph_with_a_tag_is_turned():
    exif = Image.Exif()
    exif[274] = 6
    smooth = np.linspace(0, 255, SIDE * SIDE * 3).reshape(SIDE, SIDE, 3).astype(np.uint8)
    plain = read(encoded(Image.fromarray(smooth), "JPEG", quality=95))
    turned = read(encoded(Image.fromarray(smooth), "JPEG", quality=95, exif=exif))
    np.testing.assert_array_equal(turned, np.rot90(plain, -1, axes=(1, 2)))


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "TIFF", "MPO"])
def test_several_frames_are_refused(form):
    frames = [Image.fromarray(COLOUR), Image.fromarray(COLOUR[::-1].copy())]
    content = encoded(frames[0], form, save_all=True, append_images=frames[1:])
    assert "has 2 frames; allowed: one" in refusal(content)


PORTABLE = {
    "P6": encoded(Image.fromarray(COLOUR), "PPM"),
    "P5": encoded(Image.fromarray(GREY), "PPM"),
    "P4": encoded(Image.fromarray(GREY > 127), "PPM"),
    "P2": b"P2 20 20 255\n# P2\n" + b"7 " * 400,
    "P1": b"P1 20 20\n" + b"01" * 200,
    "of few greys": b"P5 20 20 9\n" + bytes(400),
}


@pytest.mark.parametrize("content", PORTABLE.values(), ids=PORTABLE)
def test_images_behind_the_first_are_refused_and_blanks_are_not(content):
    assert "goes on behind its first image; allowed: one image" in refusal(2 * content)
    np.testing.assert_array_equal(read(content + b" \n"), read(content))


def png(depth: int, kind: int, pixels: np.ndarray) -> bytes:
    """A PNG of so many bits a channel, of a kind of colour, from rows of bytes."""
    height = len(pixels)
    width = pixels.shape[1] * 8 // depth // {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


@pytest.mark.parametrize(("kind", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_sixteen_bits_are_refused_and_not_cut(kind, channels):
    rows = RNG.integers(0, 256, (SIDE, SIDE * channels * 2), np.uint8)
    text = refusal(png(16, kind, rows))
    assert "more than 8 bits a channel" in text or "mode I;16" in text
    assert read(png(8, kind, rows[:, : SIDE * channels])).shape[1:] == (SIDE, SIDE)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"P6 20 20 65535\n" + RNG.bytes(20 * 20 * 6), "more than 8 bits"),
        (b"P5 20 20 65535\n" + RNG.bytes(20 * 20 * 2), "mode I"),
        (encoded(Image.fromarray(GREY.astype(np.float32)), "TIFF"), "mode F"),
        (encoded(Image.fromarray(GREY.astype(np.uint16)), "TIFF"), "mode I;16"),
        (encoded(Image.fromarray(COLOUR).convert("CMYK"), "JPEG"), "mode CMYK"),
    ],
)
def test_other_modes_are_refused_and_not_cut(content, said):
    assert said in refusal(content)
    assert read(b"P6 20 20 255\n" + RNG.bytes(20 * 20 * 3)).shape == (3, 20, 20)


SQUARES = [(side, side) for side in (15, 225, 10_000, 14_000, 60_000)]


@pytest.mark.parametrize("sides", [(15, 20), (20, 225), *SQUARES])
def test_a_size_is_refused_before_a_pixel_is_decoded(sides):
    """Of 14,000 × 14,000 pixels of one bit, 24 MB, a few kilobytes are left when compressed."""
    header = struct.pack(">IIBBBBB", *reversed(sides), 1, 0, 0, 0, 0)
    body = b"IHDR" + header
    content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body
    content += struct.pack(">I", zlib.crc32(body)) + struct.pack(">I", 0) + b"IDAT" + bytes(4)
    text = refusal(content)
    said = "is {}×{}; allowed: sides of 16 to 224".format(*sides)
    assert said in text or "decompression bomb" in text


GIT_LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"GIF89a", b"not an image", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF", GIT_LFS],
)
def test_what_is_no_image_is_one_line(content):
    refusal(content)


def test_a_broken_chunk_is_one_line():
    content = encoded(Image.fromarray(COLOUR), "PNG")
    place = content.index(b"IDAT")
    refusal(content[:place] + b"\0\0\0\0" + content[place + 4 :])
    refusal(content[: len(content) // 2])


# Public reports on Pillow and torchvision


def test_a_palette_with_a_transparency_for_each_entry_is_blended():
    """Pillow warns that such images should be converted; torchvision shows the warning."""
    image = Image.new("P", (20, 20))
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    image.putdata([k % 3 for k in range(400)])
    found = read(encoded(image, "PNG", transparency=bytes([0, 128, 255])))
    colours = np.array([[10, 20, 30], [40, 50, 60], [70, 80, 90]])
    expected = blended(colours, np.array([0, 128, 255]))
    assert np.abs(found[:, 0, :3].T - expected).max() <= 1


def test_a_damaged_tag_and_text_that_unpacks_to_megabytes_are_refused():
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12"
    assert "Corrupt EXIF" in refusal(encoded(Image.fromarray(COLOUR), "JPEG", exif=exif))
    text = PngImagePlugin.PngInfo()
    text.add_text("k", "x" * 3_000_000, zip=True)
    content = encoded(Image.fromarray(COLOUR), "PNG", pnginfo=text)
    assert len(content) < 10_000
    assert "too large" in refusal(content)


@pytest.mark.parametrize("options", [{"progressive": True}, {"quality": 100, "subsampling": 0}])
def test_every_jpeg_that_browsers_show_is_read(options):
    content = encoded(Image.fromarray(COLOUR), "JPEG", **options)
    assert read(content + b"what some cameras append").shape == (3, *GREY.shape)


# Damage


def writable() -> list[str]:
    """The formats that Pillow can both write and open here, without those that need a plug-in."""
    Image.init()
    return sorted((set(Image.SAVE) & set(Image.OPEN)) - {"BUFR", "GRIB", "HDF5", "WMF"})


def samples(form: str) -> list[bytes]:
    """Files of a format: colour, grey, a palette, alpha, a tag, as far as it can hold them."""
    exif = Image.Exif()
    exif[274] = 6
    colour = Image.fromarray(COLOUR)
    images = [colour, Image.fromarray(GREY), colour.quantize(16), colour.convert("1")]
    images.append(Image.fromarray(np.dstack([COLOUR, GREY])))
    found: list[bytes] = []
    kept = {"ICNS": 1} | dict.fromkeys(FORMATS, len(images))
    for image in images[: kept.get(form, 4)]:
        for options in ({}, {"exif": exif})[: 2 if form in FORMATS else 1]:
            try:
                found.append(encoded(image, form, **options))
            except Exception:  # this format holds no such image
                continue
    return found


def spoilt(content: bytes, generator: np.random.Generator) -> bytes:
    """With some bytes flipped, mostly early ones, where headers are; or cut, or with a hole."""
    content = bytearray(content)
    for _ in range(int(generator.integers(1, 5))):
        early = generator.random() < 0.7
        place = int(generator.integers(min(len(content), 120) if early else len(content)))
        content[place] ^= int(generator.integers(1, 256))
    kind = generator.random()
    if kind < 0.1:
        del content[int(generator.integers(len(content))) :]
    elif kind < 0.2:
        place = int(generator.integers(len(content)))
        del content[place : place + int(generator.integers(1, 9))]
    return bytes(content)


def fuzz(form: str, each: int) -> tuple[int, int]:
    """How many of spoilt files were read and refused; anything else is raised."""
    read_ones = refused = 0
    for number, content in enumerate(samples(form)):
        generator = np.random.default_rng([number, *form.encode()])
        for _ in range(each):
            try:
                found = read(spoilt(content, generator))
            except DataError as error:
                text = str(error)
                assert text.startswith("a.png: ")
                assert text.isprintable(), text
                assert len(text) < 400
                refused += 1
            else:
                assert found.dtype == np.uint8
                assert found.shape[0] in (1, 3)
                assert all(16 <= side <= 224 for side in found.shape[1:])
                read_ones += 1
    return read_ones, refused


@pytest.mark.parametrize("form", writable())
def test_flipped_bytes_are_an_image_or_one_line(form):
    read_ones, refused = fuzz(form, 25)
    assert refused
    assert bool(read_ones) == (form in (*FORMATS, "MPO"))


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_many_flipped_bytes_are_an_image_or_one_line(form):
    read_ones, refused = fuzz(form, 3000)
    assert min(read_ones, refused) > 100
