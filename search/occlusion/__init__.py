"""Why a hit: which parts of it, covered, make it less similar to what was searched with."""
