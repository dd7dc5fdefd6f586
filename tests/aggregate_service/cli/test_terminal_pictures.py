"""Pictures in a terminal: which protocol, and that each one's bytes decode to the picture."""

import base64
import io
import re

import pytest
from PIL import Image

from aggregate_service.cli.terminal_pictures import blocks, iterm2, kitty, protocol, show_picture, sixel


def stripes() -> Image.Image:
    """Red above, blue below, 20 × 14."""
    picture = Image.new("RGB", (20, 14), (255, 0, 0))
    picture.paste((0, 0, 255), (0, 7, 20, 14))
    return picture


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "iterm2"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}, "blocks"),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/x"}, "blocks"),
        ({"TERM": "xterm-256color"}, "blocks"),
        ({}, "blocks"),
    ],
)
def test_the_terminal_says_what_it_can(environment: dict[str, str], expected: str) -> None:
    assert protocol(environment) == expected


def test_kitty_in_chunks() -> None:
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    commands = re.findall(r"\x1b_G(.*?);(.*?)\x1b\\", kitty(noise))
    assert len(commands) > 2
    assert commands[0][0] == "a=T,f=100,m=1"
    assert [control for control, _ in commands[1:]] == ["m=1"] * (len(commands) - 2) + ["m=0"]
    assert all(len(data) <= 4096 for _, data in commands)
    same_as(noise, base64.b64decode("".join(data for _, data in commands)))


def test_iterm2() -> None:
    found = re.fullmatch(r"\x1b\]1337;File=inline=1;size=(\d+):(.*)\x07", iterm2(stripes()))
    assert found
    data = base64.b64decode(found[2])
    assert len(data) == int(found[1])
    same_as(stripes(), data)


def test_sixel() -> None:
    written = sixel(stripes())
    assert written.startswith('\x1bPq"1;1;20;14')
    assert written.endswith("\x1b\\")
    pixels = decoded_sixel(written)
    assert (len(pixels), {len(row) for row in pixels}) == (14, {20})
    assert [set(row) for row in pixels] == [{(100, 0, 0)}] * 7 + [{(0, 0, 100)}] * 7


def test_half_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    lines = blocks(stripes()).splitlines()
    assert 3 <= len(lines) <= 4
    assert all(line.count("▀") == 10 and line.endswith("\x1b[0m") for line in lines)
    assert lines[0].startswith("\x1b[38;2;255;0;0m\x1b[48;2;")


def test_nothing_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_picture(stripes())
    assert capsys.readouterr().out == ""


def same_as(picture: Image.Image, data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.convert("RGB").tobytes() == picture.tobytes()


def decoded_sixel(written: str) -> list[list[tuple[int, ...]]]:
    """Rows of colours in percent; what nothing drew is black."""
    size = re.search(r'"1;1;(\d+);(\d+)', written)
    assert size
    width, height = int(size[1]), int(size[2])
    palette = {
        int(number): tuple(map(int, colour.split(";")))
        for number, colour in re.findall(r"#(\d+);2;(\d+;\d+;\d+)", written)
    }
    body = re.sub(r"#\d+;2;\d+;\d+;\d+", "", written.split(f"{width};{height}", 1)[1])[:-2]
    rows: list[list[tuple[int, ...]]] = [[(0, 0, 0)] * width for _ in range(height + 6)]
    top, column, colour = 0, 0, 0
    for token in re.findall(r"#\d+|!\d+.|[$-]|[?-~]", body):
        if token[0] == "#" and token[1:].isdigit():
            colour = int(token[1:])
        elif token == "$":
            column = 0
        elif token == "-":
            top, column = top + 6, 0
        else:
            count, sign = (int(token[1:-1]), token[-1]) if token[0] == "!" else (1, token)
            for bit in range(6):
                if (ord(sign) - 63) >> bit & 1:
                    rows[top + bit][column : column + count] = [palette[colour]] * count
            column += count
    return rows[:height]
