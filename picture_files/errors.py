"""What can be wrong with a picture file; all are about the file, so all are 4xx.

UnreadablePicture        422
├── EmptyFile            422
├── DamagedPicture       422  a picture once, but not whole
├── TooManyPixels        422
├── FileTooLarge         413
└── NotAPicture          415
"""

from service_kit.problems import Problem


class UnreadablePicture(Problem):
    status = 422


class EmptyFile(UnreadablePicture):
    pass


class DamagedPicture(UnreadablePicture):
    pass


class TooManyPixels(UnreadablePicture):
    pass


class FileTooLarge(UnreadablePicture):
    status = 413


class NotAPicture(UnreadablePicture):
    status = 415
