"""The JSON interface under `/api/`: the services of the pages, for programs."""
