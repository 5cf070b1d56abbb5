"""What the processor can do. Pure: standard library only."""

from functools import lru_cache
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
# What Linux calls the instructions that multiply bfloat16 numbers: vectors of them, tiles of them.
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}


@lru_cache(maxsize=1)
def multiplies_bfloat16() -> bool:
    """Tell whether the processor multiplies bfloat16 numbers itself.

    False where that cannot be found out, as on systems other than Linux: without the
    instructions TensorFlow imitates them, many times slower than float32.
    """
    try:
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return not BFLOAT16_FLAGS.isdisjoint(flags.split())
