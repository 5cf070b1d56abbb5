"""Every address, walked by those from whom a collection is hidden: it must be as if it were not
there at all, by name, picture, number or count.
"""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from api.models import Token
from catalog.models import Collection, Image
from evaluation.models import Benchmark, EvaluationRun
from search.engines import reset_engines
from search.models import DuplicateScan, Query
from search.queries import image_part_query
from search.recipes import get_recipe
from tests.evaluation.landmarks import add_pictures
from tests.evaluation.views.viewing import use_describer
from work.models import Job, State

from .every_address import filled, one_of_everything
from .permission_table import table

ROLES = ("visitor", "account", "keeper", "by token")
# What is new in every answer, or is about the session.
CHANGING = re.compile(
    r'name="csrfmiddlewaretoken" value="\w+"|<time[^>]*>[^<]*</time>|nonce-[\w+/=-]+'
    # How full the disks are, for who keeps the server.
    r"|[\d.]+\xa0\wB of 1.0\xa0GB|<meter[^>]*>"
)


@pytest.fixture
def rows(collection, monkeypatch) -> dict[str, str]:
    """One of everything in a hidden collection, beside an open one."""
    use_describer(monkeypatch)
    reset_engines()  # of another test's rows, which may have the same numbers
    open_one = Collection.objects.create(slug="open", title="Open to all")
    add_pictures(open_one)
    found = one_of_everything(collection)
    Collection.objects.filter(pk=collection.pk).update(title="Not for you")
    collection.groups.add(Group.objects.create(name="those who know"))
    image = Image.objects.filter(collection=collection).earliest("pk")
    part = image_part_query(image=image, box=(0, 0, 20, 20), recipe=get_recipe("fc6"))
    DuplicateScan.objects.create(
        collection=collection, recipe="fc6", usual=1, suggested=1, widest=1, compared=3
    )
    for kind, about in (
        ("missing features", {"collection": collection.pk, "descriptor": "fc6"}),
        ("feedback_replay", {"benchmark": "landmarks", "protocol": "standard", "recipe": "fc6"}),
    ):
        Job.objects.create(kind=kind, arguments=about, state=State.DONE, key=kind)
    hidden = Image.objects.filter(collection=collection).values_list("pk", flat=True).first()
    return found | {
        "catalog/image": str(hidden),
        "query": str(part.pk),
        "work/job": str(Job.objects.get(kind="missing features").pk),
    }


@pytest.fixture
def client(request) -> Client:
    return client_of(request.param)


def client_of(role: str) -> Client:
    if role == "visitor":
        return Client()
    user = User.objects.create_user(role, is_staff=role != "account")
    if role != "account":
        all_but_one = Permission.objects.exclude(codename="see_every_collection")
        user.user_permissions.set(all_but_one)
    if role == "by token":
        _row, secret = Token.made(user=user, name="mine")
        return Client(headers={"Authorization": f"Bearer {secret}"})
    client = Client()
    client.force_login(user)
    return client


def asked(client: Client, rows: dict[str, str]) -> Iterator[tuple[str, int, str]]:
    """Yield address, status and what is told, of every address."""
    client.get("/")  # shows the messages of what was asked before
    for pattern in table():
        path = filled(pattern, rows)
        response = client.get(path)
        body = b"" if response.status_code in (301, 302) else response.getvalue()
        told = CHANGING.sub("", body.decode(errors="replace"))
        yield path, response.status_code, told


def take_away(collection: Collection) -> None:
    """Delete the hidden collection, and all that is about it."""
    EvaluationRun.objects.all().delete()
    Benchmark.objects.all().delete()
    Query.objects.filter(collection=collection).delete()
    Query.objects.filter(image__collection=collection).delete()
    Job.objects.filter(kind__in=["missing features", "feedback_replay"]).delete()
    collection.delete()


@pytest.mark.parametrize("client", ROLES, indirect=True)
def test_a_hidden_collection_is_as_if_it_were_not_there(rows, collection, client):
    # Catches a name, a picture, a count or a choice that tells of what somebody may not see.
    before = {path: (status, told) for path, status, told in asked(client, rows)}
    take_away(Collection.objects.get(pk=collection.pk))
    after = {path: (status, told) for path, status, told in asked(client, rows)}
    for path, answer in before.items():
        status, told = after[path]
        assert answer[0] == status, path
        assert answer[1].splitlines() == told.splitlines(), path


@pytest.mark.parametrize("client", ROLES, indirect=True)
def test_no_name_of_it_is_told_anywhere(rows, collection, client):
    # Catches what would still be told after it was deleted, too.
    secrets = {"Not for you", "landmarks"}
    secrets |= set(Image.objects.filter(collection=collection).values_list("sha256", flat=True))
    open_ones = set(Image.objects.filter(collection__slug="open").values_list("sha256", flat=True))
    for path, _status, told in asked(client, rows):
        found = {secret for secret in secrets - open_ones if secret in told}
        assert not found, path


def test_members_see_all_of_it(rows, collection):
    # Catches a rule that hides from everybody.
    user = User.objects.create_user("member", is_staff=True)
    user.user_permissions.set(Permission.objects.exclude(codename="see_every_collection"))
    user.groups.add(*collection.groups.all())
    administrator = User.objects.create_superuser("root")
    for somebody in (user, administrator):
        client = Client()
        client.force_login(somebody)
        for path in ("/", "/images/", "/evaluation/", "/admin/catalog/collection/"):
            assert "Not for you" in client.get(path).content.decode() or path == "/evaluation/"
        assert client.get(f"/images/{rows['catalog/image']}/").status_code == 200
        assert client.get(f"/search/{rows['query']}/").status_code == 200
        assert client.get(f"/work/{rows['work/job']}/").status_code == 200
