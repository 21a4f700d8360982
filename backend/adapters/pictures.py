"""Photos made fit to be seen: decoded with limits, turned upright, without what the camera wrote, with a watermark."""

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import ExifTags, Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError
from pylopdf_fonts_zh_cn import sans_path

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 12_500_000
"""12 MP as cameras say it: 4032 × 3024 is 12.2 million."""
LONGEST_SIDE_PX = 2560
SMALL_SIDE_PX = 480
QUALITY = 82


class NotAPhoto(Exception):
    """The file cannot be shown; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Seen:
    """A picture as JPEG, whole and small, with the size of the whole one."""

    picture: bytes
    small: bytes
    width_px: int
    height_px: int


def position(path: Path) -> tuple[float, float] | None:
    """Where the camera says it was (latitude, longitude in WGS-84), or None."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            gps = image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude]) * (-1 if gps[ExifTags.GPS.GPSLatitudeRef] == "S" else 1)
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude]) * (
            -1 if gps[ExifTags.GPS.GPSLongitudeRef] == "W" else 1
        )
    except Exception:  # whatever a camera or an attacker wrote there: it is no position
        return None
    return (lat, lon) if -90 <= lat <= 90 and -180 <= lon <= 180 and (lat, lon) != (0.0, 0.0) else None


def size_px(path: Path) -> tuple[int, int] | None:
    """Width and height of a picture of ours, or None where there is none."""
    try:
        with Image.open(path, formats=("JPEG",)) as image:
            return image.size
    except OSError:
        return None


def seen(path: Path, lines: list[str]) -> Seen:
    """The photo in at most LONGEST_SIDE_PX with the lines written on it. Raises NotAPhoto."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise NotAPhoto("too_many_pixels")
            image.draft("RGB", (LONGEST_SIDE_PX, LONGEST_SIDE_PX))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX), Image.Resampling.LANCZOS)
            whole = upright.convert("RGB")
    except NotAPhoto:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError) as exc:
        raise NotAPhoto("no_picture") from exc
    except Exception as exc:  # decoders raise whatever a broken file makes them raise
        raise NotAPhoto("broken") from exc
    small = whole.copy()
    small.thumbnail((SMALL_SIDE_PX, SMALL_SIDE_PX), Image.Resampling.LANCZOS)
    _write(whole, lines)
    return Seen(_jpeg(whole), _jpeg(small), whole.width, whole.height)


def _degrees(parts: tuple[float, float, float]) -> float:
    return float(parts[0]) + float(parts[1]) / 60 + float(parts[2]) / 3600


def _write(image: Image.Image, lines: list[str]) -> None:
    """White on a dark band at the bottom, in a size that suits the picture."""
    size = max(12, min(image.size) // 36)
    font, space = _font(size), size // 2
    kept = [_fitting(font, line, image.width - 2 * space) for line in lines if line]
    height = len(kept) * (size + space // 2) + 2 * space
    band = Image.new("RGBA", (image.width, height), (0, 0, 0, 130))
    pen = ImageDraw.Draw(band)
    for index, line in enumerate(kept):
        pen.text((space, space + index * (size + space // 2)), line, font=font, fill="white")
    image.paste(band, (0, image.height - height), band)


def _fitting(font: ImageFont.FreeTypeFont, text: str, width: int) -> str:
    while len(text) > 1 and font.getlength(text) > width:
        text = text[:-2] + "…"
    return text


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(sans_path()), size)


def _jpeg(image: Image.Image) -> bytes:
    made = BytesIO()
    image.save(made, "JPEG", quality=QUALITY)
    return made.getvalue()
