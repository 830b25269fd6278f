"""Which processors gain by 8-bit networks, as Linux describes them."""

import pytest

from cutout.adapters.processor import multiplies_bytes

X86 = "processor\t: 0\nmodel name\t: Some Processor\nflags\t\t: fpu sse2 {}\nbugs\t\t: spectre_v1\n\nprocessor\t: 1\nflags\t\t: fpu sse2 {}\n"
ARM = "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd {}\nCPU implementer\t: 0x41\n"


@pytest.fixture
def described(tmp_path):
    def describe(layout, flags):
        path = tmp_path / "cpuinfo"
        path.write_text(layout.format(flags, flags))
        return path

    return describe


@pytest.mark.parametrize(
    ("layout", "flags"), [(X86, "avx2 avx512f avx512_vnni"), (X86, "avx2 avx_vnni rtm"), (ARM, "asimdhp asimddp")]
)
def test_a_processor_with_an_instruction_for_sums_of_products_of_bytes_gains(described, layout, flags):
    assert multiplies_bytes(described(layout, flags))


@pytest.mark.parametrize(("layout", "flags"), [(X86, "avx2 avx512f avx512bw"), (X86, "avx512_vnni_like"), (ARM, "asimdhp")])
def test_one_without_does_not(described, layout, flags):
    assert not multiplies_bytes(described(layout, flags))


def test_a_word_elsewhere_is_no_flag(tmp_path):
    path = tmp_path / "cpuinfo"
    path.write_text("model name\t: avx512_vnni\nflags\t\t: avx2\n")
    assert not multiplies_bytes(path)


def test_where_the_system_describes_no_processor_none_is_assumed_to_gain(tmp_path):
    assert not multiplies_bytes(tmp_path / "none")
