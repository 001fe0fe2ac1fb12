"""Reading files of any format and encoding, bad ones too."""

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from deskhand.spreadsheets import archive
from deskhand.spreadsheets.csv_table import delimiter_of
from deskhand.spreadsheets.read import read_table
from deskhand.spreadsheets.table import Table, Unreadable
from tests.unit.spreadsheets.workbooks import cell, ods, xlsx, zipped


def table(content: bytes, **limits: int) -> Table:
    """The table in a file."""
    return read_table(io.BytesIO(content), **limits)


def rows(content: bytes) -> list[Any]:
    """Place and values of each record; for one that cannot be read, why."""
    return [(record.place, record.fault or record.values) for record in table(content).records]


TEXT = "Number;Title\n1;T\u00fcr \u20ac\n"


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (TEXT.encode(), ""),
        (TEXT.encode("utf-8-sig"), ""),
        (TEXT.encode("utf-16"), ""),
        (TEXT.encode("utf-16-le"), "read as UTF-16-LE"),
        (TEXT.encode("utf-16-be"), "read as UTF-16-BE"),
        (TEXT.encode("cp1252"), "read as Windows-1252"),
        (gzip.compress(TEXT.encode(), mtime=0), ""),
    ],
)
def test_every_common_encoding_is_read_and_a_doubtful_one_is_said(
    content: bytes, note: str
) -> None:
    """F-J7"""
    read = table(content)
    assert read.header == ("Number", "Title")
    assert [record.values for record in read.records] == [
        {"Number": "1", "Title": "T\u00fcr \u20ac"}
    ]
    assert [note in said for said in read.notes] == ([True] if note else [])


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_second_mark_costs_no_column(codec: str) -> None:
    assert rows('\ufeff"a",b\n1,x\n'.encode(codec)) == [(2, {"a": "1", "b": "x"})]
    assert rows("\ufeffsep=;\na;b\n1;x\n".encode(codec)) == [(3, {"a": "1", "b": "x"})]


def test_a_mark_inside_the_file_stays() -> None:
    assert rows("a,b\n1,\ufeffx\n".encode()) == [(2, {"a": "1", "b": "\ufeffx"})]


def test_one_bad_byte_among_good_characters_costs_its_row() -> None:
    content = "a,b\n1,\u00fc\u00fc\u00fc\n2,".encode() + b"\xe9\n3,c\n"
    assert rows(content) == [
        (2, {"a": "1", "b": "\u00fc" * 3}),
        (3, "not UTF-8"),
        (4, {"a": "3", "b": "c"}),
    ]


def test_undefined_bytes_of_windows_do_not_end_the_reading() -> None:
    assert rows(b"a,b\n1,\xe9\x81\n") == [(2, {"a": "1", "b": "\u00e9\ufffd"})]


def test_utf_16_that_ends_within_a_character_is_named() -> None:
    assert rows("a,b\n1,c\n".encode("utf-16") + b"x")[-1][1].startswith("not UTF-16")


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_excels_line_about_the_delimiter_is_followed(line: str) -> None:
    assert rows(f"{line}\r\na,x;b\r\n1;2\r\n".encode()) == [(3, {"a,x": "1", "b": "2"})]


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        ("a,b", ","),
        ('"x;y;z",b', ","),
        ("a;b,c;d", ";"),
        ("a\tb", "\t"),
        ("a|b|c,d", "|"),
        ("a", ","),
    ],
)
def test_the_delimiter_is_counted_outside_of_quotes(header: str, delimiter: str) -> None:
    assert delimiter_of(header) == delimiter


def test_repeated_columns_become_a_list_and_cells_beyond_the_header_are_counted() -> None:
    """F-J7: Jira writes Comment and Labels several times, and rows wider than the header."""
    read = table(b"Comment,Key,Comment,Comment\na;b;c,K-1,,second,wide\n,K-2,,,\n")
    assert [record.values for record in read.records] == [
        {"Comment": ["a;b;c", "second"], "Key": "K-1"},
        {"Key": "K-2"},
    ]
    assert read.counts.wider == 1


def test_a_field_of_ten_megabytes_is_read_and_a_longer_one_costs_its_row() -> None:
    """F-J7"""
    long, longer = "x" * 10_000_000, "x" * 11_000_000
    [first, second, third] = rows(f"a,b\n1,{long}\n2,{longer}\n3,c\n".encode())
    assert len(first[1]["b"]) == 10_000_000
    assert second == (3, "not CSV: field larger than field limit (10485760)")
    assert third == (4, {"a": "3", "b": "c"})


def test_lines_inside_quotes_and_blank_lines_keep_the_places_right() -> None:
    assert rows(b'\n\na,b\n1,"x\ny"\n\n2,z\n') == [
        (4, {"a": "1", "b": "x\ny"}),
        (7, {"a": "2", "b": "z"}),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no rows"), (b"\n\n", "no rows"), 
        (b"\x02,\x01\n", "names no columns"), (b'"a\n', "line 1: not CSV"),
        (b"," * 20_000 + b"a\n", "more than 16,384 columns"),
        (b"\x1f\x8b\x08 broken", "damaged gzip"),
        (b"PK\x03\x04 broken", "damaged zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken", "cannot be read"),
        (zipped({"a.txt": b"a"}), "no spreadsheet"),
        (zipped({"xl/workbook.bin": b"a"}), "XLSB files are not read"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_is_named(content: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        table(content)


def test_a_wrong_dimension_is_ignored() -> None:
    """F-J7"""
    lines = [
        f'<row r="{n}">{cell(f"A{n}", f"a{n}")}{cell(f"B{n}", "b")}</row>' for n in range(1, 5)
    ]
    read = table(xlsx("".join(lines), dimension="A1:A1"))
    assert read.header == ("a1", "b")
    assert [record.values["a1"] for record in read.records] == ["a2", "a3", "a4"]


def test_numbers_dates_and_blanks_of_a_spreadsheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Tickets"
    sheet.append([None, None])
    sheet.append(["#", "Title", "Created at", "Hours", "Done"])
    sheet.append([4711.0, "=1+1", datetime(2026, 5, 1, 8, 30), 1.5, True])
    book.create_sheet("Other").append(["x"])
    book.save(tmp_path / "a.xlsx")
    read = table((tmp_path / "a.xlsx").read_bytes())
    assert (read.form, read.unit, read.notes) == (
        "xlsx",
        "row",
        ("only the sheet 'Tickets' was read",),
    )
    [record] = read.records
    assert record.place == 3
    assert record.values == {
        "#": "4711", "Created at": datetime(2026, 5, 1, 8, 30), "Hours": "1.5", "Done": "true",
    }  # fmt: skip


def test_the_first_visible_sheet_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.append(["hidden"])
    hidden.sheet_state = "hidden"
    book.create_sheet("Empty")
    book.create_sheet("Shown").append(["id"])
    book.save(tmp_path / "a.xlsx")
    assert table((tmp_path / "a.xlsx").read_bytes()).header == ("id",)


def test_open_documents_are_read() -> None:
    filled = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    row = "<table:table-row>{}{}</table:table-row>"
    blank = '<table:table-row table:number-rows-repeated="1048576"><table:table-cell/>'
    content = ods(
        row.format(filled.format("id"), filled.format("title"))
        + row.format(filled.format("1"), filled.format("VPN"))
        + f"{blank}</table:table-row>"
    )
    assert table(content).form == "ods"
    assert rows(content) == [(2, {"id": "1", "title": "VPN"})]


def test_json_lines_and_arrays_are_tables_too() -> None:
    first, second = b'{"id": 1.0, "title": "a", "n": null}', b'{"id": 2, "tags": ["x", 1, {}]}'
    lines = b"\xef\xbb\xbf" + b"\n".join([first, b"", b"[]", second, b"x", b""])
    read = table(lines)
    assert (read.form, read.unit, read.header) == ("json", "line", ("id", "title", "tags"))
    assert [record.fault or record.values for record in read.records] == [
        {"id": "1", "title": "a"},
        "not a JSON object",
        {"id": "2", "tags": ["x", "1"]},
        "not JSON: Expecting value at character 0",
    ]
    array = table(b' [{"id": true, "nested": {"a": 1}, "big": 1e400}, 7]')
    assert (array.unit, array.header) == ("element", ("id",))
    assert [record.place for record in array.records] == [1, 2]
    with pytest.raises(Unreadable, match="not a JSON array"):
        table(b"[1,")
    with pytest.raises(Unreadable, match="no object has a member"):
        table(b"[]")


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    """F-J7"""
    bomb = {"xl/media/a.bin": b"\0" * 30_000_000}
    with pytest.raises(Unreadable, match="100 times its size"):
        table(xlsx("", extra=bomb))
    with pytest.raises(Unreadable, match="more than 5 MiB"):
        table(gzip.compress(b"\0" * 30_000_000), most=5 * 1024 * 1024)
    with pytest.raises(Unreadable, match="more than 0 MiB"):
        table(xlsx(""), most=100)
    with pytest.raises(Unreadable, match="more than 1,000 parts"):
        table(xlsx("", extra={f"a{n}": b"" for n in range(1_001)}))


def test_an_encrypted_part_is_refused() -> None:
    content = bytearray(xlsx(""))
    flags = content.index(b"PK\x01\x02") + 8
    content[flags] |= 1
    with pytest.raises(Unreadable, match="encrypted"):
        table(bytes(content))


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_cell_far_away_is_refused_before_a_rectangle_is_made(quote: str) -> None:
    """A sheet of two cells that spans 17 billion ends the process in calamine."""
    far = cell("XFD1048576", "x").replace('"', quote)
    near = f'<row r="1">{cell("A1", "id")}</row>'
    with pytest.raises(Unreadable, match="spans more than 5,000,000 cells"):
        table(xlsx(f'{near}<row r="1048576">{far}</row>'))
    filled = '<table:table-cell office:value-type="string" table:number-columns-repeated="16384">'
    with pytest.raises(Unreadable, match="spans more than"):
        table(
            ods(
                '<table:table-row table:number-rows-repeated="1048576">'
                f"{filled}<text:p>x</text:p></table:table-cell></table:table-row>"
            )
        )


def test_a_place_is_found_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_BLOCK", 7)
    with pytest.raises(Unreadable, match="spans more than"):
        table(xlsx(f'<row r="1">{cell("XFD999999", "id")}</row>'))


def test_what_was_written_safely_is_read_back_as_text(tmp_path: Path) -> None:
    """F-J3 F-J7: formulas and links of texts stay texts on the way out and in."""
    from deskhand.spreadsheets.write import open_spreadsheet

    texts = ["=HYPERLINK(1)", "{=1}", "+1", "-1", "@x", "internal:a", "http://a.example"]
    with open_spreadsheet(tmp_path / "a.xlsx", datetime.now(UTC)) as book:
        book.add_table("S", ["text"], [20]).extend([text] for text in texts)
    read = table((tmp_path / "a.xlsx").read_bytes())
    assert [record.values["text"] for record in read.records] == texts
