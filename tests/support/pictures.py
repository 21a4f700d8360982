"""Photos as a phone's camera makes them."""

import io
import random

from PIL import ExifTags, Image


def photo(
    width: int = 640,
    height: int = 480,
    *,
    at: tuple[float, float] | None = None,
    turned: bool = False,
    seed: int = 1,
) -> bytes:
    """A JPEG with some noise, so that it has weight; ``at`` is where the camera says it was (north and east)."""
    noise = random.Random(seed).randbytes(64 * 48 * 3)
    image = Image.frombytes("RGB", (64, 48), noise).resize((width, height))
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Cheap Phone"
    if turned:
        exif[ExifTags.Base.Orientation] = 6
    if at is not None:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        for name, ref, letter, value in (
            (ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "N", at[0]),
            (ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "E", at[1]),
        ):
            gps[name] = (int(value), int(value * 60 % 60), value * 3600 % 60)
            gps[ref] = letter
    made = io.BytesIO()
    image.save(made, "JPEG", quality=95, exif=exif)
    return made.getvalue()
