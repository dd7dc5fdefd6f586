"""A picture in the terminal: by kitty's, iTerm2's or the sixel protocol, or as coloured half blocks."""

import base64
import io
import os
import select
import sys
import termios
import tty
from collections.abc import Mapping
from shutil import get_terminal_size
from typing import Literal

import numpy as np
from PIL import Image

Protocol = Literal["kitty", "iterm2", "sixel", "blocks"]
_CHUNK = 4096  # bytes of base64 in one of kitty's commands
_SIXEL = 4  # what a terminal that draws sixels names among its attributes
_ANSWER_SECONDS = 0.2


def show_picture(picture: Image.Image) -> None:
    """Nothing where stdout isn't a terminal, or no colours are wanted."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return
    written = {"kitty": kitty, "iterm2": iterm2, "sixel": sixel, "blocks": blocks}
    sys.stdout.write(written[protocol(os.environ)](picture) + "\n")
    sys.stdout.flush()


def protocol(environment: Mapping[str, str]) -> Protocol:
    """What the terminal says of itself. A multiplexer in between passes none of the protocols on."""
    terminal = environment.get("TERM", "")
    if environment.get("TMUX") or terminal.startswith(("screen", "tmux")):
        return "blocks"
    program = environment.get("TERM_PROGRAM") or environment.get("LC_TERMINAL") or ""
    if environment.get("KITTY_WINDOW_ID") or terminal in ("xterm-kitty", "xterm-ghostty"):
        return "kitty"
    if program in ("iTerm.app", "iTerm2", "WezTerm"):
        return "iterm2"
    return "sixel" if _SIXEL in _attributes() else "blocks"


def kitty(picture: Image.Image) -> str:
    """PNG in base64, in chunks (sw.kovidgoyal.net/kitty/graphics-protocol)."""
    data = base64.b64encode(_png(picture)).decode()
    chunks = [data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK)]
    commands = []
    for place, chunk in enumerate(chunks):
        more = int(place < len(chunks) - 1)
        control = f"a=T,f=100,m={more}" if place == 0 else f"m={more}"
        commands.append(f"\x1b_G{control};{chunk}\x1b\\")
    return "".join(commands)


def iterm2(picture: Image.Image) -> str:
    """One inline file (iterm2.com/documentation-images.html)."""
    data = _png(picture)
    return f"\x1b]1337;File=inline=1;size={len(data)}:{base64.b64encode(data).decode()}\x07"


def sixel(picture: Image.Image) -> str:
    """Up to 255 colours, six rows at a time: in each band, one pass over it a colour (DEC STD 070)."""
    reduced = picture.convert("RGB").quantize(255)
    palette = np.array(reduced.getpalette(), np.int64).reshape(-1, 3) * 100 // 255
    pixels = np.asarray(reduced)
    parts = [f'\x1bPq"1;1;{reduced.width};{reduced.height}']
    parts += [f"#{n};2;{red};{green};{blue}" for n, (red, green, blue) in enumerate(palette.tolist())]
    for top in range(0, len(pixels), 6):
        parts.append(_band(pixels[top : top + 6]))
    return "".join(parts) + "\x1b\\"


def blocks(picture: Image.Image) -> str:
    """Two pixels a character: `▀` has the upper one's colour on the lower one's."""
    columns = min(get_terminal_size().columns, picture.width)
    rows = max(2, round(picture.height * columns / picture.width / 2) * 2)
    pixels = np.asarray(picture.convert("RGB").resize((columns, rows)))
    lines = []
    for upper, lower in zip(pixels[::2].tolist(), pixels[1::2].tolist(), strict=True):
        cells = [
            f"\x1b[38;2;{a};{b};{c}m\x1b[48;2;{d};{e};{f}m▀"
            for (a, b, c), (d, e, f) in zip(upper, lower, strict=True)
        ]
        lines.append("".join(cells) + "\x1b[0m")
    return "\n".join(lines)


def _band(rows: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]") -> str:
    weights = 1 << np.arange(len(rows))
    passes = []
    for colour in np.unique(rows):
        bits = ((rows == colour) * weights[:, None]).sum(axis=0)
        passes.append(f"#{colour}{_packed(bits.tolist())}")
    return "$".join(passes) + "-"


def _packed(bits: list[int]) -> str:
    """`!12?` instead of twelve times `?`."""
    packed, start = [], 0
    for place in range(1, len(bits) + 1):
        if place == len(bits) or bits[place] != bits[start]:
            count, sign = place - start, chr(63 + bits[start])
            packed.append(sign * count if count < 4 else f"!{count}{sign}")
            start = place
    return "".join(packed)


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _attributes() -> set[int]:
    """What the terminal answers to "what can you?" (DA1, `ESC [ c`); nothing when it doesn't soon."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return set()
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    answer = b""
    try:
        tty.setcbreak(keyboard)
        sys.stdout.write("\x1b[c")
        sys.stdout.flush()
        while not answer.endswith(b"c") and select.select([keyboard], [], [], _ANSWER_SECONDS)[0]:
            answer += os.read(keyboard, 64)
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
    numbers = answer.removeprefix(b"\x1b[?").removesuffix(b"c").split(b";")
    return {int(number) for number in numbers if number.isdigit()}
