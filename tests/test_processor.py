"""Which kind of processor a run is said to have been rounded by."""

import platform
from pathlib import Path

import pytest

from cdal.tracking import processor

X86 = "processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu sse2 avx avx2 {}\n\nprocessor\t: 1\nflags\t\t: fpu\n"


@pytest.mark.parametrize(
    ("text", "widest"),
    [
        (X86.format(""), "avx2"),
        (X86.format("avx512f avx512bw avx512_vnni avx512_bf16"), "avx512_bf16"),
        (X86.format("avx512bw avx512_bf16 avx512_fp16 amx_tile amx_bf16"), "amx_bf16"),
        ("processor\t: 0\nFeatures\t: fp asimd sve bf16\n", "sve"),
    ],
)
def test_it_is_the_widest_instruction_set(tmp_path: Path, text: str, widest: str) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    assert processor.kind(tmp_path / "cpuinfo", tmp_path / "none") == f"{platform.machine()} {widest}"


def test_without_more_words_it_is_the_architecture(tmp_path: Path) -> None:
    assert processor.kind(tmp_path / "none", tmp_path / "none") == platform.machine()


def test_graphics_cards_come_first_each_kind_once(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(X86.format(""))
    for bus, model in (("0000:00:04.0", "Tesla T4"), ("0000:00:05.0", "Tesla T4")):
        (tmp_path / "gpus" / bus).mkdir(parents=True)
        (tmp_path / "gpus" / bus / "information").write_text(f"Model: \t\t {model}\nIRQ:   \t\t 34\n")
    found = processor.kind(tmp_path / "cpuinfo", tmp_path / "gpus")
    assert found == f"Tesla T4, {platform.machine()} avx2"
