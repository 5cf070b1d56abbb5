"""Forms of the evaluation pages."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms
from django.template.defaultfilters import floatformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.descriptors import DEFAULT
from catalog.models import Collection
from catalog.visibility import VisibleQuerySet
from search.engines import vector_aliases
from search.recipes import default_recipe, get_recipe, known_recipes

from .measures.protocols import OXFORD_PROTOCOLS, REVISITED_PROTOCOLS
from .messages import PROTOCOLS
from .models import Benchmark, EvaluationRun
from .trials.running import MOST_PICTURES, PICTURES

MOST_RELABELLED = 100
USUAL_M = 3
DEEPEST = 1000


def protocol_choices(benchmarks: Iterable[Benchmark]) -> list[tuple[Any, list[tuple[str, Any]]]]:
    """The protocols that labels of some of the benchmarks allow, under the kind of ground truth
    that each is for."""
    kinds = (
        (gettext("Labels good, ok and junk"), OXFORD_PROTOCOLS),
        (gettext("Labels easy, hard and junk"), REVISITED_PROTOCOLS),
    )
    allowed = {protocol.name for one in benchmarks for protocol in one.protocols}
    found = [
        (kind, [(one.name, PROTOCOLS[one.name][0]) for one in protocols if one.name in allowed])
        for kind, protocols in kinds
    ]
    return [(kind, choices) for kind, choices in found if choices]


def best_recipe(benchmarks: Sequence[Benchmark]) -> str:
    """Return the name of what ranks the first benchmark's collection best as far as is known."""
    benchmark = next(iter(benchmarks), None)
    if benchmark is None:
        return DEFAULT
    return default_recipe(benchmark.collection).plain.name


def engine_choices() -> list[tuple[str, str]]:
    return [(alias, alias) for alias in vector_aliases()]


def recipe_choices() -> list[tuple[str, str]]:
    return [(recipe.name, str(recipe.title)) for recipe in known_recipes()]


class SeenForm(forms.Form):
    """A form that offers its user what that user sees; `benchmarks` are among that."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = cast(VisibleQuerySet, field.queryset).visible_to(user)
        if "benchmark" not in self.fields:
            return
        found = cast(BenchmarkField, self.fields["benchmark"]).queryset
        self.benchmarks: list[Benchmark] = list(found or ())
        cast(forms.ChoiceField, self.fields["protocol"]).choices = protocol_choices(self.benchmarks)
        if "recipe" in self.fields:
            self.fields["recipe"].initial = best_recipe(self.benchmarks)


class BenchmarkField(forms.ModelChoiceField):
    """Choice of a benchmark."""

    def __init__(self, **kwargs: Any) -> None:
        benchmarks = Benchmark.objects.select_related("collection")
        super().__init__(benchmarks, label=_("Benchmark"), **kwargs)


class EvaluateForm(SeenForm):
    """What to evaluate. `asked` are the arguments of `ask_for_evaluation`."""

    QUERIES = [
        ("box", _("the box of each topic")),
        ("whole", _("the whole query picture")),
    ]

    benchmark = BenchmarkField()
    protocol = forms.ChoiceField(label=_("Protocol"))
    query = forms.ChoiceField(
        label=_("Search with"), choices=QUERIES, widget=forms.RadioSelect, initial="box"
    )
    exclude_self = forms.BooleanField(label=_("Leave out the query's own picture"), required=False)
    recipe = forms.ChoiceField(label=_("Rank by"), choices=recipe_choices, required=False)
    engine = forms.ChoiceField(
        label=_("Engine"), choices=engine_choices, initial="default", required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.benchmarks) == 1:
            only = cast(BenchmarkField, self.fields["benchmark"])
            only.empty_label = None
            only.widget.choices = only.choices
        # A question only where there is a choice.
        for name, choices in (("recipe", recipe_choices()), ("engine", engine_choices())):
            if len(choices) == 1:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        benchmark, name = cleaned.get("benchmark"), cleaned.get("protocol")
        if benchmark and name and name not in {known.name for known in benchmark.protocols}:
            choices = (str(PROTOCOLS[known.name][0]) for known in benchmark.protocols)
            text = gettext("The labels of “%(name)s” fit these protocols: %(choices)s.")
            self.add_error(
                "protocol", text % {"name": benchmark.name, "choices": ", ".join(choices)}
            )
        return cleaned

    @property
    def asked(self) -> dict[str, Any]:
        return {
            "benchmark": self.cleaned_data["benchmark"],
            "protocol": self.cleaned_data["protocol"],
            "crop": self.cleaned_data["query"] == "box",
            "exclude_self": self.cleaned_data["exclude_self"],
            "engine": self.cleaned_data.get("engine") or "default",
            "recipe": get_recipe(self.cleaned_data.get("recipe") or DEFAULT),
        }


class ReplayForm(SeenForm):
    """On what feedback is replayed."""

    benchmark = BenchmarkField(empty_label=None)
    protocol = forms.ChoiceField(label=_("Protocol"))
    recipe = forms.ChoiceField(label=_("Rank by"), choices=recipe_choices)

    @property
    def asked(self) -> dict[str, Any]:
        return {
            "benchmark": self.cleaned_data["benchmark"],
            "protocol": self.cleaned_data["protocol"],
            "recipe": get_recipe(self.cleaned_data["recipe"]),
        }


class RecipesForm(SeenForm):
    """Which question recipes are compared on; what is unknown of a recipe is not an error."""

    benchmark = BenchmarkField(empty_label=None)
    protocol = forms.ChoiceField(label=_("Protocol"))
    query = forms.ChoiceField(
        label=_("Search with"), choices=EvaluateForm.QUERIES, initial="box", required=False
    )
    exclude_self = forms.BooleanField(label=_("Leave out the query's own picture"), required=False)
    baseline = forms.CharField(label=_("Compare with"), required=False, max_length=100)
    other = forms.CharField(label=_("Show pictures of"), required=False, max_length=100)

    def offer(self, recipes: list[str]) -> None:
        """Let baseline and other be chosen among what was evaluated."""
        for name, empty in (
            ("baseline", gettext("the reference descriptor")),
            ("other", gettext("the best one")),
        ):
            choices = [("", empty), *((recipe, recipe) for recipe in recipes)]
            self.fields[name].widget = forms.Select(choices=choices)

    def clean_query(self) -> str:
        return self.cleaned_data["query"] or "box"


class RunField(forms.ModelChoiceField):
    """Choice of a run, named by what tells runs apart."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(EvaluationRun.objects.all(), empty_label=None, **kwargs)

    def label_from_instance(self, run: EvaluationRun) -> str:
        parts = [f"#{run.pk}", run.benchmark.name, str(PROTOCOLS[run.protocol][0])]
        if run.mean_ap is not None:
            parts.append(f"mAP {floatformat(run.mean_ap, 4)}")
        if run.recipe:
            parts.append(run.recipe)
        if run.system:
            parts.append(run.system)
        elif run.crop is not None:
            parts.append(gettext("box") if run.crop else gettext("whole picture"))
        return " · ".join(parts)


class CompareForm(SeenForm):
    """Two different runs."""

    first = RunField(label=_("First run"))
    second = RunField(label=_("Second run"))

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        if cleaned.get("first") and cleaned.get("first") == cleaned.get("second"):
            self.add_error("second", gettext("Choose two different runs."))
        return cleaned


class AuditForm(forms.Form):
    """How deep to look, and how many labels could be missing."""

    depth = forms.IntegerField(label=_("Look at the first … ranks"), min_value=1, max_value=DEEPEST)
    m = forms.IntegerField(
        label=_("Pictures relabelled per topic (m)"), min_value=1, max_value=MOST_RELABELLED
    )


class TrialForm(SeenForm):
    """Which collection to try all recipes on. `asked` are the arguments of `ask_for_trial`."""

    collection = forms.ModelChoiceField(
        Collection.objects.all(), label=_("Collection"), empty_label=None
    )
    pictures = forms.IntegerField(
        label=_("Pictures to try"), min_value=2, max_value=MOST_PICTURES, initial=PICTURES
    )

    @property
    def asked(self) -> dict[str, Any]:
        return dict(self.cleaned_data)
