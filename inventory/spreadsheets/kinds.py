"""What a file is, judged by its bytes. Its name is only ever repeated back to the user."""

from __future__ import annotations

from zipfile import BadZipFile, ZipFile

from .results import UnreadableFile

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
READABLE = "Save it as an Excel workbook (.xlsx) or as CSV and upload that."

_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "an RTF text document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"SQLite format 3", "a database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
_MARKUP = (
    (b"urn:schemas-microsoft-com:office:spreadsheet", "an XML spreadsheet of Excel 2003"),
    (b"<html", "a web page (HTML)"),
    (b"<!doctype", "a web page (HTML)"),
    (b"<table", "a web page (HTML)"),
    (b"<?xml", "an XML file"),
    (b"<svg", "a picture"),
)
_ZIPPED = (
    ("xl/workbook.bin", "an Excel binary workbook (.xlsb)"),
    ("Index/Document.iwa", "an Apple Numbers document"),
    ("Index.zip", "an Apple Numbers document"),
    ("word/document.xml", "a Word document"),
    ("ppt/presentation.xml", "a PowerPoint presentation"),
)


def recognise(content: bytes) -> str:
    """ "zip", "xls" or "text"; raises UnreadableFile naming what else it is."""
    if not content.strip(b"\x00 \t\r\n"):
        raise UnreadableFile("The file is empty. Fill in the counts, save it and upload it again.")
    if content.startswith(ZIP_MAGIC):
        return "zip"
    if content.startswith(OLE_MAGIC):
        return _ole_kind(content)
    _refuse(content[:16], _FOREIGN)
    opening = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if opening.startswith(b"<"):
        _refuse(opening, _MARKUP, anywhere=True)
        raise UnreadableFile(f"The file is a marked-up text, not a spreadsheet. {READABLE}")
    return "text"


def zip_kind(archive: ZipFile) -> str:
    """ "xlsx", "xlsm" or "ods" for a zip that passed the scan."""
    names = {name.replace("\\", "/") for name in archive.namelist()}
    for marker, what in _ZIPPED:
        if marker in names:
            raise UnreadableFile(f"The file is {what}, which cannot be read here. {READABLE}")
    lower = {name.lower() for name in names}
    if "[content_types].xml" in lower and any(name.endswith("workbook.xml") for name in lower):
        return "xlsm" if "xl/vbaproject.bin" in lower else "xlsx"
    if "content.xml" in names and "mimetype" in names:
        return _open_document_kind(archive)
    raise UnreadableFile(f"The file is a zip archive, not a spreadsheet. {READABLE}")


def _open_document_kind(archive: ZipFile) -> str:
    try:
        mimetype = archive.read("mimetype")
        manifest = archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in archive.namelist() else b""
    except BadZipFile as error:
        raise UnreadableFile(f"The file is damaged. {READABLE}") from error
    if b"encryption-data" in manifest:
        raise UnreadableFile("The file is password-protected. Remove the password, save it and upload it again.")
    if b"opendocument.spreadsheet" not in mimetype:
        raise UnreadableFile(f"The file is an OpenDocument file, but not a spreadsheet. {READABLE}")
    return "ods"


def _ole_kind(content: bytes) -> str:
    """Stream names stand in the directory of an OLE container as UTF-16."""

    lower = content.lower()

    def holds(stream: str) -> bool:
        return stream.lower().encode("utf-16-le") in lower

    if holds("EncryptedPackage"):
        raise UnreadableFile("The file is password-protected. Remove the password, save it and upload it again.")
    if holds("Workbook") or holds("Book"):
        return "xls"
    what = "a Word document" if holds("WordDocument") else "an old Office file, but not a workbook"
    raise UnreadableFile(f"The file is {what}. {READABLE}")


def _refuse(opening: bytes, table: tuple[tuple[bytes, str], ...], *, anywhere: bool = False) -> None:
    for marker, what in table:
        if opening.startswith(marker) or (anywhere and marker in opening):
            raise UnreadableFile(f"The file is {what}, not a spreadsheet we can read. {READABLE}")
