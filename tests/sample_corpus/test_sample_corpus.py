"""The sample corpus: its pictures, and a ground truth that says what they show."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

import sample_corpus
from sample_corpus import ground_truth
from sample_corpus.camera import Camera
from sample_corpus.canvas import Canvas
from sample_corpus.landmarks import LANDMARKS
from sample_corpus.solids import block
from sample_corpus.views import KINDS, photograph

LABELS = ("good", "ok", "junk")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """The whole corpus, rendered once."""
    directory = tmp_path_factory.mktemp("sample")
    sample_corpus.render(directory)
    return directory


@pytest.fixture
def short_plan(monkeypatch) -> list[sample_corpus.Picture]:
    """Make `render` render five pictures: three of one landmark, two scenes."""
    few = [*sample_corpus.plan()[:3], *sample_corpus.plan()[-2:]]
    monkeypatch.setattr(sample_corpus, "plan", lambda: few)
    return few


def names(path: Path) -> list[str]:
    return path.read_text().split()


def topics(corpus: Path) -> list[str]:
    found = (corpus / "groundtruth").glob("*_query.txt")
    return sorted(path.name.removesuffix("_query.txt") for path in found)


def judged(corpus: Path, topic: str) -> dict[str, list[str]]:
    return {kind: names(corpus / "groundtruth" / f"{topic}_{kind}.txt") for kind in LABELS}


def test_a_picture_does_not_depend_on_what_was_rendered_before():
    """Catches a random generator shared between pictures, and dependence on time or hashing."""
    some = [sample_corpus.plan()[place] for place in (3, 40, 87, 160, 233)]
    forwards = [sample_corpus.encoded(sample_corpus.picture(which)[0]) for which in some]
    backwards = [sample_corpus.encoded(sample_corpus.picture(which)[0]) for which in some[::-1]]
    assert forwards == backwards[::-1]
    assert len(set(forwards)) == len(some)


def test_rendering_on_every_core_gives_the_same_bytes(corpus):
    """Catches state shared between the threads that render."""
    for which in sample_corpus.plan()[5::60]:
        alone = sample_corpus.encoded(sample_corpus.picture(which)[0])
        assert (corpus / "images" / f"{which[0]}.jpg").read_bytes() == alone


def test_another_seed_gives_other_pictures():
    """Catches a seed that is not used."""
    for which in (sample_corpus.plan()[0], sample_corpus.plan()[-1]):
        first, second = (
            sample_corpus.encoded(sample_corpus.picture(which, seed=seed)[0]) for seed in (1, 2)
        )
        assert first != second


def test_count_and_size(corpus):
    """Catches a corpus too small to rank, lost pictures, and thumbnails passed off as pictures."""
    files = sorted((corpus / "images").iterdir())
    assert [path.stem for path in files] == sorted(name for name, *_rest in sample_corpus.plan())
    assert len(files) == sample_corpus.count() >= 200
    for path in files:
        with Image.open(path) as image:
            assert (image.format, image.mode) == ("JPEG", "RGB")
            assert min(image.size) >= 480
            assert image.width * image.height >= 640 * 480


def test_enough_landmarks_and_views():
    """Catches a landmark dropped from the list, or one listed twice."""
    views = [landmark for _name, landmark, _view in sample_corpus.plan() if landmark >= 0]
    assert len({landmark.name for landmark in LANDMARKS}) == len(LANDMARKS) >= 12
    assert all(views.count(number) >= 8 for number in range(len(LANDMARKS)))


def test_pictures_are_neither_blank_nor_alike(corpus):
    """Catches a scene that was not drawn, and views that came out the same."""
    small = []
    for path in sorted((corpus / "images").iterdir()):
        with Image.open(path) as image:
            small.append(np.asarray(image.resize((16, 16)), dtype=np.float32).ravel())
    pixels = np.array(small)
    assert pixels.std(axis=1).min() > 8
    apart = np.abs(pixels[:, None] - pixels[None]).mean(axis=2) + 255 * np.eye(len(pixels))
    assert apart.min() > 1


def test_ground_truth_names_pictures_that_exist_once(corpus):
    """Catches names with extensions or folders, pictures judged twice, and stray files."""
    present = {path.stem for path in (corpus / "images").iterdir()}
    for topic in topics(corpus):
        every = [name for listed in judged(corpus, topic).values() for name in listed]
        assert set(every) <= present
        assert len(every) == len(set(every))
        landmark = topic.rsplit("_", 1)[0]
        own = {
            name
            for name, number, _view in sample_corpus.plan()
            if name.rsplit("_", 1)[0] == landmark
        }
        assert set(every) == own
    assert len(list((corpus / "groundtruth").iterdir())) == 4 * len(topics(corpus))


def test_queries_are_positives_with_a_box_inside_the_picture(corpus):
    """Catches a junk query, a box in other units or beyond the picture, and an empty box."""
    for topic in topics(corpus):
        name, *edges = names(corpus / "groundtruth" / f"{topic}_query.txt")
        x1, y1, x2, y2 = map(float, edges)
        labels = judged(corpus, topic)
        assert name in labels["good"] + labels["ok"]
        with Image.open(corpus / "images" / f"{name}.jpg") as image:
            assert 0 <= x1 < x2 <= image.width
            assert 0 <= y1 < y2 <= image.height
            assert (x2 - x1) * (y2 - y1) > 0.1 * image.width * image.height


def test_topics_of_a_landmark_share_judgements_and_differ_in_query(corpus):
    """Catches two topics that ask the same, and landmarks without topics."""
    for landmark in LANDMARKS:
        own = [topic for topic in topics(corpus) if topic.rsplit("_", 1)[0] == landmark.name]
        assert len(own) >= 2
        assert all(judged(corpus, topic) == judged(corpus, own[0]) for topic in own)
        queries = {names(corpus / "groundtruth" / f"{topic}_query.txt")[0] for topic in own}
        assert len(queries) == len(own)


def test_several_pictures_of_each_label(corpus):
    """Catches thresholds or views that leave a protocol with nothing to measure."""
    first = [judged(corpus, f"{landmark.name}_1") for landmark in LANDMARKS]
    for kind in LABELS:
        assert sum(len(labels[kind]) for labels in first) >= 5
    assert all(labels["good"] and labels["ok"] for labels in first)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(1.0, "good"), (0.75, "good"), (0.74, "ok"), (0.26, "ok"), (0.25, "junk"), (0.0, "junk")],
)
def test_labels_follow_the_visible_share(share, expected):
    """Catches limits that moved: junk is 25 % or less, as in the benchmark."""
    assert ground_truth.label(share) == expected


def test_labels_in_the_files_are_those_of_the_shares_measured(corpus):
    """Catches labels given by the kind of view instead of by what is seen."""
    for which in sample_corpus.plan()[: 2 * len(KINDS)]:
        seen = sample_corpus.picture(which)[1]
        landmark = LANDMARKS[which[1]].name
        assert seen.name in judged(corpus, f"{landmark}_1")[ground_truth.label(seen.share)]


def canvas_with_a_wall(centre: tuple[float, float]) -> Canvas:
    """A wall 2 wide and 2 high, 200 x 200 pixels, its foot's middle at the pixel `centre`."""
    camera = Camera((640, 480), distance=10, eye=0, focal=1000, centre=centre)
    canvas = Canvas(camera, Image.new("RGB", (640, 480)))
    canvas.marking = True
    block(canvas, (0, 0), (2, 2, 0.001), 0, (200, 200, 200))
    return canvas


@pytest.mark.parametrize(
    ("centre", "share"),
    [((320, 400), 1.0), ((0, 400), 0.5), ((640, 400), 0.5), ((0, 100), 0.25), ((-300, 400), 0.0)],
)
def test_share_counts_what_lies_outside_the_picture(centre, share):
    """Catches a share of the pixels in the picture only, which no crop could lower."""
    canvas = canvas_with_a_wall(centre)
    assert canvas.covered_inside() / canvas.covered() == pytest.approx(share, abs=0.03)


def test_what_stands_before_the_landmark_lowers_the_share():
    """Catches occluders that do not count, and ones that count as landmark."""
    canvas = canvas_with_a_wall((320, 400))
    whole = canvas.covered()
    canvas.marking = False
    canvas.shape(np.array([(220, 0), (320, 0), (320, 480), (220, 480)]), (0, 0, 0))
    assert canvas.covered_inside() / whole == pytest.approx(0.5, abs=0.03)


def test_box_is_the_landmarks_cut_at_the_picture():
    """Catches a box in the pixels of the larger drawing, or not cut."""
    assert canvas_with_a_wall((320, 400)).box() == pytest.approx((220, 200, 420, 400), abs=0.5)
    assert canvas_with_a_wall((0, 100)).box() == pytest.approx((0, 0, 100, 100), abs=0.5)


def test_hiding_a_landmark_lowers_its_share():
    """Catches occluders drawn in the wrong place."""
    for landmark in (LANDMARKS[0], LANDMARKS[-1]):
        shares = [
            photograph(
                landmark, replace(KINDS["front"], hidden=(part, part)), np.random.default_rng(1), 1
            ).share
            for part in (0, 0.4, 1.1)
        ]
        assert shares == sorted(shares, reverse=True)
        assert shares[0] > 0.75 > shares[2] + 0.25


def test_queries_range_from_the_clearest_to_the_hardest():
    """Catches queries on pictures that hardly show the landmark, and repeated ones."""
    box = (0.0, 0.0, 1.0, 1.0)
    pictures = [ground_truth.Seen(f"p{part}", part / 10, box) for part in range(11)]
    asked = [seen.share for seen in ground_truth.query_pictures(pictures)]
    assert asked[0] == 1.0
    assert asked[-1] == ground_truth.QUERY_SHARE
    assert len(set(asked)) == ground_truth.TOPICS


def test_query_files_are_in_the_benchmarks_format():
    """Catches another order, separator or number of decimals."""
    seen = ground_truth.Seen("mill_000001", 0.9, (136.54, 34.1, 648.5, 955.71))
    written = ground_truth.files({"mill": [seen]})
    assert written["mill_1_query.txt"] == "mill_000001 136.5 34.1 648.5 955.7\n"
    assert written["mill_1_good.txt"] == "mill_000001\n"
    assert written["mill_1_ok.txt"] == written["mill_1_junk.txt"] == ""


def test_progress_is_told_for_every_picture(tmp_path, short_plan):
    """Catches a bar that jumps, ends early, or has another total."""
    told = []
    sample_corpus.render(tmp_path, on_progress=lambda done, total: told.append((done, total)))
    assert told == [(done, len(short_plan)) for done in range(1, len(short_plan) + 1)]


def test_an_interrupted_render_is_not_complete_and_can_be_repeated(tmp_path, short_plan):
    """Catches a half-written corpus that is taken for a whole one, and truncated files."""

    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    assert not sample_corpus.is_complete(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        sample_corpus.render(tmp_path, on_progress=interrupt)
    assert not sample_corpus.is_complete(tmp_path)
    assert not list((tmp_path / "groundtruth").iterdir())
    sample_corpus.render(tmp_path)
    assert sample_corpus.is_complete(tmp_path)
    assert len(list((tmp_path / "images").glob("*.jpg"))) == len(short_plan)
    assert not list(tmp_path.rglob("*.part"))
    # A render over a complete corpus makes it incomplete until it has finished again.
    with pytest.raises(KeyboardInterrupt):
        sample_corpus.render(tmp_path, on_progress=interrupt)
    assert not sample_corpus.is_complete(tmp_path)


def test_a_corpus_of_another_seed_is_not_complete(tmp_path, short_plan):
    """Catches results of two seeds mixed up."""
    sample_corpus.render(tmp_path, seed=5)
    assert sample_corpus.is_complete(tmp_path, seed=5)
    assert not sample_corpus.is_complete(tmp_path)


def test_a_failure_is_raised_not_swallowed(tmp_path, short_plan, monkeypatch):
    """Catches an error in a thread that leaves a corpus with holes."""

    def full(path: Path, content: bytes) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(sample_corpus, "put", full)
    with pytest.raises(OSError, match="No space left"):
        sample_corpus.render(tmp_path)
    assert not sample_corpus.is_complete(tmp_path)


def test_rendering_needs_neither_django_nor_the_network_libraries():
    """Catches an import that would make the renderer slow to load or tied to the project."""
    code = (
        "import sys, sample_corpus; "
        "sys.exit(bool({'django', 'tensorflow', 'keras'} & set(sys.modules)))"
    )
    root = settings.BASE_DIR
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
