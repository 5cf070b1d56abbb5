"""Pages of the evaluation, one module a page."""
