"""What a published toolbox answered, for poolings and whitenings.

filipradenovic/cnnimageretrieval-pytorch on six random maps (H, W, 16), before any last
normalisation, and on 300 training columns with 20 queries.
"""

from pathlib import Path

import numpy as np

PUBLISHED = dict(np.load(Path(__file__).parent / "data" / "pooling_reference.npz"))
MAPS = range(6)
