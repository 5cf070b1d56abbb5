"""Recipes are declared in one setting; what is wrong with it is said by name."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from catalog.descriptors import DescriptorError
from search.checks import check_recipes
from search.recipes import (
    Expansion,
    RecipeError,
    check_recipe,
    get_recipe,
    known_recipes,
    recipe_names,
)

FUSED = {"PARTS": {"fc6": 1, "colour-layout": 0.5}, "FUSION": "reciprocal-ranks", "TITLE": "Both"}
ASKED_TWICE = {"PARTS": ["fc6"], "EXPANSION": {"METHOD": "alpha", "N": 5, "ALPHA": 2}}


def test_the_shipped_recipes_are_right(db):
    assert check_recipes() == []
    assert {"fc6", "lite0", "rgem-lite0", "rgem-lite0-expanded"} <= set(recipe_names())
    assert [recipe.name for recipe in known_recipes()] == recipe_names()
    for recipe in known_recipes():
        assert recipe.title
        assert recipe.purpose


def test_every_descriptor_is_a_recipe_of_its_name(db):
    recipe = get_recipe("colour-layout")
    assert [part.descriptor.name for part in recipe.parts] == ["colour-layout"]
    assert (recipe.expansion, recipe.regions, recipe.is_fused) == (None, False, False)
    assert recipe.model_ids == ("colour-layout/4x4/lab/1",)
    assert recipe.bytes_per_image == 864 * 4
    assert get_recipe("gem-lite0-s16").descriptor.dim == 672


def test_a_declaration_becomes_a_recipe(settings, db):
    settings.SIS_RECIPES = {"both": FUSED, "again": ASKED_TWICE}
    both, again = get_recipe("both"), get_recipe("again")
    assert [(part.descriptor.name, part.weight) for part in both.parts] == [
        ("fc6", 1),
        ("colour-layout", 0.5),
    ]
    assert (both.title, both.fusion) == ("Both", "reciprocal-ranks")
    assert again.expansion == Expansion("alpha", 5, 2.0)
    assert again.title == "again"
    assert both.facts() == {
        "parts": [
            {"descriptor": "fc6", "model_id": "vgg16/untrained/float32", "weight": 1},
            {"descriptor": "colour-layout", "model_id": "colour-layout/4x4/lab/1", "weight": 0.5},
        ],
        "fusion": "reciprocal-ranks",
        "expansion": None,
        "regions": False,
    }
    assert again.facts()["expansion"] == {"method": "alpha", "n": 5, "alpha": 2.0}
    assert not both.trained
    assert both.bytes_per_image == 4 * (4096 + 864)
    assert len(both.origins) == 1


def test_ours_can_be_taken_away_and_go_with_their_descriptors(settings, db):
    settings.SIS_RECIPES = {"rgem-lite0-expanded": None}
    assert "rgem-lite0-expanded" not in recipe_names()
    settings.SIS_DESCRIPTORS = {"fc6": settings.SIS_DESCRIPTORS["fc6"]}
    assert "rgem-lite0-and-colours" not in recipe_names()


def test_an_unknown_name_is_answered_with_the_choices(db):
    with pytest.raises(RecipeError, match=r"no way to rank “sift”. Ways to rank: fc6, lite0"):
        get_recipe("sift")
    with pytest.raises(RecipeError, match="learn_whitening --descriptor fc6"):
        get_recipe("fc6+pca9")


def test_a_recipe_of_a_descriptor_that_is_gone_is_left_out(settings, db):
    # Catches one wrong declaration that hides all others.
    settings.SIS_RECIPES = {"lost": {"PARTS": ["fc6+pca9"]}}
    joined = "catalog.descriptors.joined.JoinedDescriptor"
    parts = {"fc6": 1, "fc6+pca9": 1}
    settings.SIS_DESCRIPTORS = settings.SIS_DESCRIPTORS | {
        "half": {"BACKEND": joined, "OPTIONS": {"parts": parts}}
    }
    assert "half" in recipe_names()
    assert "half" not in [recipe.name for recipe in known_recipes()]
    assert "lost" in recipe_names()
    assert "lost" not in [recipe.name for recipe in known_recipes()]
    with pytest.raises(DescriptorError, match="no whitening"):
        get_recipe("lost")


@pytest.mark.parametrize(
    ("name", "declared", "message"),
    [
        ("Both", FUSED, "has the name 'Both'"),
        ("both", "fc6", "must be a dictionary with PARTS"),
        ("both", {"PARTS": []}, "must be a dictionary with PARTS"),
        ("both", {"PARTS": "fc6"}, "give names or weights by name"),
        ("both", {"PARTS": ["fc6", "sift"]}, "names no descriptor: 'sift'"),
        ("both", {"PARTS": {"fc6": 0}}, "has 0 for 'fc6'"),
        ("both", {"PARTS": {"fc6": "1"}}, "has '1' for 'fc6'"),
        ("both", FUSED | {"FUSE": 1}, "unknown FUSE; it takes: EXPANSION, FUSION"),
        ("both", FUSED | {"FUSION": "mean"}, "'mean': similarities, reciprocal-ranks"),
        ("both", FUSED | {"EXPANSION": 3}, "it takes METHOD, N and ALPHA"),
        ("both", FUSED | {"EXPANSION": {"METHOD": "mean", "N": 3}}, "'mean': average, alpha"),
        ("both", FUSED | {"EXPANSION": {"METHOD": "average"}}, "None: from 1 to 100"),
        ("both", FUSED | {"EXPANSION": {"METHOD": "alpha", "N": 101}}, "101: from 1 to 100"),
        (
            "both",
            FUSED | {"EXPANSION": {"METHOD": "alpha", "N": 1, "ALPHA": -1}},
            "-1: from 0 to 10",
        ),
        ("both", FUSED | {"REGIONS": True}, "REGIONS: they go with one part"),
    ],
)
def test_a_wrong_declaration_is_said_with_what_it_may_be(settings, name, declared, message):
    settings.SIS_RECIPES = {name: declared}
    with pytest.raises(ImproperlyConfigured, match=message):
        check_recipe(name)
    (found,) = check_recipes()
    assert found.id == "search.E005"
