"""Looks at an uploaded file before anything parses it; whatever is dangerous or no workbook gets a sentence."""

import zipfile
from io import BytesIO
from os import PathLike

from backend.core.errors import DomainError

LARGEST_FILE = 10 * 1024 * 1024
LARGEST_UNPACKED = 120 * 1024 * 1024
LARGEST_STRINGS = 40 * 1024 * 1024
MOST_PARTS = 2_000
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_END_OF_ZIP = b"PK\x05\x06"
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

REFUSALS: dict[str, tuple[str, str]] = {
    "empty_file": ("文件是空的，请选填好的 Excel 文件", "The file is empty; choose the Excel file that was filled in"),
    "too_large": ("文件超过 10 MB，请分成几张表上传", "The file is over 10 MB; upload it in parts"),
    "not_excel": ("这不是 Excel 文件，请用 .xlsx 格式保存后再上传", "This is not an Excel file; save it as .xlsx and upload it again"),
    "old_xls": ("这是旧的 .xls 格式，请在 Excel 里另存为 .xlsx 再上传", "This is the old .xls format; save it as .xlsx and upload it again"),
    "password": ("文件有密码，请在 Excel 里去掉密码再上传", "The file has a password; remove it in Excel and upload it again"),
    "macros": ("文件里有宏，请另存为不带宏的 .xlsx 再上传", "The file holds macros; save it as .xlsx without macros"),
    "too_big_inside": ("文件解开后太大了，不能读。请复制到一张新表里再上传", "The file is too large when unpacked; copy the rows into a new workbook"),
    "damaged": ("文件坏了，读不出来。请在 Excel 里重新保存后再上传", "The file is damaged; save it again in Excel and upload it"),
    "no_header": ("没有找到表头，请用模板；表头至少要有：{missing}", "No header row was found; use the template. It needs at least: {missing}"),
    "missing_columns": ("表头里缺少这几列：{missing}", "The header lacks these columns: {missing}"),
    "merged_header": ("表头有合并的单元格，请取消合并，每列一个名字", "The header has merged cells; unmerge them so that each column has a name"),
    "double_column": ("表头里「{column}」出现了两次，请留一列", "The column “{column}” stands twice in the header; keep one"),
    "too_many_rows": ("超过 {most} 行，请分成几张表上传", "There are more than {most} rows; upload them in parts"),
    "too_many_columns": ("列太多了，请用模板", "There are too many columns; use the template"),
    "no_rows": ("表里没有安装单，请从表头下面一行开始填", "There is no order in the sheet; begin in the row below the header"),
}  # fmt: skip


class WorkbookRefused(DomainError):
    """The whole file cannot be used; ``reason`` is a key of REFUSALS."""

    kind = "invalid"

    def __init__(self, reason: str, **fields: object) -> None:
        super().__init__(**fields)
        self.reason = reason
        self.code = reason  # type: ignore[misc]
        self.zh, self.en = REFUSALS[reason]  # type: ignore[misc]


def load(source: bytes | str | PathLike[str]) -> bytes:
    """The bytes of a path, or bytes as they are. Raises WorkbookRefused for a file over the limit."""
    if isinstance(source, bytes):
        return source
    with open(source, "rb") as file:
        return file.read(LARGEST_FILE + 1)


def check(data: bytes) -> None:
    """Raises WorkbookRefused unless the bytes are a plain .xlsx of bearable size."""
    if not data:
        raise WorkbookRefused("empty_file")
    if len(data) > LARGEST_FILE:
        raise WorkbookRefused("too_large")
    if data.startswith(_OLE2):
        raise WorkbookRefused("password" if "EncryptedPackage".encode("utf-16-le") in data else "old_xls")
    if not data.startswith(b"PK"):
        raise WorkbookRefused("not_excel")
    if data.rfind(_END_OF_ZIP) < 0:
        raise WorkbookRefused("damaged")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _look(archive)
    except WorkbookRefused:
        raise
    except (
        Exception
    ) as exc:  # broken archives fail in many ways (zlib, struct, codecs); the user gets one sentence
        raise WorkbookRefused("damaged") from exc


def _look(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise WorkbookRefused("password")
    if "xl/workbook.xml" not in names:
        raise WorkbookRefused("not_excel")
    if any(name.lower().endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in names):
        raise WorkbookRefused("macros")
    if len(parts) > MOST_PARTS or any(part.compress_type not in _COMPRESSIONS for part in parts):
        raise WorkbookRefused("damaged")
    _measure(archive, parts)


def _measure(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    """Unpack every part into nothing, counting and checking sums: what the directory declares is not believed.

    The size is the limit, not the ratio: an honest sheet with a million formatted rows packs very well.
    """
    total = 0
    for part in parts:
        size = 0
        with archive.open(part) as stream:
            while chunk := stream.read(1 << 20):
                size += len(chunk)
                if total + size > LARGEST_UNPACKED:
                    raise WorkbookRefused("too_big_inside")
                if "sharedStrings" in part.filename and size > LARGEST_STRINGS:
                    raise WorkbookRefused("too_big_inside")
        total += size
