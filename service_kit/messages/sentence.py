"""A sentence on its way between services and to programs: in English, with what it takes to translate it."""

from typing import Any, Self

from pydantic import BaseModel, Field, model_validator

from service_kit.messages.message import received


class Sentence(BaseModel):
    """`detail` is a `Message` again where name and parameters came along. Made of `members(text)`."""

    type: str = Field("about:blank", description="The stable name of what `detail` says.")
    detail: str
    parameters: dict[str, Any] = Field({}, description="What `detail` was made of, for other languages.")

    @model_validator(mode="after")
    def _with_its_name(self) -> Self:
        self.detail = received({"type": self.type, "detail": self.detail, "parameters": self.parameters})
        return self
