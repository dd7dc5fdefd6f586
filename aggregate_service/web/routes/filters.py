"""The filters of a question, the same in a list, a search and a deletion: in an address or in a form."""

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Annotated, Any

from fastapi import Depends, Form, Query

from aggregate_service.catalogue.filters import PictureFilter
from aggregate_service.filter_fields import FIELDS, FilterField

_MISSING = "Those whose files are gone or out of reach, and no others."


def _reader(source: Callable[..., Any], *more: Parameter) -> Callable[..., PictureFilter]:
    """A dependency that takes one parameter for each filter; FastAPI learns of them from its signature."""

    def read(**given: Any) -> PictureFilter:
        return PictureFilter.of(given.pop("label"), **given)

    named = [_parameter(field, source) for field in FIELDS]
    read.__signature__ = Signature([*named, *more])  # type: ignore[attr-defined]
    return read


def _parameter(field: FilterField, source: Callable[..., Any]) -> Parameter:
    about = source(description=field.says, examples=[[field.example] if field.several else field.example])
    type_: Any = Annotated[list[str] if field.several else str | None, about]
    default: Any = [] if field.several else None
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=type_)


_HIDDEN = Parameter(
    "missing", Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, Query(description=_MISSING)]
)
Filter = Annotated[PictureFilter, Depends(_reader(Query, _HIDDEN))]
FilterInForm = Annotated[PictureFilter, Depends(_reader(Form))]
