"""Fetching official archives into a data folder, through `datasets`' download manager."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from vlit_hub import plugin_manager
from vlit_hub.errors import InputError, UsageError

__all__ = ["fetch"]


def fetch(name: str, data_dir: Path, *, photos: bool = False, mirror: str | None = None) -> None:
    """Fetch a builder's archives; those of annotations stay zipped, as sources read them, those of photos are unpacked.

    What is in the download cache already isn't fetched again. The data folder gets links to it.

    Args:
        name: The builder's name.
        data_dir: Where the archives are put.
        photos: Fetch the photos too (tens of gigabytes).
        mirror: A server to ask instead, by the same paths: `http://localhost:8000`.

    Raises:
        UsageError: The builder has nothing to fetch.
        InputError: An address doesn't answer.
    """
    builder = plugin_manager.get_builder(name)
    if not builder.urls and not (photos and builder.photo_urls):
        raise UsageError(f"builder {name!r} names nothing to download: fetch its files by hand, and pass --data-dir.")
    from datasets import DownloadConfig, DownloadManager

    # its own progress bars say how far it is
    manager = DownloadManager(dataset_name=name, download_config=DownloadConfig(max_retries=3))
    for url in builder.urls.values():
        _link(Path(_fetch(manager.download, url, mirror)), data_dir / Path(urlsplit(url).path).name)
    for what, url in builder.photo_urls.items() if photos else ():
        _link(Path(_fetch(manager.download_and_extract, url, mirror)), data_dir / what)


def _fetch(how: Callable[[str], str], url: str, mirror: str | None) -> str:
    address = _mirrored(url, mirror)
    try:
        return how(address)
    except (OSError, RuntimeError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(address, f"can't be fetched ({first})", "Check the network, or pass --mirror URL.") from None


def _mirrored(url: str, mirror: str | None) -> str:
    if mirror is None:
        return url
    there, asked = urlsplit(mirror), urlsplit(url)
    if there.scheme not in ("http", "https") or not there.netloc:
        raise UsageError(f"--mirror {mirror}: must be a http or https address.")
    return urlunsplit((there.scheme, there.netloc, there.path.rstrip("/") + asked.path, "", ""))


def _link(cached: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_symlink():
        target.unlink()
    if not target.exists():
        target.symlink_to(cached.resolve(), target_is_directory=cached.is_dir())
