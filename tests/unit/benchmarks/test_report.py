from benchmarks.quality.report import COLUMNS, Result, tables


def result(system, picture, **metrics):
    return Result(picture, "soft", "network", system, "plain", dict.fromkeys(COLUMNS, 0.5) | metrics)


def row(text, system):
    return next(line for line in text.splitlines() if line.startswith(f"| plain | {system} "))


def test_a_cell_is_the_mean_over_pictures_and_the_better_one_is_bold():
    text = tables(
        [result("ours", "a", MAE=0.1), result("ours", "b", MAE=0.3), result("rembg", "a", MAE=0.4), result("rembg", "b", MAE=0.4)]
    )
    assert "**0.2000**" in row(text, "ours")
    assert "| 0.4000 |" in row(text, "rembg")


def test_more_is_better_for_iou():
    text = tables([result("ours", "a", IoU=0.9), result("rembg", "a", IoU=0.8)])
    assert "**0.900**" in row(text, "ours")


def test_figures_that_look_the_same_are_not_bold():
    assert "**" not in tables([result("ours", "a", MAE=0.10001), result("rembg", "a", MAE=0.10002)])


def test_pictures_on_which_we_are_nearer_the_truth_are_counted():
    better, worse = {"over green": 1.0}, {"over green": 2.0}
    text = tables(
        [result("ours", "a", **better), result("rembg", "a", **worse), result("ours", "b", **worse), result("rembg", "b", **better)]
    )
    assert "| 1 of 2 |" in row(text, "ours")
