"""Numbered addresses are those that Django resolves."""

import pytest
from django.urls import NoReverseMatch, reverse, set_script_prefix

from catalog.addresses import address


@pytest.fixture
def below_a_path():
    set_script_prefix("/archive/")
    yield
    set_script_prefix("/")


@pytest.mark.parametrize(
    ("name", "rest"),
    [("catalog:image", []), ("catalog:thumbnail", ["grid"]), ("search:similar", [])],
)
def test_addresses_are_those_of_the_resolver(name, rest):
    for number in (1, 37, 10**9):
        assert address(name, number, *rest) == reverse(name, args=[number, *rest])


def test_each_path_that_the_server_is_mounted_below_has_its_own(below_a_path):
    # Catches an address that was remembered for another mount point.
    set_script_prefix("/")
    at_the_root = address("catalog:image", 5)
    set_script_prefix("/archive/")
    assert (
        address("catalog:image", 5)
        == f"/archive{at_the_root}"
        == reverse("catalog:image", args=[5])
    )


def test_unknown_names_are_refused():
    with pytest.raises(NoReverseMatch):
        address("catalog:nothing", 1)
