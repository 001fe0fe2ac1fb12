"""What is written is what a second library reads."""

from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

from deskhand.spreadsheets import write
from deskhand.spreadsheets.write import CELL_UNITS, Value, cell_text, open_spreadsheet

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
HEADER = ("id", "text", "number")

# Each would be a formula, a link, an error or a number to a spreadsheet, were it not text.
HOSTILE = (
    *("=1+1", '=HYPERLINK("https://evil.example","x")', "{=1}", "+1", "-1", "@SUM(A1)"),
    *("internal:Sheet2!A1", "external:c:\\x.xlsx", "https://a.example", "mailto:a@b.example"),
    *("#N/A", "TRUE", "00123", "1e5", "2026-05-04", " edges ", "two\nlines\tand a tab", "'x"),
    *("_x0041_", "<b>&amp;</b>", "\U0001f600 ü", "x" * 32_767, "y" * 32_768, ""),
)


def file(folder: Path, rows: list[tuple[Value, ...]], name: str = "made.xlsx") -> Path:
    path = folder / name
    with open_spreadsheet(path, NOW) as book:
        book.add_table("Rows", HEADER, (8, 200, 3)).extend(rows)
        book.add_table("Empty", ("note",), (0,))
    return path


def sheet(path: Path, name: str = "Rows") -> Worksheet:
    found = load_workbook(path)[name]
    assert isinstance(found, Worksheet)
    return found


def cell(of: Worksheet, at: str) -> Cell:
    found = of[at]
    assert isinstance(found, Cell)
    return found


def test_text_is_text(tmp_path: Path) -> None:
    """F-J3."""
    rows: list[tuple[Value, ...]] = [(str(at), text, at) for at, text in enumerate(HOSTILE)]
    read = sheet(file(tmp_path, rows))
    for at, text in enumerate(HOSTILE):
        found = cell(read, f"B{at + 2}")
        # openpyxl leaves the escapes of text inside a cell as they are; Excel reads them.
        assert unescape(str(found.value or "")) == cell_text(text)
        assert found.data_type == "s"
        assert found.hyperlink is None
        assert cell(read, f"A{at + 2}").value == str(at), "an id stays text"
        assert cell(read, f"C{at + 2}").value == at


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b\x07c\x1b[0m", "abc[0m"),
        ("a\ud800b\udfffc", "abc"),
        ("a\ufffeb\uffff", "ab"),
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree\n"),
        ("z" * 40_000, "z" * 32_766 + "…"),
        ("\U0001f600" * 20_000, "\U0001f600" * 16_383 + "…"),
        ("\U0001f600" * 16_383, "\U0001f600" * 16_383),
    ],
)
def test_a_cell_holds_what_excel_can_hold(tmp_path: Path, text: str, kept: str) -> None:
    """F-J3."""
    assert cell_text(text) == kept
    assert cell(sheet(file(tmp_path, [(text, text, None)])), "B2").value == kept


@given(st.text(st.characters(), max_size=40))
def test_any_text_can_be_encoded_and_cutting_again_changes_nothing(text: str) -> None:
    found = cell_text(text)
    assert len(found.encode("utf-16-le")) <= 2 * CELL_UNITS
    assert cell_text(found) == found


def test_the_look(tmp_path: Path) -> None:
    """F-J3."""
    read = sheet(file(tmp_path, [("a", "b", 3.5), ("c", None, None)]))
    for at in ("A1", "B1", "C1"):
        found = cell(read, at)
        assert (found.font.b, found.font.sz) == (True, 14)
        assert (found.fill.fill_type, found.fill.fgColor.rgb) == ("solid", "FFFFC000")
    for at in ("A1", "B2", "C3"):
        border = cell(read, at).border
        sides = (border.left, border.right, border.top, border.bottom)
        assert {side.style for side in sides if side} == {"thin"}
    assert (cell(read, "B2").font.b, cell(read, "B2").font.sz) == (False, 14)
    assert cell(read, "B2").alignment.wrap_text
    assert (read.freeze_panes, read.auto_filter.ref) == ("A2", "A1:C3")
    widths = [read.column_dimensions[column].width for column in "ABC"]
    assert [int(width) for width in widths] == [14, 80, 14]
    assert sheet(tmp_path / "made.xlsx", "Empty").auto_filter.ref == "A1"


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    """F-J3."""
    rows: list[tuple[Value, ...]] = [(str(at), "text", at) for at in range(3_000)]
    first, second = (file(tmp_path, rows, name).read_bytes() for name in ("one.xlsx", "two.xlsx"))
    assert first == second
    with ZipFile(tmp_path / "one.xlsx") as made:
        assert b"2026-05-04T12:30:00Z" in made.read("docProps/core.xml")


@pytest.mark.parametrize("value", [True, float("nan"), float("inf"), 10**15, 12345678901234567])
def test_a_number_that_a_cell_would_change_is_text(tmp_path: Path, value: float) -> None:
    assert cell(sheet(file(tmp_path, [("", "", value)])), "C2").value == str(value)


def test_a_row_of_another_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="2 values for 3 columns"):
        file(tmp_path, [("a", "b")])


def test_a_full_sheet_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "SHEET_ROWS", 3)
    with pytest.raises(ValueError, match="no more than 3 rows"):
        file(tmp_path, [("a", "b", 1)] * 3)
