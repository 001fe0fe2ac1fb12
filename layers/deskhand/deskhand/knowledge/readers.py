"""Who may read an article: those who work on tickets, or customers too."""

from typing import Literal

type Readers = Literal["staff", "everyone"]
