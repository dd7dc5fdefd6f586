"""Why a list of links can't be read, or a link can't be downloaded; the status lives on the class.

Problem
├── NoLinks          422  the file is empty, or no column of it holds links
├── BadLink          422  what stands there isn't a link that can be downloaded
├── ForbiddenLink    403  it leads to an address or port that isn't for downloads
├── NotAPictureLink  415  it answers with something else, such as a web page
├── TooLargeAnswer   413  it sends more than a picture file may have
├── LinkFailed       502  its server can't be reached, or answers with an error
└── LinkTooSlow      504  its server takes too long
"""

from service_kit.problems import Problem, TooLarge, Unprocessable


class NoLinks(Unprocessable):
    title = "No links"


class BadLink(Unprocessable):
    title = "Not a link"


class ForbiddenLink(Problem):
    status = 403
    title = "Link not allowed"


class NotAPictureLink(Problem):
    status = 415
    title = "Not a picture"


class TooLargeAnswer(TooLarge):
    pass


class LinkFailed(Problem):
    status = 502
    title = "Download failed"


class LinkTooSlow(Problem):
    status = 504
    title = "Download too slow"
