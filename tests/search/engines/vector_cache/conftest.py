"""Images with vectors, committed: nothing is cached inside a transaction."""

import pytest

from search.engines.certified import CertifiedEngine
from search.engines.exact import ExactEngine
from tests.helpers import add_image

from .starting import VECTORS


@pytest.fixture
def images(transactional_db, collection):
    return [add_image(collection, f"i{n}", vector=v) for n, v in enumerate(VECTORS)]


@pytest.fixture(params=[ExactEngine, CertifiedEngine])
def engine_class(request, faiss):
    return request.param
