"""Django's fields over plain modules: vectors (`vectors.py`) and names (`names.py`)."""

import base64
import binascii
from typing import Any

from django.core import checks
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from . import vectors
from .names import canonical, folded


class VectorField(models.BinaryField):
    """A float32 vector of `dim` components; arrays in Python, bytes in the database.

    Reading gives a read-only `numpy.ndarray` of shape (dim,) or None; anything that
    `vectors.as_vector` takes can be assigned. A wrong shape, NaN or infinity raises
    `vectors.VectorError` on save and `ValidationError` in `full_clean()`.
    """

    description = _("Vector of %(dim)s float32 components")
    # The inherited values would be compared with an array, whose truth value is ambiguous.
    empty_values = ()
    empty_strings_allowed = False

    def __init__(self, *args: Any, dim: int, **kwargs: Any) -> None:
        self.dim = dim
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple:
        name, path, args, kwargs = super().deconstruct()
        kwargs["dim"] = self.dim
        return name, path, args, kwargs

    def check(self, **kwargs: Any) -> list:
        errors = super().check(**kwargs)
        if not isinstance(self.dim, int) or self.dim < 1:
            errors.append(
                checks.Error(
                    f"dim must be a positive whole number, not {self.dim!r}.",
                    obj=self,
                    id="catalog.E001",
                )
            )
        return errors

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else vectors.decode(value, self.dim)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not isinstance(value, bytes | bytearray | memoryview):
            value = vectors.encode(value, self.dim)
        elif value is not None:
            value = vectors.encode(vectors.decode(value, self.dim), self.dim)
        return super().get_db_prep_value(value, connection, prepared)

    def to_python(self, value: Any) -> Any:
        if value is None:
            return None
        try:
            if isinstance(value, str):  # from `dumpdata`
                value = base64.b64decode(value, validate=True)
            if isinstance(value, bytes | bytearray | memoryview):
                value = vectors.decode(value, self.dim)
            return vectors.as_vector(value, self.dim)
        except (vectors.VectorError, binascii.Error) as error:
            raise ValidationError(
                _("Not a vector of %(dim)s components."),
                code="invalid",
                params={"dim": self.dim},
            ) from error

    def value_to_string(self, obj: models.Model) -> str:
        value: Any = self.value_from_object(obj)
        if value is None:
            return ""
        return base64.b64encode(vectors.encode(value, self.dim)).decode("ascii")


class NameField(models.CharField):
    """A name: written and looked up in its canonical form, whoever writes or asks."""

    def deconstruct(self) -> tuple:
        # To the database it is a column of text, so migrations need not know it.
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return canonical(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return canonical(value) if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


class FoldedNameField(models.TextField):
    """What searches look through: the folded form of the name in the field `of`, kept by itself."""

    def __init__(self, *args: Any, of: str = "name", **kwargs: Any) -> None:
        self.of = of
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = folded(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, value)
        return value
