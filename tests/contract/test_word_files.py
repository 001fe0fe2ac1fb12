"""The words that functions load are those that people edit."""

from pathlib import Path

import pytest

from tests.contract.word_files import compiled, sources


@pytest.mark.parametrize("source", sources(), ids=str)
def test_the_committed_words_are_what_the_file_says(source: Path) -> None:
    written = source.with_suffix(".json")
    assert written.read_text("utf-8") == compiled(source), f"{written} is old: run make reference"
