"""The report of an ablation, of results made up by hand: every figure in its place."""

import re
from pathlib import Path
from typing import Any

import pytest

from etp_core.ablation.report import write_report
from etp_core.ablation.rows import rows_of
from etp_core.config import Config
from etp_core.evolution import STAGES

TIOUS = ("0.3", "0.4", "0.5", "0.6", "0.7")


def result(base: float) -> dict[str, Any]:
    """mAP at .3 to .7 is base + 5 … base + 1, less 10 a stage earlier, 20 more in activitynet."""

    def rated(plus: float) -> dict[str, Any]:
        means = {t: base + plus + 5 - i for i, t in enumerate(TIOUS)}
        classes = {t: {"run": m + 1, "jump": m - 1} for t, m in means.items()}
        error = {"start_s": (base + plus) / 100, "end_s": (base + plus) / 50}
        return {"mAP": means, "AP": classes, "boundary_error": error}

    stages = {stage: rated(-10 * (2 - i)) for i, stage in enumerate(STAGES)}
    return {
        "stages": stages,
        "protocols": {"thumos14": rated(0), "activitynet": rated(20)},
        "seconds": {"actionness": "shared", "refinement": 2.5, "localization": 1.5},
    }


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    rows = rows_of(Config(), (0.5, 2.0))
    results = {
        (row.name, seed): result(30 + i + 2 * seed) for i, row in enumerate(rows) for seed in (0, 1)
    }
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, rows, (0, 1), results, {"etp": "1"}, lambda row, seed: f"{row.name} {seed}")
    return path.read_text("utf-8")


def table(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    part = re.search(f"<h2>{heading}.*?</table>", page, re.S)
    assert part, heading
    rows = re.findall(r"<tr>(.*?)</tr>", part[0], re.S)
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S) for row in rows]
    return [[" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in row] for row in cells]


def spread(*means: float) -> list[str]:
    """Two seeds that are 2 apart."""
    return [f"{mean:.1f} ± 1.4" for mean in means]


def test_tables_1_to_3_are_of_the_full_system_and_of_single_modalities(page: str) -> None:
    head, *protocols = table(page, "Table 1")
    assert head == ["protocol", *TIOUS]
    assert protocols == [
        ["thumos14", *spread(36, 35, 34, 33, 32)],
        ["activitynet", *spread(56, 55, 54, 53, 52)],
    ]
    assert table(page, "Table 2") == [
        ["run", *spread(35)],
        ["jump", *spread(33)],
        ["mAP", *spread(34)],
    ]
    assert [row[0] for row in table(page, "Table 3")[1:]] == [
        "rgbdiff + flow, refined, NLPF",
        "rgbdiff",
        "flow",
    ]
    assert table(page, "Table 3")[3][1:] == spread(38, 37, 36, 35, 34)


def test_stages_have_their_own_precision_and_boundary_errors(page: str) -> None:
    head, first, _, last = table(page, "Stage by stage")
    assert head == ["after", *TIOUS, "start, s", "end, s"]
    assert first == ["actionness", *spread(16, 15, 14, 13, 12), "0.110 ± 0.014", "0.220 ± 0.028"]
    assert last[-2:] == ["0.310 ± 0.014", "0.620 ± 0.028"]


def test_figures_5_to_7_and_every_run_are_there(page: str) -> None:
    assert re.findall(r"<h2>(Figure \d)</h2>", page) == ["Figure 5", "Figure 6", "Figure 7"]
    assert page.count("<svg") == 3
    figure = page.split("<h2>Figure 6</h2>")[1].split("<h2>")[0]
    assert "NLPF" in figure and "STPF" in figure
    # labels of bars: AP of run and jump, NLPF of the full system and STPF four rows below
    assert re.findall(r">(\d\d)</text>", figure)[-4:] == ["35", "33", "39", "37"]
    everything = table(page, "All rows")
    assert everything[4] == [
        "without refinement Figure 5", *spread(39, 38, 37, 36, 35), "0.340 ± 0.014", "0.680 ± 0.028"
    ]  # fmt: skip
    head, *runs = table(page, "Every run")
    assert head == ["row", *TIOUS, "seed", "actionness, s", "refinement, s", "localization, s"]
    assert len(runs) == 7 * 2
    assert runs[3] == [
        *("rgbdiff", "38.0", "37.0", "36.0", "35.0", "34.0", "1"),
        *("shared", "2.5", "1.5"),
    ]
    assert "<pre>stpf 1</pre>" in page


def test_of_rows_that_were_not_run_nothing_is_said(tmp_path: Path) -> None:
    rows = [row for row in rows_of(Config(), (2.0,)) if row.name in ("flow", "unrefined")]
    results = {(row.name, 0): result(40) for row in rows}
    write_report(tmp_path / "r.html", rows, (0,), results, {}, lambda row, seed: "")
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "Table 1" not in re.sub("<small>.*?</small>", "", page)
    assert "Figure 5</h2>" not in page


def test_an_error_that_one_seed_alone_has_is_shown_without_a_spread(tmp_path: Path) -> None:
    rows = rows_of(Config(), (2.0,))
    results = {(row.name, seed): result(40) for row in rows for seed in (0, 1)}
    nothing = {"start_s": None, "end_s": None}
    results["full", 1]["stages"]["localization"]["boundary_error"] = nothing
    write_report(tmp_path / "r.html", rows, (0, 1), results, {}, lambda row, seed: "")
    *_, last = table((tmp_path / "r.html").read_text("utf-8"), "Stage by stage")
    assert last[-2:] == ["0.400", "0.800"]


def test_one_seed_has_no_spread(tmp_path: Path) -> None:
    rows = rows_of(Config(), (2.0,))
    results = {(row.name, 7): result(40) for row in rows}
    write_report(tmp_path / "r.html", rows, (7,), results, {}, lambda row, seed: "")
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "of one seed (7)" in page and "±" not in page
    assert table(page, "Table 1")[1][1:] == ["45.0", "44.0", "43.0", "42.0", "41.0"]
