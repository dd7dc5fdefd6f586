"""What can be wrong with a request to this service; one bad picture is a row in the answer, not a failure."""

from picture_files.errors import UnreadablePicture
from service_kit.problems import NotFound, Problem, Unavailable, Unprocessable


class PictureNotEncoded(Problem):
    """The model failed on this picture alone: a fault of this service's, not of the picture's sender."""

    status = 500


class NotADataUri(UnreadablePicture):
    pass


class TooManyFiles(Unprocessable):
    pass


class TooManyTexts(Unprocessable):
    pass


class NoPictureReadable(Unprocessable):
    pass


class NoTextSide(Unprocessable):
    pass


class PictureForText(Unprocessable):
    pass


class OtherDimension(Unprocessable):
    pass


class UnusableLesson(Unprocessable):
    """Arrays that nothing can be learned from."""


class UnknownModel(NotFound):
    pass


class ModelNotHere(NotFound):
    """It is known, and can't be had as this service is set up: asking again changes nothing."""


class NotReady(Unavailable):
    pass


class NothingEncoded(Problem):
    """The model failed on all inputs of a request."""

    status = 500


class TooBusy(Problem):
    status = 429


class TooSlow(Unavailable):
    pass


class ClientGone(Problem):
    """Nobody reads this answer; the status is the log's."""

    status = 499
    title = "Client Closed Request"
