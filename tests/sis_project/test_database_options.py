"""How connections to PostgreSQL are shared, as the settings say."""

import pytest

from sis_project.environment import SECONDS_TO_CONNECT, postgresql_options


@pytest.mark.parametrize("connections", [1, 10])
def test_threads_share_a_pool(connections):
    # Catches persistent connections beside a pool, which Django refuses.
    config: dict = {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 600}
    postgresql_options(config, connections=connections)
    pool = config["OPTIONS"]["pool"]
    assert pool["max_size"] == connections >= pool["min_size"]
    assert pool["timeout"] == config["OPTIONS"]["connect_timeout"] == SECONDS_TO_CONNECT
    assert (config["CONN_MAX_AGE"], config["CONN_HEALTH_CHECKS"]) == (0, True)


def test_each_thread_may_keep_its_own():
    config: dict = {"OPTIONS": {"connect_timeout": 2, "sslmode": "require"}}
    postgresql_options(config, connections=0)
    assert config["OPTIONS"] == {"connect_timeout": 2, "sslmode": "require"}
    assert config["CONN_MAX_AGE"] == 60
