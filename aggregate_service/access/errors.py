"""What is answered to people and programs that may not do what they ask for."""

from aggregate_service.access.rights import Right
from service_kit.messages.message import message
from service_kit.problems import Forbidden, NotFound, Problem


class NotSignedIn(Problem):
    status = 401

    def __init__(self) -> None:
        super().__init__(
            message("not-signed-in"),
            headers={"WWW-Authenticate": "Bearer"},
        )


class WrongKey(Problem):
    status = 401

    def __init__(self) -> None:
        super().__init__(
            message("wrong-key"),
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )


class WrongPassword(Problem):
    status = 401

    def __init__(self) -> None:
        super().__init__(message("wrong-password"), headers={"WWW-Authenticate": "Bearer"})


class NotAllowed(Forbidden):
    def __init__(self, have: Right, need: Right) -> None:
        super().__init__(message("not-allowed", need=need.said, have=have.said))


class NoSuchKey(NotFound):
    def __init__(self, key_id: int) -> None:
        super().__init__(message("no-such-key", id=key_id))


class TooManyAttempts(Problem):
    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(
            message("too-many-attempts", seconds=seconds),
            headers={"Retry-After": str(seconds)},
        )
