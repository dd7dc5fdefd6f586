"""The contact sheet: as large as it must be, a frame for what can't be had."""

from PIL import Image

from aggregate_service.cli.contact_sheet import draw_sheet
from aggregate_service.client import ImageSearchError, SearchResult
from aggregate_service.client.answers import Problem, Result
from tests.aggregate_service.drawn import jpeg
from tests.aggregate_service.fake_service import ENCODER, hit

PAPER = (250, 250, 248)


def found(*counts: int) -> SearchResult:
    results = [Result.model_validate({"similar": [hit(n, 0.5) for n in range(count)]}) for count in counts]
    return SearchResult.model_validate(ENCODER | {"results": results})


def thumbnail(address: str) -> bytes:
    if "/1/" in address:
        raise ImageSearchError(Problem(status=404, detail="gone"))
    return b"no picture" if "/2/" in address else jpeg(3)


def test_a_row_for_each_five() -> None:
    one, six, two_queries = (
        draw_sheet(found(*counts), ["red"], thumbnail) for counts in ((1,), (6,), (3, 3))
    )
    assert one.width == six.width == two_queries.width == 872
    assert one.height < six.height < two_queries.height


def test_pictures_frames_and_captions() -> None:
    sheet = draw_sheet(found(3), ["red 赤 \n"], thumbnail)
    middle = 12 + 26 + 80
    colours = [sheet.getpixel((12 + n * 172 + 80, middle)) for n in range(4)]
    assert colours[0] not in (PAPER, colours[3])
    assert colours[1:] == [PAPER] * 3
    assert sheet.getpixel((12 + 172, middle)) != PAPER


def test_nothing_found_is_a_line_that_says_so() -> None:
    result = found(0)
    sheet = draw_sheet(result, ["red"], thumbnail)
    assert sheet.height < 60
    assert sheet.tobytes() != Image.new("RGB", sheet.size, PAPER).tobytes()
    result.results[0].problem = Problem(detail="unreadable " * 100)
    assert draw_sheet(result, [], thumbnail).size == sheet.size
