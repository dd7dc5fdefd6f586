"""Somebody who brings in pictures all the while, by every way, and notes what was accepted."""

import itertools
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx2

from tests.faults.numbered_pictures import picture

BATCH = 12
_WAYS = ("upload", "folder", "upload", "links", "again")


class BringingIn:
    """Each way in its turn. What got no answer is sent again, until it is accepted: that must be harmless.

    `again` uploads what other ways have brought in before.
    """

    def __init__(self, url: str, folder: Path, link_host: str, pause: float) -> None:
        self._url, self._folder, self._link_host, self._pause = url, folder, link_host, pause
        self._stopping = threading.Event()
        self._numbers = itertools.count()
        self.sent: set[int] = set()
        self.accepted: set[int] = set()
        self.jobs: list[str] = []
        self._thread = ThreadPoolExecutor(1)
        self._work: Future[None] = self._thread.submit(self._run)

    def stop(self) -> None:
        """Raises what went wrong, if anything did."""
        self._stopping.set()
        self._thread.shutdown()
        self._work.result()

    def _run(self) -> None:
        for way in itertools.cycle(_WAYS):
            if self._stopping.wait(self._pause):
                return
            self._bring_in(way)

    def _bring_in(self, way: str) -> None:
        if way == "again":
            numbers = sorted(self.accepted)[-2 * BATCH :: 2]
        else:
            numbers = list(itertools.islice(self._numbers, BATCH))
        self.sent |= set(numbers)
        if way == "folder":
            self._into_folder(numbers)
        elif way == "links":
            links = "".join(f"http://{self._link_host}/{number}.jpg\n" for number in numbers)
            self._post(numbers, [("files", ("links.csv", links.encode(), "text/csv"))])
        else:
            files = [("files", (f"{n}.jpg", picture(n), "image/jpeg")) for n in numbers]
            self._post(numbers, files)

    def _into_folder(self, numbers: list[int]) -> None:
        for number in numbers:
            aside = self._folder.parent / "aside"
            aside.write_bytes(picture(number))
            aside.replace(self._folder / f"{number}.jpg")
        self.accepted |= set(numbers)

    def _post(self, numbers: list[int], files: list[tuple[str, tuple[str, bytes, str]]]) -> None:
        """Until it is accepted, or the test is over."""
        while not self._stopping.is_set():
            try:
                answer = httpx2.post(f"{self._url}/images", files=files, timeout=30, trust_env=False)
            except httpx2.TransportError:
                time.sleep(0.1)
                continue
            if answer.status_code == 202:
                self.jobs.append(answer.json()["id"])
                self.accepted |= set(numbers)
                return
            assert answer.status_code in (429, 502, 503), answer.text
            time.sleep(0.1)
