"""Ground truth into rows: all of it or nothing, and never a label lost unseen."""

import json

import pytest

from catalog.models import Collection
from evaluation.formats.oxford import parse_files
from evaluation.formats.problems import GroundTruthError
from evaluation.formats.problems import ProblemCode as Code
from evaluation.formats.revisited import parse_json
from evaluation.importing import BenchmarkRefused, apply_import, plan_import
from evaluation.models import Benchmark, Judgement, Topic, TopicVector
from tests.evaluation.landmarks import DOOR, FILES, GATE, imported
from tests.helpers import add_image

pytestmark = pytest.mark.django_db


def plan(files, *, benchmark="landmarks", collection="places"):
    truth = parse_files({file: text.encode() for file, text in files.items()}, "test")
    return plan_import(ground_truth=truth, benchmark=benchmark, collection=collection)


def facts():
    return list(Judgement.objects.values_list("pk", "topic__name", "label", "name", "position"))


def test_rows_give_back_the_ground_truth_they_were_made_of():
    """Catches a lost box, label, topic or line order: `legacy-2021` depends on the last."""
    truth = plan(FILES).ground_truth
    benchmark = apply_import(plan=plan(FILES))
    assert Benchmark.objects.get().ground_truth() == truth
    assert benchmark.topics.get(name="door_1").box == (4, 4, 40, 40)
    assert benchmark.topics.get(name="gate_1").box is None
    assert benchmark.collection.slug == "places"


def test_the_same_files_change_nothing():
    imported(FILES)
    before = (facts(), Benchmark.objects.get().imported_at)
    again = plan(FILES)
    assert again.is_unchanged
    apply_import(plan=again)
    assert (facts(), Benchmark.objects.get().imported_at) == before


def test_a_changed_file_is_told_fact_by_fact_and_keeps_the_rows_that_stay():
    """Catches a replacement by deletion: it would lose the admin's history and query vectors."""
    imported(DOOR | GATE)
    rows = {(topic, name): pk for pk, topic, _label, name, _position in facts()}
    topic = Topic.objects.get(name="door_1")
    TopicVector.objects.create(topic=topic, model_id="m", descriptor="fc6", data=b"", sha256="")
    changed = plan(
        DOOR
        | {
            "door_1_query.txt": "door_a 4 4 40 41\n",
            "door_1_good.txt": "door_a\ndoor_b\nextra\n",
            "door_1_ok.txt": "door_ok\ndoor_far\n",
            "door_1_junk.txt": "",
        }
    )
    assert [str(difference) for difference in changed.differences] == [
        "~ door_1 query: door_a 4.0 4.0 40.0 40.0 → door_a 4.0 4.0 40.0 41.0",
        "~ door_1 label door_far: good → ok",
        "- door_1 junk door_junk",
        "+ door_1 good extra",
        "- gate_1 query gate_a",
        "- gate_1 good gate_a",
        "- gate_1 good gate_gone",
    ]
    old_hash = Benchmark.objects.get().judgements_hash
    apply_import(plan=changed)
    assert Judgement.objects.get(name="door_far").pk == rows["door_1", "door_far"]
    assert Judgement.objects.get(name="door_far").label == "ok"
    assert [topic.name for topic in Topic.objects.all()] == ["door_1"]
    assert TopicVector.objects.count() == 1
    assert Benchmark.objects.get().judgements_hash != old_hash
    assert Benchmark.objects.get().ground_truth() == changed.ground_truth


def test_another_order_of_lines_is_taken_over_without_a_question():
    """Catches the historical metric being computed from an order that no file has."""
    imported(DOOR)
    turned = plan(DOOR | {"door_1_good.txt": "door_far\ndoor_b\ndoor_a\n"})
    assert turned.reordered
    assert not turned.needs_confirmation
    apply_import(plan=turned)
    names = Benchmark.objects.get().ground_truth().topics[0].judgements["good"]
    assert names == ("door_far", "door_b", "door_a")


def test_a_plan_that_was_overtaken_is_refused():
    """Catches a confirmation of one difference being used to make another change."""
    imported(DOOR)
    stale = plan(GATE)
    imported(DOOR | GATE)
    before = facts()
    with pytest.raises(BenchmarkRefused, match="in the meantime"):
        apply_import(plan=stale)
    assert facts() == before


@pytest.mark.parametrize("box", ["4 4 40 49.5", "4 4 65.5 40"])
def test_a_box_that_ends_outside_its_picture_is_named_with_its_line(collection, box):
    """The pictures are 64 x 48. One pixel over is rounding, more is a mistake."""
    add_image(collection, "door_a")
    imported(DOOR | {"door_1_query.txt": "oxc1_door_a 4 4 65 49\n"}, name="rounding")
    with pytest.raises(GroundTruthError) as caught:
        plan(DOOR | {"door_1_query.txt": f"\noxc1_door_a {box}\n"})
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.code) == ("door_1_query.txt", 2, Code.BOX_OUTSIDE)
    assert "64 × 48" in str(problem)
    assert not Benchmark.objects.filter(name="landmarks").exists()


def test_judgements_are_tied_to_pictures_as_they_come_and_go(collection):
    """Catches a tie made once at import: pictures usually come in later."""
    imported(DOOR)
    other = Collection.objects.create(slug="other")
    add_image(other, "door_ok")  # of another collection: no tie
    judgements = Judgement.objects.all()
    assert list(judgements.missing_names()) == [
        *("door_a", "door_b", "door_far", "door_junk", "door_ok"),
    ]
    image = add_image(collection, "door_a")
    assert "door_a" not in judgements.missing_names()
    assert Topic.objects.get().image == image
    image.delete()
    assert "door_a" in judgements.missing_names()
    assert Topic.objects.get().image is None


@pytest.mark.parametrize(
    ("benchmark", "collection", "said"),
    [
        ("door step", "places", "“door step” cannot be used as a benchmark's name"),
        ("d" * 51, "places", "at most 50"),
        ("", "places", "cannot be used as a benchmark's name"),
        ("door", "../places", "cannot be a collection's short name"),
        ("landmarks", "elsewhere", "belongs to collection “places”, not “elsewhere”"),
    ],
)
def test_names_that_cannot_be_are_refused(benchmark, collection, said):
    imported(DOOR)
    with pytest.raises(BenchmarkRefused, match=said):
        plan(GATE, benchmark=benchmark, collection=collection)
    assert not Collection.objects.exclude(slug="places").exists()


def test_another_kind_of_ground_truth_does_not_replace():
    """Catches Oxford labels and revisited ones in one benchmark, which no protocol can read."""
    imported(DOOR)
    topic = {"name": "t", "image": "i", "easy": ["a"], "hard": [], "junk": []}
    truth = parse_json(json.dumps({"topics": [topic]}).encode(), "revisited.json")
    with pytest.raises(BenchmarkRefused, match="has the labels good, ok, junk"):
        plan_import(ground_truth=truth, benchmark="landmarks", collection="places")


def test_thousands_of_judgements_take_few_queries(django_assert_max_num_queries):
    """Catches a query a row: Oxford has 4,335 judgements."""
    names = "".join(f"n{number}\n" for number in range(3000))
    many = DOOR | {"door_1_junk.txt": names}
    with django_assert_max_num_queries(40):
        imported(many)
    changed = DOOR | {"door_1_junk.txt": "".join(reversed(names.splitlines(keepends=True)))}
    with django_assert_max_num_queries(80):
        imported(changed)
