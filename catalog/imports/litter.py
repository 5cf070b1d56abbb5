"""What lies beside photographs on real disks, told by its name alone. Pure.

Telephones, cameras, network disks, Google Takeout and programs that sync or sort pictures put these
there by themselves. They are not anybody's pictures, and not mistakes either.
"""

import posixpath
import re

# Folders that are not entered, in lower case.
FOLDERS = frozenset(
    {
        # Network disks: Synology, QNAP.
        *("@eadir", "@synoresource", "@synoeastream", "@tmp", "#recycle", "#snapshot"),
        *("@recycle", "@recently-snapshot", "@recycle bin", "@sharebin", "@transcode"),
        # Windows, Linux, macOS and its archives.
        *("$recycle.bin", "recycler", "system volume information", "found.000"),
        *("$extend", "lost+found", "__macosx", "temporary items", "network trash folder"),
    }
)
# Packages of programs: folders with an extension, full of previews.
PACKAGES = (".lrdata", ".lrlibrary", ".cocatalog", ".thumbnails")
# Files that are left out whatever they hold, in lower case.
FILES = frozenset(
    {
        *("thumbs.db", "thumbs.db:encryptable", "ehthumbs.db", "ehthumbs_vista.db"),
        *("desktop.ini", "picasa.ini", "icon\r", "zbthumbnail.info", "pspbrwse.jbf"),
        *("autprint.mrk", "thevolumesettingsfolder", "folder.htt"),
    }
)
PREFIXES = ("synofile_thumb", "synophoto_thumb", "synophoto_film", "~$", "~syncthing~")

# Extensions of what is no picture; such a file is not even opened.
NO_PICTURES = frozenset(
    {
        # Sidecars of telephones, cameras, Takeout, and of programs that develop pictures.
        *("xmp", "aae", "thm", "json", "ini", "db", "lrv", "lrf", "srt", "sub", "idx", "pp3"),
        *("dop", "on1", "cos", "cof", "cot", "comask", "nksc", "vrd", "arp", "xml", "yml", "yaml"),
        *("ctg", "ind", "bdm", "cpi", "mpl", "bdmv", "modd", "moff", "mrk", "dat", "bin", "nfo"),
        *("gpx", "kml", "kmz", "nmea", "log", "csv", "tsv", "md5", "sha1", "sha256", "sfv"),
        # Videos, those beside live photos too, and sounds.
        *("mov", "mp4", "m4v", "mp", "avi", "mkv", "webm", "wmv", "mpg", "mpeg", "mts", "m2ts"),
        *("m2t", "ts", "vob", "3gp", "3g2", "flv", "ogv", "insv", "360", "asf", "mod", "tod"),
        *("wav", "mp3", "m4a", "aac", "amr", "ogg", "oga", "opus", "flac", "wma", "aif", "aiff"),
        # Catalogues and caches.
        *("db-journal", "db-wal", "db-shm", "sqlite", "sqlite3", "lrcat", "lrcat-data"),
        *("lrtemplate", "lock", "ithmb", "plist", "bridgesort", "bc", "bct", "cache", "tmp"),
        # Transfers under way.
        *("part", "partial", "crdownload", "download", "!sync", "!ut", "filepart", "bts"),
        # Documents, archives, links.
        *("txt", "md", "rtf", "pdf", "doc", "docx", "odt", "xls", "xlsx", "ods", "ppt", "pptx"),
        *("htm", "html", "mht", "css", "js", "url", "webloc", "lnk", "desktop", "m3u", "m3u8"),
        *("zip", "rar", "7z", "tar", "gz", "tgz", "bz2", "xz", "zst", "iso", "dmg", "img"),
        *("exe", "msi", "apk", "dll", "bat", "cmd", "sh", "py"),
    }
)
# Extensions that promise a picture; whatever such a file holds, it is somebody's loss if it does
# not come in. Formats that are not read are among them.
PICTURES = frozenset(
    {
        *("jpg", "jpeg", "jpe", "jfif", "jif", "mpo", "png", "apng", "webp", "gif", "bmp", "dib"),
        *("tif", "tiff", "heic", "heif", "heics", "heifs", "hif", "avif", "avifs", "jxl", "jp2"),
        *("j2k", "jpf", "jpx", "jpm", "jxr", "wdp", "svg", "svgz", "psd", "psb", "xcf", "kra"),
        *("tga", "pcx", "ppm", "pgm", "pbm", "pnm", "pam", "exr", "hdr", "ico", "cur", "qoi"),
        *("eps", "ai", "dds", "sgi", "fits"),
    }
)
# What cameras write before it is developed. Most are TIFFs inside, with a small preview that a
# decoder would take for the picture.
RAW = frozenset(
    {
        *("3fr", "ari", "arw", "bay", "cap", "cr2", "cr3", "crw", "cs1", "dc2", "dcr", "dcs"),
        *("dng", "drf", "eip", "erf", "fff", "gpr", "iiq", "k25", "kc2", "kdc", "mdc", "mef"),
        *("mfw", "mos", "mrw", "nef", "nrw", "orf", "ori", "pef", "ptx", "pxn", "qtk", "r3d"),
        *("raf", "raw", "rdc", "rw2", "rwl", "rwz", "sr2", "srf", "srw", "sti", "x3f"),
    }
)
KIND = re.compile(r"\.[a-z0-9!_-]{1,12}")


def is_hidden(name: str) -> bool:
    return name.startswith(".")


def folder_kind(name: str) -> str:
    """Return what to call a folder that is not entered; empty for one that is."""
    lower = name.lower()
    if lower in FOLDERS:
        return name
    package = posixpath.splitext(lower)[1]
    return package if package in PACKAGES else ""


def file_kind(name: str) -> str:
    """Return what to call a file that is left out whatever it holds; empty for any other."""
    lower = name.lower()
    if lower in FILES:
        return name.strip()
    return next((prefix for prefix in PREFIXES if lower.startswith(prefix)), "")


def extension(name: str) -> str:
    return posixpath.splitext(name)[1][1:].lower()


def is_no_picture(name: str) -> bool:
    """Tell whether a file need not be opened to know that it is no picture."""
    return extension(name) in NO_PICTURES


def promises_a_picture(name: str) -> bool:
    return extension(name) in PICTURES


def is_raw(name: str) -> bool:
    return extension(name) in RAW


def kind(name: str) -> str:
    """Return the extension by which a file is counted, with its dot; empty where it has none."""
    found = posixpath.splitext(name)[1].lower()
    return found if KIND.fullmatch(found) else ""
