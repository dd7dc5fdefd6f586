"""The one password, as it is or as an Argon2 hash, compared in constant time."""

from hashlib import sha256
from hmac import compare_digest

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASH = "$argon2"
_LONGEST = 1_000


class Password:
    def __init__(self, secret: str) -> None:
        """`ValueError` for a hash that can't be one."""
        self._secret = secret
        if secret.startswith(_HASH):
            try:
                PasswordHasher().check_needs_rehash(secret)
            except InvalidHashError:
                raise ValueError(
                    "the hash isn't one of Argon2; make one with `image-search keys hash`"
                ) from None

    @property
    def fingerprint(self) -> str:
        """Sessions end when the password changes."""
        return sha256(b"session\0" + self._secret.encode()).hexdigest()

    def fits(self, offered: str) -> bool:
        """Takes a tenth of a second where the password is a hash: call it in a thread."""
        if len(offered) > _LONGEST:
            return False
        if not self._secret.startswith(_HASH):
            return same(offered, self._secret)
        try:
            return PasswordHasher().verify(self._secret, offered)
        except VerificationError:
            return False


def hashed(password: str) -> str:
    return PasswordHasher().hash(password)


def same(one: str, other: str) -> bool:
    """Takes as long whatever they have in common, length included."""
    return compare_digest(sha256(one.encode()).digest(), sha256(other.encode()).digest())
