"""The stages of screening and what can be decided at each."""

from typing import Literal, get_args

Stage = Literal["title_abstract", "full_text"]


STAGES: tuple[str, ...] = get_args(Stage)


DECISIONS = ("include", "exclude", "maybe")
