"""The rule of names, and that it holds wherever a name is written, looked up or shown."""

import unicodedata

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Collection, Image
from catalog.names import (
    LONGEST,
    canonical,
    cell,
    folded,
    free_name,
    is_part,
    plain_name,
    printable,
)
from tests.helpers import add_image
from tests.pages import hit_ids, html

NFD = unicodedata.normalize("NFD", "Đức/Chùa Một Cột")
NAME = "Đức/Chùa Một Cột"
HIDDEN = "a\x1b[31m\r\nb\u202egpj.exe\u2028c\x7fd\u200be"
SHOWN = "a\\x1b[31m\\r\\nb\\u202egpj.exe\\u2028c\\x7fd\\u200be"


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("đức", "Đức"),
        ("CHÙA", "chùa"),
        (unicodedata.normalize("NFD", "chùa"), "CHÙA"),
        ("STRASSE", "Straße"),
        ("ΣΊΣΥΦΟΣ", "Σίσυφος"),
        ("МОСКВА", "Москва"),
        ("ÅNGSTRÖM", "A\u030angstro\u0308m"),
        ("\u212b", "å"),  # the sign of the unit
    ],
)
def test_case_and_form_do_not_matter(part, name):
    """Catches a rule that holds for one script, or for one side of the comparison."""
    assert folded(part) == folded(name)


@given(st.text())
def test_folding_is_final(text):
    """Catches a folded name whose own folding is another, so that a search misses it."""
    assert folded(folded(text)) == folded(text)
    assert folded(canonical(text)) == folded(text)


@given(st.text(max_size=200))
def test_what_is_shown_is_one_line_that_any_encoding_can_have_escaped(text):
    """Catches a letter that a terminal acts on."""
    shown = printable(text)
    assert shown.splitlines() in ([shown], [])
    assert shown.isprintable() or all(
        unicodedata.category(letter) not in ("Cc", "Cf", "Zl", "Zp", "Cs")
        or letter in "\u200c\u200d"
        for letter in shown
    )
    shown.encode()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=LONGEST))
def test_a_name_can_be_searched_for_with_all_its_letters(name):
    """Catches a bound on what is searched for that a folded name exceeds."""
    if len(canonical(name)) <= LONGEST and "\0" not in name:
        assert is_part(name) and is_part(folded(name))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "\\t=1"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_a_cell_is_no_formula(text, shown):
    """Catches a file name that a spreadsheet computes."""
    assert cell(text) == shown


def test_names_are_freed_by_extension_then_by_number():
    """Catches two images of one name, and a name that its column cannot hold."""
    assert free_name("sub/a.jpg", set()) == plain_name("sub/a.jpg") == "sub/a"
    assert free_name("a.jpg", {"a"}) == "a.jpg"
    assert free_name("a.jpg", {"a", "a.jpg", "a.jpg (2)"}) == "a.jpg (3)"
    long = "x" * (LONGEST - 4) + ".jpg"
    assert len(free_name(long, {plain_name(long), long})) == LONGEST


@pytest.mark.django_db
class TestRows:
    def test_every_way_to_write_a_name_makes_it_canonical(self, collection):
        """Catches a way past the rule: save, bulk_create, create, update."""
        one = add_image(collection, NFD)
        assert (one.name, one.folded_name) == (NAME, folded(NAME))
        copies = [Image(**fields(one, name=NFD + suffix)) for suffix in "23"]
        Image.objects.bulk_create(copies[:1])
        copies[1].save()
        Image.objects.filter(pk=one.pk).update(name=NFD + "1")
        stored = Image.objects.order_by("name").values_list("name", "folded_name")
        assert list(stored) == [(NAME + n, folded(NAME + n)) for n in "123"]

    def test_every_way_to_look_one_up_takes_any_form(self, collection):
        """Catches labels and run files of a Mac that miss their pictures."""
        image = add_image(collection, NAME)
        assert Image.objects.get(name=NFD) == image
        assert list(Image.objects.filter(name__in=[NFD])) == [image]
        assert Image.objects.all().named([NFD, "other"]) == {NFD: image}

    @pytest.mark.parametrize(
        "text", ["đức", "ĐỨC", "CHÙA", "một cột", NFD, NFD.upper(), "c/C", "Ộ"]
    )
    def test_filters_find_any_case_and_form(self, client, admin_client, collection, text):
        """Catches SQLite's comparison, which knows no case but that of a to z."""
        image = add_image(collection, NAME)
        add_image(collection, "other")
        assert list(Image.objects.all().name_contains(text)) == [image]
        assert hit_ids(client.get("/images/", {"name": text})) == [image.pk]
        page = admin_client.get(reverse("admin:catalog_image_changelist"), {"q": f'"{text}"'})
        assert list(page.context["cl"].queryset) == [image]

    @pytest.mark.parametrize("text", ["%", "_", "\\", "Đ_c", "\0", "x" * 60_000, "a\0b"])
    def test_filters_take_any_text(self, collection, text):
        """Catches wildcards, and texts that a database does not take."""
        add_image(collection, NAME)
        assert not Image.objects.all().name_contains(text).exists()

    def test_the_admin_finds_every_word(self, admin_client, collection):
        """Catches a search for one phrase where words were always meant."""
        image = add_image(collection, NAME)
        add_image(collection, "Đức/other")
        address = reverse("admin:catalog_image_changelist")
        found = admin_client.get(address, {"q": "CỘT đức"}).context["cl"].queryset
        assert list(found) == [image]

    def test_collections_are_found_by_title(self, admin_client, collection):
        Collection.objects.filter(pk=collection.pk).update(title=NFD)
        Collection.objects.create(slug="other")
        address = reverse("admin:catalog_collection_changelist")
        for text in ("đức", "PLACE"):
            assert list(admin_client.get(address, {"q": text}).context["cl"].queryset) == [
                collection
            ]


@pytest.mark.django_db
class TestShown:
    @pytest.fixture
    def image(self, collection) -> Image:
        image = add_image(collection, "plain")
        Image.objects.filter(pk=image.pk).update(name=HIDDEN, source_name=f"{HIDDEN}.jpg")
        return Image.objects.get(pk=image.pk)

    def test_pages_show_what_is_hidden(self, client, admin_client, image):
        """Catches a name that looks like another, or breaks out of its line."""
        change = reverse("admin:catalog_image_change", args=[image.pk])
        delete = reverse("admin:catalog_image_delete", args=[image.pk])
        lists = reverse("admin:catalog_image_changelist")
        for address in ("/images/", image.get_absolute_url(), lists, change, delete):
            # Lines may break in it, which is not hidden: nobody reads it otherwise.
            page = html(admin_client.get(address)).replace("<wbr>", "")
            assert SHOWN in page, address
            for letter in "\x1b\u202e\u2028\x7f\u200b":
                assert letter not in page, address
        searched = html(client.get("/images/", {"name": "none\u202e"}))
        assert "none\\u202e" in searched

    def test_the_original_has_a_file_name_that_a_header_can_carry(self, client, image):
        """Catches status 500 for a line break in a header."""
        response = client.get(reverse("catalog:original", args=[image.pk]))
        assert response.status_code == 200
        assert "\\\\u202e" in response["Content-Disposition"]
        assert "\x1b" not in response["Content-Disposition"]


def fields(image: Image, **changed: object) -> dict:
    kept = {
        field.attname: getattr(image, field.attname)
        for field in Image._meta.concrete_fields
        if field.name not in ("id", "fc6", "folded_name")
    }
    return kept | {"source_name": changed["name"]} | changed
