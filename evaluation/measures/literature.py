"""What others report for Oxford5k with networks trained on ImageNet. Pure, no Django.

Figures are mean average precision in percent on the 5,063 photographs and 55 topics of the Oxford
Buildings benchmark, without training on landmarks, as the papers give them or as later papers
give them for the method; where settings differ between papers (size, dimension, cropped queries),
the span is given. None of them was measured here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reported:
    """One method: `low` to `high` in percent, equal where one figure is known.

    `recipes`: beginnings of the names of recipes here that are the same method, best known first;
    a run of one of them is what the figure is to be compared with. `source`: paper and year.
    """

    method: str
    low: float
    high: float
    recipes: tuple[str, ...]
    source: str

    @property
    def span(self) -> str:
        """The figure, or from which to which."""
        low, high = f"{self.low:g}", f"{self.high:g}"
        return low if low == high else f"{low}-{high}"


OXFORD5K = "oxford5k"

REPORTED: tuple[Reported, ...] = (
    Reported("VGG16, fc6", 45.9, 45.9, ("fc6",), "Babenko et al., Neural Codes (2014), with VGG16"),
    Reported("SPoC, VGG16", 66, 66, ("spoc-vgg16",), "Babenko & Lempitsky (2015)"),
    Reported("R-MAC, VGG16", 66, 71, ("rmac-vgg16",), "Tolias, Sicre, Jégou (2016)"),
    Reported("CroW, VGG16", 68, 68, ("crow-vgg16",), "Kalantidis, Mellina, Osindero (2016)"),
    Reported(
        "CroW, VGG16, with query expansion",
        75,
        75,
        ("crow-vgg16-qe",),
        "Kalantidis, Mellina, Osindero (2016)",
    ),
)
