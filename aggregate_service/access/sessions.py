"""Sessions of people who signed in: a signed cookie, and nothing kept here."""

from itsdangerous import BadData, URLSafeTimedSerializer

COOKIE = "image_search_session"


_SAID = "signed in"


class Sessions:
    """`secret` signs, together with `password`, the fingerprint of the one that people signed in with.

    The cookie itself says nothing of the password: nobody can try guesses on it elsewhere.
    """

    def __init__(self, secret: str, password: str, seconds: int) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt=f"session {password}")
        self.seconds = seconds

    def begin(self) -> str:
        return self._serializer.dumps(_SAID)

    def is_valid(self, cookie: str) -> bool:
        if len(cookie) > 500:
            return False
        try:
            return bool(self._serializer.loads(cookie, max_age=self.seconds) == _SAID)
        except BadData:
            return False
