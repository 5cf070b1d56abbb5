"""Files that Python 2.7 with NumPy 1.16 wrote, by protocol: compressed, in base 64.

import cPickle, numpy as np
{'imlist': ['a', u'chùa'.encode('utf-8'), u'chùa 2', 'sub/b'], 'qimlist': ['q_1', 'q_2'],
 'gnd': [{'bbx': [1, 2.5, 30.0, 40], 'easy': np.array([0, 1]),
          'hard': np.array([], dtype=np.int64), 'junk': [np.int64(2), 3L]},
         {'bbx': np.array([1.5, 2, 3, 4]), 'easy': [],
          'hard': np.array([3, 1], dtype=np.int32)[::-1], 'junk': (0,)}]}
"""

import base64
import zlib

_WRITTEN = {
    0: (
        "eNqNkktLw0AQgO/zK7xtLsZ9pDYFwZ4KgdKDAU+Fsnk0rabpmgckP92bM5saijXRw8DO+5uZdRIjIGQfx1N+"
        "rGoGRoKTG0WmnUDVA01Pic8Z6CpkQ+AjBc4xUDOKiQ/bNlbbNlqgbnzQr/HhU99JMAtyV030EKFDcFslKxJS"
        "BNUQ2BIpqOdbU7yT3bP2GcRFczKdG5/L1D01eX3UZak7qGKd6xLjkKEPgaTuTIqWOTjI6DMIOAQC6hcjfHAC"
        "Kv7EYLPZBPcCrHCoo5BtWy5R+JgwWwJHWKu1JT/oktAlH4PblWl8Lqq6bOIa48SAWCR9gJE4MLUPWWTLS4W6"
        "6G0Z4gacIy66IuyX6qqjfh5kVCu7SZ5dkuV18tRIFxF/jE3No6il3vbUck4L1Svp4kdYKbxj4NExNR5P+pDR"
        "0QjMyAVUGe7nd15MvOLtz+VdnUuJ8XMNs/1kVzfsmbR/SElieRxj+V68N7Dsr7+O8v7BMrLDvf88teDlhNOf"
        "cAq+tPPpyv0CRHsBQA=="
    ),
    1: (
        "eNp9UE1PwkAUbGmBWhURQRG/8LYnRPTgwWhvREs4mGzipSG7bXWrUHjtbmIP/DDP/ilv2s/EkOA77Hu7bzIz"
        "O0uQEa6CN5t6IYeSBQrCCkwuQU3aAMouruTLigVVhGWCyzb7+iSgPVclSUrn7gA2cDkU9IKC7mLl1Xdg04It"
        "tIRthNU34b9DzYIdZPtitoh69jxwezMx5R4JAhLpoU2mJNChngN0h0cLV4ddhEvejSmZMn+CBjIVLN+Ox+PH"
        "n7jSw5Q4xVpJyioG7Y2uRrEDlZHAgeYauUng2nM/5IGwuQ6tQtR3sjXso5gXyzTmO0CmnNxY46Hf13Eip7ok"
        "jKDNWoj9AR6mwFIBrOeWJLnwRrFC6Qd0LDiKoUNDzd6Hxl02mMgVSzhGrJaQwglrriicFgppKtd5KmdrUkld"
        "aIm6kqqztsU6K4zdlFHNGF+KnM//Y+xmZr/v828ZWdPyXjc4Fa7o/QKJu6hP"
    ),
    2: (
        "eNp1ULtOwzAUtZO0DQFKKS2U8iqbpyIqBgYE2SoRqUMlSyxRlYfBgTbtTWKJDJVYAJU/Yuan2CAvhDrUg8+1"
        "7/E51+dFmgMmtALeZOyFEUgmyITKMDoHJYUelBgtF82yCRVCsUVLDv/6tEC9qyCEsrrTgzVaCoV9ZoPGqPzg"
        "u7BuwgaZwyahyqPwn6BqwhZxfDGZxV1nGrDuRIwjzwoCK9ZCxxpbgQa1vK+5UTxjGmxTybs0kIHfh1Anhkzx"
        "1WAwuP1JVrYZKLKpKqF8vQ1h5wPLjCrcClxorPAaBcyZ+mEUCCfSoFk4+m7ehV0DvVJsJ457xMDJgdcXNPVR"
        "mBXG0OJN/k/ZTylSRqkVUyBcYPJEtu1naJtwkND6upLf9/XrvDAIE3M4JLya6MERbyxJHxfSaQYXRQYnKzJY"
        "UDV1lTNX3jJ5e0mqk0opmdT9X5ynK6U6+XTfN8U/9BzUAmt6ZAsmur8ZM6Zq"
    ),
}


def written_by_python2(protocol: int) -> bytes:
    return zlib.decompress(base64.b64decode(_WRITTEN[protocol]))
