"""What a comparison concludes, and what it refuses: experiments in, sentences out."""

from typing import Any

import pandas as pd
import pytest

from cdal.comparing import acquired, groups, parameters, selecting, tables
from cdal.comparing.comparison import Comparison, Question, compare
from cdal.comparing.experiments import Experiment, frame
from cdal.comparing.sentences import sentences
from cdal.errors import UserError
from tests.compared import METRIC, experiment, full, rows, settings

LABELLED = Question(axis="labelled")
RANDOM, MCBN = [0.0, 0.4, 0.6, 0.8], [0.0, 0.76, 0.78, 0.8]  # at 20, 60, 100 and 140 labels
SEEDS = (1, 2, 3, 4, 5)


def runs(seeds: tuple[int, ...] = SEEDS, **changes: Any) -> list[Experiment]:
    found = [experiment(settings("Random", seed, **changes), RANDOM) for seed in seeds]
    return found + [experiment(settings("MCBN", seed, **changes), MCBN) for seed in seeds]


def level() -> Experiment:
    return experiment(full(1), [0.8], source="full")


def said(found: Comparison) -> str:
    return "\n".join(sentences(found))


def test_five_seeds_conclude_in_plain_sentences() -> None:
    """95 % of 0.8 is 0.76: MCBN has it at 60 labels, Random at 100 + 40 * 0.16 / 0.2 = 132."""
    printed = said(compare([*runs(), *(experiment(full(seed), [0.8]) for seed in SEEDS)], LABELLED))
    assert "Full supervision (1,000 labels) has pixel average precision 0.800; 5 seeds." in printed
    assert "MCBN-BALD needs 45 % [45, 45] of Random's labels for 95 % of full supervision; 5 seeds." in printed
    area = ((0.38 + 0.77 + 0.79) - (0.2 + 0.5 + 0.7)) / 3
    assert f"MCBN-BALD is higher than Random: {area:+.3f} [{area:+.3f}, {area:+.3f}]" in printed
    assert "from 20 to 140 labels; 5 seeds, MCBN-BALD higher in 5." in printed


def test_spent_labels_count_those_of_validation() -> None:
    """60 + 10 of 132 + 10."""
    assert "needs 49 % [49, 49] of Random's labels" in said(compare([*runs(), level()], Question()))


def test_one_seed_concludes_nothing() -> None:
    printed = said(compare([*runs((1,)), level()], LABELLED))
    assert "nothing can be concluded from one seed" in printed
    assert "higher than" not in printed and "needs" not in printed


def test_few_seeds_only_suggest() -> None:
    printed = said(compare([*runs((1, 2, 3)), level()], LABELLED))
    assert "MCBN-BALD seems higher than Random, but 3 seeds are too few to conclude" in printed
    assert "for 95 % of full supervision; 3 seeds, too few to conclude." in printed


def test_an_interval_that_holds_zero_shows_no_difference() -> None:
    ups = [experiment(settings("Random", s), RANDOM if s < 3 else MCBN) for s in SEEDS]
    downs = [experiment(settings("MCBN", s), MCBN if s < 3 else RANDOM) for s in SEEDS]
    assert "No difference is shown between MCBN-BALD and Random" in said(compare([*ups, *downs], LABELLED))


def test_many_pairs_without_a_difference_share_a_sentence() -> None:
    """Four methods, each with some seeds that rise early and some late: six pairs. One more is higher than all."""
    mixed = {1: RANDOM, 2: MCBN, 3: RANDOM, 4: MCBN, 5: RANDOM}
    groups = [("MCBN", "BALD"), ("MCBN", "Variance"), ("MCBN", "Entropy"), ("Ensemble", "BALD")]
    found = [
        experiment(settings(method, seed, al_acquisition=how), mixed[(seed + index) % 5 + 1])
        for index, (method, how) in enumerate(groups)
        for seed in SEEDS
    ]
    best = [experiment(settings("Random", seed), [0.9] * 4) for seed in SEEDS]
    told = sentences(compare([*found, *best], LABELLED))
    assert len(told) == 1 + 4 + 1 + 1  # the level, four differences, the rest, what chance would do
    assert told[-2].startswith("No difference in mean pixel average precision is shown in 6 of 10 pairs: ")
    assert told[-2].count(" – ") == 6 and all("is lower than Random" in line for line in told[1:-2])
    assert told[-1] == (
        "4 of 10 pairs are shown to differ in mean pixel average precision; "
        "if all groups were alike, 0.7 would be expected to by chance."
    )


def test_without_full_supervision_no_labels_needed() -> None:
    found = compare(runs(), LABELLED)
    assert "No fully supervised run is among them" in said(found) and "needs" not in said(found)
    assert tables.needs(found).empty


def test_a_level_that_is_not_reached_is_not_extrapolated() -> None:
    """Full supervision of 1.0: Random and MCBN end at 0.8, which is 80 % of it and less than 90 %."""
    found = compare([*runs(), experiment(full(1), [1.0])], LABELLED)
    table = tables.needs(found).set_index(["group", "share"])
    assert table.loc[("MCBN-BALD", 0.8), "labels"] == pytest.approx(140)
    for group in ("Random", "MCBN-BALD"):
        for share in (0.9, 0.95):
            assert pd.isna(table.loc[(group, share), "labels"]) and table.loc[(group, share), "reached"] == 0
    printed = said(found)
    assert "for 95 % of full supervision can't be told apart in 1 of 1 pairs: Random does not reach it wit" in printed
    assert "MCBN-BALD does not reach it within 140 labels" in printed


def test_where_the_level_is_out_of_reach_a_lower_one_is_spoken_of() -> None:
    """80 % of 0.9 is 0.72: MCBN has it with 20 + 40 * 0.72 / 0.76 labels, Random with 100 + 40 * 0.12 / 0.2."""
    printed = said(compare([*runs(), experiment(full(1), [0.9])], LABELLED))
    assert "MCBN-BALD needs 47 % [47, 47] of Random's labels for 80 % of full supervision; 5 seeds." in printed
    assert "Labels for 95 % of full supervision can't be told apart in 1 of 1 pairs: " in printed


def test_review_effort_is_that_of_the_model_that_reaches_the_level() -> None:
    """review_90 falls by half of the rise in average precision: 0.9 - 0.76 / 2."""
    table = tables.needs(compare([*runs(), level()], LABELLED)).set_index(["group", "share"])
    assert table.loc[("MCBN-BALD", 0.95), "review_90"] == pytest.approx(0.52)
    assert table.loc[("Random", 0.95), "review_90"] == pytest.approx(0.52)


def test_runs_of_unequal_length_are_compared_over_what_they_share_and_marked() -> None:
    short = [experiment(settings("MCBN", seed, al_iterations=1), MCBN[:2]) for seed in SEEDS]
    found = compare([*runs()[:5], *short], LABELLED)
    assert found.over == (20, 60)
    (pair,) = found.pairs
    assert pair.difference.estimate is not None
    assert pair.difference.estimate.value == pytest.approx(0.38 - 0.2)
    assert len(found.short) == 5 and found.short[0] == "MCBN-BALD seed 1 (MCBN1) ends at 60 of 140 labels"


def test_what_begins_late_is_told() -> None:
    """MCBN's first round is Random's third: of Random's curve only the last part is compared."""
    late = [experiment(settings("MCBN", s), [], curve=frame(rows([0.5, 0.6], start=100))) for s in SEEDS]
    found = compare([*runs()[:5], *late], LABELLED)
    assert found.over == (100, 140)
    assert found.short == [f"MCBN-BALD seed {s} (MCBN{s}) begins at 100 labels, others at 20" for s in SEEDS]


def test_ranges_that_do_not_meet_are_no_difference() -> None:
    """Six pairs of groups that were measured with other numbers of labels each: none is shown to differ."""
    apart = [
        experiment(settings("MCBN", seed, al_initial_size=20 * number), [], curve=frame(rows(MCBN[:2], start=start)))
        for number, start in enumerate((20, 100, 200, 300), start=1)
        for seed in SEEDS
    ]
    printed = said(compare(apart, Question(by=("al.method", "al.initial_size"), axis="labelled")))
    assert printed.count("were not measured over the same labels: nothing can be said.") == 6
    assert "shown to differ" not in printed


def test_equal_seeds_are_no_losses() -> None:
    same = [experiment(settings("MCBN", seed), RANDOM) for seed in SEEDS]
    assert "5 seeds, MCBN-BALD higher in 0, equal in 5." in said(compare([*runs()[:5], *same], LABELLED))


def test_labels_needed_are_a_finding_only_where_the_interval_says_so() -> None:
    """Random is never at 0.76 within 140 labels: MCBN with 60 needs at most 43 % of them. Where some seeds of Random
    are there with 60 and those of MCBN need more, no such thing is shown."""
    slow = [experiment(settings("Random", seed), [0.0, 0.4, 0.6, 0.7]) for seed in SEEDS]
    printed = said(compare([*slow, *runs()[5:], level()], LABELLED))
    assert "MCBN-BALD needs at most 43 % [43, 43] of Random's labels for 95 % of full supervision" in printed
    assert "(MCBN-BALD reaches it with 5 of 5 seeds; Random does not reach it within 140 labels); 5 seeds." in printed
    mixed = [experiment(settings("Random", s), MCBN if s < 4 else [0.0, 0.4, 0.6, 0.7]) for s in SEEDS]
    some = [experiment(settings("MCBN", s), [0.0, 0.3, 0.77, 0.7] if s < 4 else MCBN) for s in SEEDS]
    printed = said(compare([*mixed, *some, level()], LABELLED))
    assert "MCBN-BALD needs" not in printed and "can't be told apart in 1 of 1 pairs" in printed
    assert "MCBN-BALD reaches it with 5 of 5 seeds, 2 of them at the end too" in printed


def test_runs_that_can_not_be_compared_are_listed_with_the_reason() -> None:
    odd = [
        experiment(settings("MCBN", 6), MCBN[:2], status="RUNNING"),
        experiment(settings("MCBN", 7), [], status="FAILED", curve=pd.DataFrame()),
        experiment(settings("MCBN", 8), MCBN[:1]),
        experiment(settings("MCBN", 1), MCBN, source="again"),
    ]
    found = compare([*runs(), *odd], LABELLED)
    assert {entry.experiment.source: entry.why for entry in found.left} == {
        "MCBN6": "running, or stopped before its report, 2 of 4 rounds",
        "MCBN7": "failed, 0 of 4 rounds",
        "MCBN8": "one round only, which makes no curve",
        "again": "repeats MCBN-BALD seed 1 (MCBN1)",
    }
    assert set(tables.runs(found)["left_out"]) >= {"failed, 0 of 4 rounds", ""}


def test_groups_by_any_parameters() -> None:
    mixed = [*runs((1, 2), al_batch=16), *runs((1, 2), al_batch=8)]
    found = compare(mixed, Question(by=("al.method", "al.batch"), axis="labelled"))
    assert [group.label for group in found.groups] == [
        "Random batch=16", "Random batch=8", "MCBN batch=16", "MCBN batch=8",
    ]  # fmt: skip
    assert [group.label for group in compare(mixed, Question(by=("al.batch",), force=True)).groups] == [
        "batch=16", "batch=8",
    ]  # fmt: skip


def test_a_group_is_not_called_by_what_all_that_use_it_share() -> None:
    by = ("al.method", "al.acquisition", "al.selector", "al.batch")
    found = compare([*runs((1, 2), al_batch=16), *runs((1, 2), al_batch=8)], Question(by=by, axis="labelled"))
    assert [group.label for group in found.groups] == [
        "Random batch=16", "Random batch=8", "MCBN-BALD batch=16", "MCBN-BALD batch=8",
    ]  # fmt: skip


def test_names_tell_what_is_unusual() -> None:
    """Three of four kinds pick the highest scores; Random does not select."""
    by = ("al.method", "al.acquisition", "al.selector")
    more = [experiment(settings("Ensemble", seed), MCBN) for seed in (1, 2)]
    more += [experiment(settings("Ensemble", seed, al_acquisition="Variance"), MCBN) for seed in (1, 2)]
    more += [experiment(settings("MCBN", seed, al_selector="power"), MCBN) for seed in (1, 2)]
    found = compare([*runs((1, 2)), *more], Question(by=by, axis="labelled"))
    assert [group.label for group in found.groups] == [
        "Random", "Ensemble-BALD", "Ensemble-Variance", "MCBN-BALD", "MCBN-BALD selector=power",
    ]  # fmt: skip
    assert "Where a group's name does not say otherwise, al.selector is top." in found.notes
    assert list(parameters.usual(found.groups[1].runs.values(), [*by, "al.reduce", "al.batch"])) == [
        "al.selector", "al.reduce", "al.batch",
    ]  # fmt: skip


def test_a_batch_drawn_at_random_is_called_so() -> None:
    by = ("al.method", "al.acquisition", "al.random_share")
    control = [experiment(settings("MCBN", seed, al_random_share=1.0), RANDOM) for seed in (1, 2)]
    some = [experiment(settings("MCBN", seed, al_random_share=0.5), RANDOM) for seed in (1, 2)]
    found = compare([*runs((1, 2)), *control, *some], Question(by=by, axis="labelled"))
    assert [group.label for group in found.groups] == [
        "Random", "MCBN-BALD random_share=0.0", "MCBN-BALD random_share=0.5", "MCBN-Random",
    ]  # fmt: skip


def test_what_else_differs_is_told_also_if_it_begins_like_what_was_asked() -> None:
    other = [experiment(settings("MCBN", s, al_initial="random", al_initial_size=64), MCBN) for s in (1, 2)]
    found = compare([*runs((1, 2))[:2], *other], Question(by=("al.method", "al.initial"), axis="labelled"))
    assert any("also differ in al.initial_size (" in note for note in found.notes)


def test_parameters_that_a_method_does_not_use_do_not_part_its_runs() -> None:
    other = [experiment(settings("Random", 6, al_acquisition="Entropy", al_selector="coreset"), RANDOM)]
    found = compare([*runs(), *other], LABELLED)
    assert [(group.label, len(group.runs)) for group in found.groups] == [("Random", 6), ("MCBN-BALD", 5)]


def test_a_group_that_differs_in_more_than_seed_is_refused_unless_forced() -> None:
    mixed = [*runs(), experiment(settings("MCBN", 6, al_batch=8), MCBN)]
    with pytest.raises(UserError, match=r"runs of the group MCBN-BALD differ in al\.batch: 32, 8; part them with --by"):
        compare(mixed, LABELLED)
    assert "Pooled by force" in compare(mixed, Question(axis="labelled", force=True)).notes[0]


@pytest.mark.parametrize("field", ["data", "split", "code"])
def test_other_data_split_or_code_is_refused_unless_forced(field: str) -> None:
    what = {"data": "data digest", "split": "split digest", "code": "code version"}[field]
    mixed = [*runs(), experiment(settings("MCBN", 6), MCBN, **{field: "another"})]
    with pytest.raises(UserError, match=rf"runs differ in {what} \(another: MCBN-BALD seed 6.*--force"):
        compare(mixed, LABELLED)
    assert what in compare(mixed, Question(axis="labelled", force=True)).notes[0]


def test_what_is_not_known_is_said() -> None:
    (note,) = compare([*runs(), experiment(settings("MCBN", 6), MCBN, data="")], LABELLED).notes
    assert note == "The data digest of 1 of 11 runs is not known: MCBN-BALD seed 6 (MCBN6)."


@pytest.mark.parametrize(
    ("found", "question", "message"),
    [
        (runs()[:5], LABELLED, "one group only: 5 runs are all Random, expected two groups or more; run another"),
        (runs(), Question(metric="test_pixel_f1"), "none of 10 finished runs logged test_pixel_f1; they have test_p"),
        (runs(), Question(by=("al.metod",)), "no run has the parameter al.metod; see"),
        ([level()], LABELLED, "all 1 runs are fully supervised; add runs of two methods"),
        (runs(), Question(metric="test_pixel_ece"), "test_pixel_ece falls as a model gets better, expected one that r"),
        ([*runs()[:5], *runs(data_tile=32, data_stride=32)[5:]], LABELLED, "label axes are mixed, tiles differ in si"),
    ],
)
def test_refusals_say_what_to_do(found: list[Experiment], question: Question, message: str) -> None:
    with pytest.raises(UserError) as refused:
        compare(found, question)
    assert str(refused.value).startswith(message) and "\n" not in str(refused.value)


def test_a_label_axis_that_some_lack_is_refused() -> None:
    bare = experiment(settings("MCBN", 6), MCBN)
    bare = experiment(settings("MCBN", 6), MCBN, curve=bare.curve.drop(columns="spent"))
    with pytest.raises(UserError, match="did not log 'spent', the others did: label axes can't be mixed"):
        compare([*runs(), bare], Question())


def test_conditions_on_parameters() -> None:
    mixed = [*runs((1,), al_batch=16), *runs((1,), al_batch=8), level()]
    assert len(selecting.where(mixed, ["al.batch=16"])) == 3  # full supervision has no batches
    assert len(selecting.where(mixed, ["al.batch=16,8", "seed=1"])) == 5
    assert len(selecting.where([*mixed, experiment(full(2), [0.8])], ["seed=1"])) == 6  # a level is of no one seed
    with pytest.raises(UserError, match=r"no run meets --where al\.batch=9: al\.batch is 16 or 8 there"):
        selecting.where(mixed, ["al.batch=9"])
    with pytest.raises(UserError, match="expected KEY=VALUE"):
        selecting.where(mixed, ["al.batch"])


def test_balance_overlap_and_time_by_round() -> None:
    """Of 1000 - 20 tiles both take 40 a round; 10 of the first 40 are the same, and 50 of the first 80."""
    tiles = [[f"t{i}" for i in range(40 * r, 40 * r + 40)] for r in range(4)]
    one = {"r01": frozenset(tiles[0]), "r02": frozenset(tiles[1])}
    other = {"r01": frozenset(tiles[0][:10] + tiles[2][:30]), "r02": frozenset(tiles[1])}
    random = experiment(settings("Random", 1), RANDOM[:3], acquired=one)
    mcbn = experiment(settings("MCBN", 1), MCBN[:3], acquired=other)
    grouped, _, _ = groups.group([random, mcbn], ("al.method", "al.acquisition"), force=False)
    table = acquired.overlap(grouped)
    assert list(table["overlap"]) == pytest.approx([10 / 70, 50 / 110])
    by_chance = [40 * 40 / 980, 80 * 80 / 980]
    assert list(table["by_chance"]) == pytest.approx(
        [by_chance[0] / (80 - by_chance[0]), by_chance[1] / (160 - by_chance[1])]
    )
    rounds = acquired.rounds(grouped)
    assert list(rounds["change_share"]) == [0.25] * 4 and list(rounds["pool_share"]) == [0.05] * 4
    assert list(rounds["seconds"]) == [60] * 4 and list(rounds["round"]) == [1, 2, 1, 2]
    assert METRIC in random.curve


def test_a_seed_model_from_the_cache_took_no_time_and_hides_no_round() -> None:
    """r00 without seconds: the rounds' 100, 10 and 20 count all the same."""
    table = frame(rows(RANDOM)).assign(seconds=[float("nan"), 100, 10, 20])
    grouped, _, _ = groups.group(
        [experiment(settings("Random", 1), [], curve=table), *runs((1,))[1:]], ("al.method",), force=False
    )
    assert [acquired.seconds(group) for group in grouped] == [20, 60]
