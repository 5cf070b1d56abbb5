"""The whole interface against its own description: what schemathesis can think of."""

import pytest
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from api.models import Token
from tests.pages import fill, stored_query, use_stand_in

from .wsgi_session import ADDRESS, in_process

# What a test run can spend on each operation, of each kind.
EXAMPLES = 20

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(monkeypatch, settings, collection, django_user_model) -> str:
    """The token of an administrator, and something to find."""
    use_stand_in(monkeypatch)
    settings.SIS_UPLOADS_PER_MINUTE = 0
    fill(collection, 5)
    stored_query(collection=collection)
    admin = django_user_model.objects.create_superuser("adm")
    return Token.made(user=admin, name="fuzz")[1]


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("signed_in", [True, False])
def test_nothing_is_found(secret, mode, signed_in):
    # Catches server errors, answers that the description does not know, and values that are
    # taken although it forbids them.
    session = in_process()
    described = session.get(f"{ADDRESS}/api/openapi.json").json()
    schema = schemathesis.openapi.from_dict(described)
    headers = {"Authorization": f"Bearer {secret}"} if signed_in else {}
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 15
    failures = []
    for operation in operations:
        try:
            check(operation, mode, session, headers)
        except Unsatisfiable:
            continue  # nothing of it can be wrong
        except Exception as error:
            found = error.exceptions if isinstance(error, BaseExceptionGroup) else [error]
            failures += [f"{operation.label}: {one}" for one in found]
    assert not failures, "\n\n".join(failures)


def check(operation, mode, session, headers) -> None:
    @hypothesis_settings(
        max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        # What one example deletes, the next may ask for again.
        before = transaction.savepoint()
        case.call_and_validate(base_url=ADDRESS, session=session, headers=headers)
        transaction.savepoint_rollback(before)

    ask()
