"""bfloat16: named in the model id, refused where it cannot work, and close to float32."""

import numpy as np
import pytest
from django.core import checks
from django.core.management import CommandError, call_command

from catalog.checks import check_precision_in_use
from catalog.descriptors import DescriptorError, get_descriptor
from catalog.descriptors.backbones import precision, processor
from catalog.descriptors.fc6 import Fc6Descriptor
from tests.helpers import picture


@pytest.fixture
def capable(monkeypatch):
    """Set what the processor can do, for this test."""
    return lambda answer: monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: answer)


def test_the_model_id_tells_the_precision(capable):
    # Catches vectors of two precisions that meet in one search.
    capable(True)
    assert get_descriptor(weights="untrained", precision="bfloat16").model_id == (
        "vgg16/untrained/bfloat16"
    )
    assert get_descriptor(weights="untrained").model_id == "vgg16/untrained/float32"


def test_each_precision_has_its_own_instance_and_the_setting_chooses(settings):
    # Catches one network handed out for both, and pages that ignore the setting.
    single = get_descriptor(weights="untrained", precision="float32")
    half = get_descriptor(weights="untrained", precision="bfloat16")
    assert single is not half
    assert get_descriptor(weights="untrained") is single
    settings.SIS_PRECISION = "bfloat16"
    assert get_descriptor(weights="untrained") is half


def test_a_processor_without_bfloat16_is_refused_before_weights_are_read(capable, monkeypatch):
    capable(False)
    monkeypatch.setattr("catalog.descriptors.fc6.load_layers", lambda *args, **kwargs: 1 / 0)
    descriptor = Fc6Descriptor(weights="untrained", precision="bfloat16")
    for use in (lambda: descriptor.model_id, lambda: descriptor.describe([picture()])):
        with pytest.raises(DescriptorError, match=r"AVX512_BF16 or AMX_BF16.*to float32"):
            use()


def test_an_unknown_precision_is_refused_with_the_choices(settings):
    settings.SIS_PRECISION = "float16"
    with pytest.raises(DescriptorError, match=r"“float16”; there are: float32, bfloat16\."):
        _ = get_descriptor(weights="untrained").model_id


def test_the_system_check_says_the_same(settings, capable):
    capable(False)
    assert check_precision_in_use() == []
    settings.SIS_PRECISION = "bfloat16"
    (found,) = check_precision_in_use()
    assert (found.id, found.level) == ("catalog.E005", checks.ERROR)
    capable(True)
    assert check_precision_in_use() == []


@pytest.mark.django_db
def test_the_command_refuses_with_one_sentence(capable):
    # Catches a traceback, and an option that the command forgets to hand on.
    capable(False)
    with pytest.raises(CommandError, match="AVX512_BF16") as refusal:
        call_command("extract_features", "--precision=bfloat16", "--verbosity=0")
    assert refusal.value.returncode == 1


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        ("processor : 0\nflags\t\t: fpu avx512f avx512_bf16 avx512_vnni\n", True),
        ("processor : 0\nflags\t\t: fpu amx_bf16 amx_tile\n", True),
        # No flag of that name, only names that contain it and a model that boasts of it.
        ("model name : avx512_bf16\nflags\t\t: fpu avx512f avx512_bf16x\n", False),
        ("Features\t: fp asimd bf16\n", False),
        ("", False),
        (None, False),
    ],
)
def test_the_processor_is_asked_by_its_flags(tmp_path, monkeypatch, cpuinfo, expected):
    path = tmp_path / "cpuinfo"
    if cpuinfo is not None:
        path.write_text(cpuinfo)
    monkeypatch.setattr(processor, "CPUINFO", path)
    assert processor.multiplies_bfloat16.__wrapped__() is expected


@pytest.mark.skipif(
    not processor.multiplies_bfloat16(), reason="the processor does not multiply bfloat16 numbers"
)
@pytest.mark.slow
def test_vectors_are_close_to_float32s_and_not_the_same():
    # Catches a precision that is only a name, and rounding in places where it costs quality.
    pictures = [picture(seed, size=(300, 200)) for seed in range(6)]
    single = get_descriptor(weights="untrained", precision="float32").describe(pictures)
    half = get_descriptor(weights="untrained", precision="bfloat16").describe(pictures)
    assert half.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(half, axis=1), 1, atol=1e-5)
    assert np.einsum("ij,ij->i", single, half).min() >= 0.9999
    assert abs(single - half).max() > 1e-5
