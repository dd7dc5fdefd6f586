"""What is answered to people and programs that may not do what they ask for."""

from aggregate_service.access.rights import Right
from service_kit.problems import Forbidden, NotFound, Problem


class NotSignedIn(Problem):
    status = 401

    def __init__(self) -> None:
        super().__init__(
            "Sign in on the page /sign-in, or send an API key as `Authorization: Bearer …`; "
            "`image-search keys make` makes one.",
            headers={"WWW-Authenticate": "Bearer"},
        )


class WrongKey(Problem):
    status = 401

    def __init__(self) -> None:
        super().__init__(
            "This API key isn't known: it was revoked, or copied incompletely.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )


class WrongPassword(Problem):
    status = 401

    def __init__(self) -> None:
        super().__init__("This isn't the password.", headers={"WWW-Authenticate": "Bearer"})


class NotAllowed(Forbidden):
    def __init__(self, have: Right, need: Right) -> None:
        super().__init__(f"This needs the right `{need.said}`; what you signed in with has `{have.said}`.")


class NoSuchKey(NotFound):
    def __init__(self, key_id: int) -> None:
        super().__init__(f"There is no API key with the id {key_id}.")


class TooManyAttempts(Problem):
    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"There were too many attempts to sign in. Try again in {seconds} s.",
            headers={"Retry-After": str(seconds)},
        )
