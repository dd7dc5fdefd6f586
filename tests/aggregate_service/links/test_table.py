"""Tables of links as people have them: every encoding, delimiter, quote and break, row by row."""

import tracemalloc
from itertools import islice
from pathlib import Path

import pytest

from aggregate_service.links.errors import NoLinks
from aggregate_service.links.table import BadRow, Link, read_links


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "links.csv"


def rows(file: Path, content: str | bytes) -> list[Link | BadRow]:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_links(file))


def links(file: Path, content: str | bytes) -> list[str]:
    """The paths of the links; all rows must be good."""
    found = rows(file, content)
    assert all(isinstance(row, Link) for row in found), found
    return [row.url.removeprefix("http://h/") for row in found if isinstance(row, Link)]


def test_all_columns(file: Path) -> None:
    text = (
        'id,URL,Title,Tags\n7,http://h/1.jpg,"A ""red"" bus, by night","bus, red;night"\n8,http://h/2.jpg,,\n'
    )
    assert rows(file, text) == [
        Link(2, "http://h/1.jpg", "7", 'A "red" bus, by night', ("bus", "red", "night")),
        Link(3, "http://h/2.jpg", "8"),
    ]


@pytest.mark.parametrize(
    "header",
    ["url", "Link", "IMAGE_URL", "image url", "Image-Url", "src", "href", "coco_url", "photo_image_url"],
)
def test_names_of_the_link_column(file: Path, header: str) -> None:
    assert links(file, f"key,{header},width\n1,http://h/1.jpg,640\n") == ["1.jpg"]


def test_url_comes_before_image(file: Path) -> None:
    assert links(file, "image,url\na.jpg,http://h/1.jpg\n") == ["1.jpg"]


@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_delimiters(file: Path, delimiter: str) -> None:
    text = delimiter.join(["id", "url", "title"]) + "\n" + delimiter.join(["1", "http://h/1.jpg", "x y"])
    assert rows(file, text) == [Link(2, "http://h/1.jpg", "1", "x y")]


def test_declared_delimiter(file: Path) -> None:
    assert links(file, "sep=;\r\nurl;title\r\nhttp://h/1.jpg;a,b,c\r\n") == ["1.jpg"]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"]
)
def test_encodings(file: Path, encoding: str) -> None:
    text = "url,title\nhttp://h/ü.jpg,Grüße\nhttp://h/2.jpg,x\n"
    expected = [Link(2, "http://h/%C3%BC.jpg", title="Grüße"), Link(3, "http://h/2.jpg", title="x")]
    assert rows(file, text.encode(encoding)) == expected


def test_utf16_with_big_endian_mark(file: Path) -> None:
    text = "\ufeffurl\nhttp://h/1.jpg\n".encode("utf-16-be")
    assert links(file, text) == ["1.jpg"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_one_column_without_header(file: Path, end: str) -> None:
    text = end.join(["http://h/1.jpg", "", "http://h/a,b;c d|e.jpg", '"http://h/3.jpg"', ""])
    assert links(file, text) == ["1.jpg", "a,b;c%20d|e.jpg", "3.jpg"]


def test_one_column_with_any_header(file: Path) -> None:
    assert links(file, "My holidays\nhttp://h/1.jpg\nhttp://h/2.jpg\n") == ["1.jpg", "2.jpg"]


BROKEN = {
    "in quotes": 'id,url\n1,"http://h/lon\ng.jpg"\n2,http://h/2.jpg\n',
    "in quotes, more columns": 'url,title\n"http://h/lon\r\n  g.jpg",x\nhttp://h/2.jpg,y\n',
    "last column": "id,url\n1,http://h/lon\ng.jpg\n2,http://h/2.jpg\n",
    "column in between": "id,url,title\n1,http://h/lon\ng.jpg,x\n2,http://h/2.jpg,y\n",
    "first column": "url,title\nhttp://h/lon\ng.jpg,x\nhttp://h/2.jpg,y\n",
    "single": "http://h/lon\ng.jpg\nhttp://h/2.jpg\n",
    "before a slash": "http://h\n/long.jpg\nhttp://h/2.jpg\n",
    "after http": "url\nhttp://\nh/long.jpg\nhttp://h/2.jpg\n",
}


@pytest.mark.parametrize("case", BROKEN)
def test_links_broken_over_two_lines(file: Path, case: str) -> None:
    assert links(file, BROKEN[case]) == ["long.jpg", "2.jpg"]


STRAY = {
    "opening, never closed": 'url,title\nhttp://h/1.jpg,"x\nhttp://h/2.jpg,y\nhttp://h/3.jpg,z\n',
    "opening, twice": 'url,title\nhttp://h/1.jpg,"x\nhttp://h/2.jpg,"y\nhttp://h/3.jpg,z\n',
    "before the link": 'url,title\n"http://h/1.jpg,x\nhttp://h/2.jpg,y\nhttp://h/3.jpg,z\n',
    "after the link": 'url,title\nhttp://h/1.jpg",x\nhttp://h/2.jpg,y\nhttp://h/3.jpg,z\n',
    "inside": 'url,title\nhttp://h/1.jpg,19" screen\nhttp://h/2.jpg,"a "b" c"\nhttp://h/3.jpg,z\n',
    "single column": '"http://h/1.jpg\n"http://h/2.jpg"\nhttp://h/3.jpg"\n',
    "at the end": 'http://h/1.jpg\nhttp://h/2.jpg\n"http://h/3.jpg',
}


@pytest.mark.parametrize("case", STRAY)
def test_stray_quotes(file: Path, case: str) -> None:
    assert links(file, STRAY[case]) == ["1.jpg", "2.jpg", "3.jpg"]


def test_a_title_of_several_lines(file: Path) -> None:
    text = 'url,title\nhttp://h/1.jpg,"two\nlines, ""quoted"""\nhttp://h/2.jpg,x\n'
    assert rows(file, text) == [
        Link(2, "http://h/1.jpg", title='two lines, "quoted"'),
        Link(4, "http://h/2.jpg", title="x"),
    ]


def test_a_link_with_the_delimiter_in_it(file: Path) -> None:
    assert links(file, "id,url\n1,http://h/a,b.jpg\n") == ["a,b.jpg"]
    assert links(file, "url,title\nhttp://h/a,b.jpg,x\nhttp://h/2.jpg,x, y\n") == ["a,b.jpg", "2.jpg"]


def test_hopeless_rows_are_named_and_the_rest_goes_on(file: Path) -> None:
    text = "id,url\n1,http://h/1.jpg\n2\n3,\n4,n/a\n5,ftp://h/5.jpg\n6,http://u:secret@h/\n7,http://h/7.jpg\n"
    found = rows(file, text)
    assert [row.row for row in found] == [2, 3, 4, 5, 6, 7, 8]
    assert [row.url for row in found if isinstance(row, Link)] == ["http://h/1.jpg", "http://h/7.jpg"]
    assert [row.detail for row in found if isinstance(row, BadRow)] == [
        "The row has only 1 of 2 columns, and none for the link.",
        "There is no link in it.",
        "“n/a” isn't a link: it must start with http:// or https://.",
        "“ftp://h/5.jpg” isn't a link: it must start with http:// or https://.",
        "http://…@h/ holds a user's name or password, which would be kept: leave it out.",
    ]


@pytest.mark.parametrize("hopeless", ["not a link", "n/a", "-", "null", "photo.jpg"])
def test_a_hopeless_row_after_a_link_isnt_its_rest(file: Path, hopeless: str) -> None:
    found = rows(file, f"http://h/1.jpg\n{hopeless}\nhttp://h/2.jpg\n")
    assert [type(row) for row in found] == [Link, BadRow, Link]


def test_duplicates(file: Path) -> None:
    found = rows(file, "http://h/1.jpg\nhttp://h/2.jpg\nHTTP://H:80/1.jpg#x\n")
    assert found[2] == BadRow(3, "The same link as row 1.")


def test_nul_characters(file: Path) -> None:
    """Which of them was meant, nobody can tell; the rows are named."""
    found = rows(
        file, "url,title\nhttp://h/1.jpg\0,\nhttp://h/\0" + "2.jpg,\nhttp://h/3.jpg,a\0b\nhttp://h/4.jpg,\n"
    )
    assert [row.row for row in found if isinstance(row, BadRow)] == [2, 3, 4]
    assert {row.detail[:28] for row in found if isinstance(row, BadRow)} == {"This row holds a zero byte o"}
    assert found[-1] == Link(5, "http://h/4.jpg")


def test_a_zero_byte_where_no_links_are(file: Path) -> None:
    with pytest.raises(NoLinks) as refused:
        rows(file, "na\0me,width\na,1\n")
    assert refused.value.detail.encode()


def test_a_row_of_20_megabytes(file: Path) -> None:
    found = rows(file, b"url\nhttp://h/1.jpg\n" + b"x" * 20_000_000 + b"\nhttp://h/2.jpg\n")
    assert found[1] == BadRow(3, "The row is longer than 65,536 characters.")
    assert found[2] == Link(4, "http://h/2.jpg")


NO_LINKS = {
    "": "The file is empty.",
    "\n \n": "The file is empty.",
    "url,title\n": "The file has a header and no rows.",
    "name,width\na,1\n": "Its first row reads: name, width. Name the column url, link, image_url, image, src",
    "17,http://h/1.jpg\n18,http://h/2.jpg": "Its first row reads: 17, http://h/1.jpg.",
    "{}\n{}\n": "The file has no column of links. Its first row reads: {}.",
}


@pytest.mark.parametrize("text", NO_LINKS)
def test_no_links(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(NoLinks) as caught:
        read_links(file)  # at once, not at the first row
    assert NO_LINKS[text] in caught.value.detail
    assert caught.value.status == 422


def test_a_picture_is_no_list(file: Path) -> None:
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100)
    with pytest.raises(NoLinks) as caught:
        read_links(file)
    assert caught.value.detail.isprintable()
    assert len(caught.value.detail) < 1200


def test_a_link_whose_second_half_holds_a_space_is_joined(file: Path) -> None:
    table = "url,title\nhttp://h/my-\nholiday picture.jpg,One\nhttp://h/2.jpg,Two\n"
    assert links(file, table) == ["my-holiday%20picture.jpg", "2.jpg"]
    lines = "url\nhttp://h/our\ntrip to the sea.png\nhttp://h/3.jpg\n"
    assert links(file, lines) == ["ourtrip%20to%20the%20sea.png", "3.jpg"]


def test_words_after_a_link_are_a_row_of_their_own(file: Path) -> None:
    file.write_text("url\nhttp://h/1.jpg\nno link here\nhttp://h/album/\nas they say\n")
    rows = list(read_links(file))
    assert [isinstance(row, BadRow) for row in rows] == [False, True, False, True]


def test_memory_is_flat(file: Path) -> None:
    with file.open("w") as out:
        out.writelines(f'{n},http://h/{n}.jpg,"title {n}"\n' for n in ["id", *range(15_000)])
    file.write_text("id,url,title\n" + file.read_text())
    found = read_links(file)
    tracemalloc.start()
    peaks = []
    for _ in range(3):
        assert sum(1 for _ in islice(found, 4_000)) == 4_000
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.reset_peak()
    tracemalloc.stop()
    assert peaks[2] - peaks[0] < 1_000_000
