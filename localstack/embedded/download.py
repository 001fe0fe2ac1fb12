"""Loads a file from the API, which answers with a link to it."""

from pathlib import Path

import httpx

from embedded.errors import EmbeddedError


def download(client: httpx.Client, address: str, path: Path) -> int:
    """Store the file to which `address` leads; return its size in bytes.

    Raise EmbeddedError when there is no link, or the bucket does not answer as it should.
    """
    link = client.get(address)
    if link.status_code != httpx.codes.FOUND:
        raise EmbeddedError(f"{address} answers {link.status_code}: {link.text[:500]}")
    unfinished = path.with_name(f"{path.name}.part")
    # Without our token: the link is signed itself.
    with (
        httpx.stream("GET", link.headers["Location"], timeout=60, trust_env=False) as answer,
        unfinished.open("wb") as file,
    ):
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            file.write(chunk)
    return unfinished.replace(path).stat().st_size
