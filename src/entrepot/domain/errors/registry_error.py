"""What every error of the registry is."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(eq=False)
class RegistryError(Exception):
    """What a client can be told. `str()` of it is `text` with its fields put in: ECR's words where ECR has words."""

    text = ""

    def __str__(self) -> str:
        return self.text.format(**{field.name: getattr(self, field.name) for field in fields(self)})

    def __reduce__(self) -> tuple[type[RegistryError], tuple[object, ...]]:
        return type(self), tuple(getattr(self, field.name) for field in fields(self))
