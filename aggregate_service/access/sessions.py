"""Sessions of people who signed in: a signed cookie, and nothing kept here."""

from itsdangerous import BadData, URLSafeTimedSerializer

COOKIE = "image_search_session"


class Sessions:
    """`secret` signs; `password` is the fingerprint of the one that people signed in with."""

    def __init__(self, secret: str, password: str, seconds: int) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt="session")
        self._password, self.seconds = password, seconds

    def begin(self) -> str:
        return self._serializer.dumps({"password": self._password})

    def is_valid(self, cookie: str) -> bool:
        if len(cookie) > 500:
            return False
        try:
            said = self._serializer.loads(cookie, max_age=self.seconds)
        except BadData:
            return False
        return isinstance(said, dict) and said.get("password") == self._password
