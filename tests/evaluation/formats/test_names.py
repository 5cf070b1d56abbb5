"""Names that enter: one form for each, and what makes unknown ones known."""

import unicodedata

import pytest

from evaluation.formats.names import NameCheck, Remedy, Step, entering, likely_remedy, look_up

KNOWN = {"all_souls_000013", "sub/chùa", "Hertford_000001", "jpg/keble_000055"}


def test_what_looks_the_same_is_the_same():
    """Catches labels of decomposed letters, of macOS, that miss their pictures."""
    decomposed = unicodedata.normalize("NFD", "nhà thờ Đức Bà")
    assert entering(f"\ufeff {decomposed}\u3000") == "nhà thờ Đức Bà"


class TestLookUp:
    def test_counts_each_name_once_in_the_files_order(self):
        """Catches a share that depends on how often a name is ranked."""
        names = ["b", "all_souls_000013", "b", "a", *(f"x{number}" for number in range(5)), "a"]
        found = look_up(names, KNOWN)
        assert (found.total, found.unknown) == (8, 7)
        assert found.first == ("b", "a", "x0", "x1", "x2")

    @pytest.mark.parametrize(
        ("unknown", "total", "percent"),
        [
            (0, 5, 0),
            (5, 5, 100),
            (1, 3, 33.3),
            (1, 10**6, 0.1),
            (10**6 - 1, 10**6, 99.9),
            (0, 0, 0),
        ],
    )
    def test_the_share_is_never_rounded_to_all_or_nothing(self, unknown, total, percent):
        """Catches “100 %” where one name is known."""
        found = NameCheck(total, unknown)
        assert found.percent == percent
        assert found.none_known == (percent == 100)


class TestRemedy:
    @pytest.mark.parametrize(
        ("name", "steps", "known"),
        [
            ("all_souls_000013.jpg", (Step.EXTENSION,), "all_souls_000013"),
            ("all_souls_000013.JPEG", (Step.EXTENSION,), "all_souls_000013"),
            ("oxbuild/all_souls_000013", (Step.FOLDER,), "all_souls_000013"),
            ("./all_souls_000013", (Step.FOLDER,), "all_souls_000013"),
            ("C:\\oxbuild\\all_souls_000013", (Step.FOLDER,), "all_souls_000013"),
            ("/data/sub/chùa", (Step.FOLDER,), "sub/chùa"),
            ("sub\\chùa", (Step.FOLDER,), "sub/chùa"),
            ("a/b/sub/chùa.png", (Step.EXTENSION, Step.FOLDER), "sub/chùa"),
            ("oxc1_all_souls_000013", (Step.PREFIX,), "all_souls_000013"),
            ("oxc1_all_souls_000013.jpg", (Step.EXTENSION, Step.PREFIX), "all_souls_000013"),
            (
                "jpg/oxc1_all_souls_000013.jpg",
                (Step.EXTENSION, Step.FOLDER, Step.PREFIX),
                "all_souls_000013",
            ),
            ("hertford_000001", (Step.CASE,), "Hertford_000001"),
            ("SUB/CHÙA.JPG", (Step.EXTENSION, Step.CASE), "sub/chùa"),
            ("keble_000055", (Step.LACKS_FOLDER,), "jpg/keble_000055"),
            ("keble_000055.jpg", (Step.EXTENSION, Step.LACKS_FOLDER), "jpg/keble_000055"),
        ],
    )
    def test_each_kind(self, name, steps, known):
        """Catches a kind of difference that is not seen, and parts taken off without need."""
        assert likely_remedy([name], KNOWN) == Remedy(steps, name, known, 1, 1)

    def test_the_most_common_one_is_named(self):
        """Catches a remedy for one name where most need another."""
        names = ["Sub/chùa", "all_souls_000013.jpg", "sub/chùa.jpg", "nobody"]
        assert likely_remedy(names, KNOWN) == Remedy(
            (Step.EXTENSION,), "all_souls_000013.jpg", "all_souls_000013", 2, 4
        )

    @pytest.mark.parametrize("name", ["nobody", ".jpg", "/", "\\", "oxc1_", "oxc1_.jpg", "a//b"])
    def test_none_where_nothing_fits(self, name):
        """Catches advice that is a guess, and tracebacks for names that are nothing else."""
        assert likely_remedy([name], KNOWN) is None
        assert likely_remedy([name], frozenset()) is None

    def test_very_many_names_of_many_folders(self):
        """Catches work that grows with all unknown names times all folders: it would not end."""
        names = [f"{'d/' * 100}{number}.jpg" for number in range(200_000)]
        assert likely_remedy(names, {str(number) for number in range(100_000)}) is not None
