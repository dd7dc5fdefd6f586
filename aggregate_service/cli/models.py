"""`image-search models`: the encoders that there are."""

from rich.text import Text

from aggregate_service.cli.options import AsJson, Server, connected
from aggregate_service.cli.output import print_json, stdout, table


def models(as_json: AsJson = False, server: Server = None) -> None:
    """The encoders: which answers, which are loaded, what each can."""
    with connected(server) as images:
        known = images.models()
    if as_json:
        print_json(known)
        return
    made = table("", "name", "dimension", "takes", "loaded", "licence", right=("dimension",))
    for model in known.models:
        made.add_row(
            "*" if model.default else "",
            Text(model.name),
            str(model.dimension),
            " and ".join(model.modalities),
            model.runtime or ("yes" if model.loaded else ""),
            model.licence,
        )
    stdout().print(made)
    stdout().print(f"* answers when none is named{f': {known.notice}' if known.notice else '.'}")
