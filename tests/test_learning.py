"""A learning curve in single numbers, against hand-computed ones."""

import pytest

from cdal import learning


def row(labelled: int, ap: object, auc: object = 0.9) -> dict[str, object]:
    return {"labelled": str(labelled), "test_pixel_average_precision": ap, "test_pixel_roc_auc": auc}


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([], None),
        ([(10, 0.5)], None),
        ([(10, 0.5), (20, 0.5)], 0.5),
        ([(0, 0.0), (10, 1.0)], 0.5),
        ([(0, 0.0), (10, 1.0), (40, 1.0)], 0.875),  # (10 * 0.5 + 30 * 1) / 40
    ],
)
def test_area_is_the_mean_height_over_labels(curve: learning.Points, expected: float | None) -> None:
    assert learning.area(curve) == expected


def test_labels_to_a_share_are_of_a_measured_round_and_never_extrapolated() -> None:
    curve = [(10, 0.5), (20, 0.75), (30, 0.7), (40, 0.8)]
    assert learning.labels_to(curve, 0.75) == 20  # 0.7125: reached between 10 and 20, measured at 20
    assert learning.labels_to(curve, 0.8, share=1) == 40
    assert learning.labels_to(curve, 0.9) is None


def test_undefined_rounds_are_left_out() -> None:
    assert learning.points([row(8, ""), row(12, "0.5"), row(16, None)]) == [(12, 0.5)]


def test_the_summary_shows_few_rounds_the_first_and_the_last_among_them() -> None:
    curve = [row(10 + i, 0.25, 0.5) for i in range(41)]
    found = learning.summary(curve)
    shown = sorted(int(name.split("_")[2]) for name in found if name.startswith("ap_at"))
    assert shown == [10, 18, 26, 34, 42, 50]
    assert found["area_under_learning_curve"] == 0.25 and found["auc_at_50_labels"] == 0.5


def test_one_round_has_numbers_but_no_area() -> None:
    assert learning.summary([row(8, "0.5", "")]) == {"ap_at_8_labels": 0.5}
