"""A collection compared with itself by vectors: pairs, groups, distances, and bounds of memory."""

import numpy as np
import pytest

from catalog.descriptors import DescriptorError, get_descriptor
from catalog.models import Collection, ImageVector
from catalog.vectorstore import Version, vectors_of
from search.duplicates import scanning
from search.duplicates.grouping import grouped, members
from search.duplicates.pairs import NearestPairs, usual_distance
from search.duplicates.scanning import recipe_for, scan
from search.engines import reset_engines
from search.recipes import get_recipe
from tests.helpers import add_image
from tests.search.proven import COLOURS

ONE = 1.0


class TestGrouping:
    def test_what_hangs_together_by_others_is_one_group_the_largest_first(self):
        pairs = [(1, 2), (3, 4), (5, 6), (4, 5), (6, 3)]
        assert grouped(pairs) == [[(3, 4), (5, 6), (4, 5), (6, 3)], [(1, 2)]]
        assert members(grouped(pairs)[0]) == [3, 4, 5, 6]

    def test_size_is_the_number_of_pictures_not_of_pairs(self):
        # Catches three pictures in three pairs before four in a chain of three.
        triangle, chain = [(1, 2), (2, 3), (1, 3)], [(4, 5), (5, 6), (6, 7)]
        assert grouped(triangle + chain) == [chain, triangle]

    def test_a_chain_of_any_length_is_followed(self):
        # Catches a recursion, and time by the square of the length.
        chain = [(number, number + 1) for number in range(100_000)]
        assert len(members(grouped(chain)[0])) == 100_001


class TestPairs:
    def test_each_pair_is_kept_once_and_nothing_with_itself(self):
        pairs = NearestPairs(10)
        others = np.array([[7, 9], [9, 7]])
        distances = np.array([[0, 0.2], [0.1, 0.2]], np.float32)
        pairs.add(np.array([7, 9]), others, distances, ONE)
        assert pairs.in_order().within(ONE) == {(7, 9): pytest.approx(0.2)}

    def test_the_nearest_are_kept_where_there_are_too_many(self):
        pairs = NearestPairs(3)
        for start in range(0, 40, 10):
            own = np.arange(start, start + 10)
            distances = ((own * 7) % 40 / 40).astype(np.float32)[:, None]
            pairs.add(own, own[:, None] + 1000, distances, ONE)
        kept = pairs.in_order()
        assert kept.distances.tolist() == pytest.approx([0, 1 / 40, 2 / 40])
        again = NearestPairs.from_bytes(*kept.as_bytes())
        assert again.within(ONE) == kept.within(ONE)

    def test_the_usual_distance_hardly_moves_with_copies(self):
        rows = np.random.default_rng(0).normal(size=(300, 32)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        usual = usual_distance(rows)
        assert usual == pytest.approx(2**0.5, abs=0.02)
        assert usual_distance(np.concatenate([rows, rows])) == pytest.approx(usual, abs=0.01)
        assert usual_distance(rows[:1]) == 0


@pytest.mark.django_db
class TestScan:
    @pytest.fixture
    def images(self, collection, monkeypatch):
        """30 pictures in blocks of 8: number 20 is nearly 3, and 21 nearly 20."""
        reset_engines()
        monkeypatch.setattr(scanning, "IMAGES_AT_A_TIME", 8)
        descriptor = get_descriptor(COLOURS)
        rows = np.random.default_rng(1).normal(size=(30, descriptor.dim)).astype(np.float32)
        rows[20], rows[21] = rows[3] + 0.01 * rows[0], rows[3] + 0.02 * rows[1]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        images = [add_image(collection, f"p{number:02}") for number in range(30)]
        versions = [
            (Version(image.pk, image.sha256), row) for image, row in zip(images, rows, strict=True)
        ]
        vectors_of(COLOURS).write(versions, model_id=descriptor.model_id, dim=descriptor.dim)
        return images

    def found(self, collection, **options):
        return scan(collection=collection, recipe=get_recipe(COLOURS), **options)

    def test_near_pairs_are_found_across_blocks(self, images, collection):
        steps = []
        found = self.found(collection, on_progress=lambda done, total: steps.append((done, total)))
        near = found.pairs.within(found.suggested)
        places = {image.pk: number for number, image in enumerate(images)}
        assert [(places[a], places[b]) for a, b in near] == [(3, 20), (3, 21), (20, 21)]
        assert (found.compared, steps[-1]) == (30, (30, 30))
        assert all(distance <= found.widest for distance in found.pairs.distances)

    def test_it_is_stopped_between_blocks(self, images, collection):
        looks = iter([False, True])
        found = self.found(collection, should_stop=lambda: next(looks))
        assert (found.interrupted, found.compared) == (True, 8)

    def test_pictures_without_vectors_and_other_collections_take_no_part(self, images, collection):
        ImageVector.objects.filter(image=images[20]).delete()
        other = Collection.objects.create(slug="other")
        twin = add_image(other, "twin")
        descriptor = get_descriptor(COLOURS)
        (row,) = (
            vectors_of(COLOURS)
            .of_images([images[3].pk], model_id=descriptor.model_id, dim=descriptor.dim)
            .values()
        )
        vectors_of(COLOURS).write(
            [(Version(twin.pk, twin.sha256), row)], model_id=descriptor.model_id, dim=descriptor.dim
        )
        found = self.found(collection)
        assert found.compared == 29
        assert list(found.pairs.within(found.suggested)) == [(images[3].pk, images[21].pk)]

    def test_what_has_no_vectors_is_said(self, collection):
        reset_engines()
        with pytest.raises(DescriptorError, match="has a feature vector"):
            recipe_for(collection)
        with pytest.raises(DescriptorError, match="contains no pictures"):
            self.found(collection)

    def test_a_recipe_that_measures_distances_is_chosen(self, images, collection):
        assert recipe_for(collection).name == COLOURS
