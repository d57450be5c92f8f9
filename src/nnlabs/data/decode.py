"""An image file of any mode and depth that Pillow opens, as 8-bit red, green and blue. Imports no torch."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from nnlabs.errors import DataError

Pixels = NDArray[np.uint8]

_ORIENTATION = 0x0112  # the EXIF tag that says how the camera was held
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# The brightest values that files are made for: floats up to 1, then 8 bits, 12 (scientific cameras), 16 and 32.
_WHITES = (1.0, 255.0, 4095.0, 65535.0, 4294967295.0)


def read_square(path: Path, side: int) -> Pixels:
    """The middle square of an image: the shorter side is scaled, what the longer one has more is cut off.

    It is turned upright as its EXIF orientation says. What is transparent lies over white paper or, where nothing could be seen on
    that, over black. Gray values of more than 8 bits are scaled by the white of their kind, see `to_eight_bits`.

    Args:
        path: the file; of an animation, the first frame counts.
        side: height and width wanted, pixels.

    Returns:
        uint8, shape (side, side, 3).

    Raises:
        DataError: a file that is no readable image.
    """
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(path) as opened,
        ):
            opened.load()
            upright = _upright(opened)
            return np.array(ImageOps.fit(_to_rgb(upright), (side, side), Image.Resampling.BICUBIC))
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file; check the path") from error
    except Image.DecompressionBombError as error:
        raise DataError(f"{path} is larger than Pillow reads ({error}); make it smaller") from error
    except Exception as error:  # decoders meet damaged files with errors of every kind
        raise DataError(f"{path} cannot be read as an image ({error}); repair it or take it away") from error


def _upright(image: Image.Image) -> Image.Image:
    """The image as the camera was held; one whose EXIF data are damaged as it lies in its file."""
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # as with decoders; a broken note about a picture spoils no picture
        turn = None
    return image if turn is None else image.transpose(turn)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(to_eight_bits(np.asarray(image)))
    if image.mode == "LAB":  # Pillow converts it through color profiles only
        profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, *profiles, outputMode="RGB") or image
    if not image.has_transparency_data:
        return image.convert("RGB")
    if image.mode == "La":  # gray multiplied by its opacity: Pillow takes it back to LA only
        image = image.convert("LA")
    drawing = image.convert("RGBA")
    on_white, on_black = (
        Image.alpha_composite(Image.new("RGBA", image.size, paper), drawing).convert("RGB")
        for paper in ("white", "black")
    )
    return on_black if _blank(on_white) and not _blank(on_black) else on_white


def _blank(image: Image.Image) -> bool:
    """Whether all pixels are the same."""
    return len(image.getcolors(1) or ()) == 1


def to_eight_bits(gray: NDArray[np.generic]) -> Pixels:
    """Gray values of any depth as whole numbers from 0 to 255.

    They are divided by the least of 1 (floats only), 255, 4095, 65535 and 2³² - 1 that none exceeds: black stays black, and
    pictures of 8 bits keep their brightness relative to each other, as do those of more whose brightest values fall under the same
    of these. Values below 0 or beyond have no such white: they are
    stretched, the least to 0 and the greatest to 255.

    Args:
        gray: integers or floats, any shape; nan counts as the least value there is.

    Example:
        >>> to_eight_bits(np.array([0.0, 0.5, 1.0])), to_eight_bits(np.array([0, 32768, 65535]))
        (array([  0, 128, 255], dtype=uint8), array([  0, 128, 255], dtype=uint8))
    """
    values = gray.astype(np.float64)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    whites = _WHITES if gray.dtype.kind == "f" else _WHITES[1:]
    fitting = [white for white in whites if high <= white]
    black, white = (0.0, fitting[0]) if low >= 0 and fitting else (low, high)
    values = np.clip(np.nan_to_num(values, nan=low, posinf=high, neginf=low), low, high)
    scaled = 255 * (values - black) / ((white - black) or 1.0)
    return np.rint(scaled).astype(np.uint8)
