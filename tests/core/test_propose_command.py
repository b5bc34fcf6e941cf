"""`etp propose` prints the proposals of a score file and refuses what is none."""

import csv
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from etp_core.cli import app, convert, propose  # noqa: F401  (each adds its command to app)
from etp_core.errors import InputError
from etp_core.formats import FORMATS


def run(*arguments):
    result = CliRunner().invoke(app, ["propose", *map(str, arguments)], standalone_mode=False)
    if isinstance(result.exception, Exception):
        raise result.exception
    return [tuple(line.split("\t")) for line in result.stdout.splitlines()]


@pytest.fixture
def scores(tmp_path):
    curves = np.zeros((2, 40))
    curves[0, 5:15] = 0.5
    curves[1, 20:30] = 0.75
    np.save(tmp_path / "scores.npy", curves)
    return tmp_path / "scores.npy"


def test_rows_are_start_end_label_and_score_best_first(scores):
    rows = run(scores, "--threshold", 0.3, "--min-length", 4, "--sigma", 0)
    assert rows == [("20", "30", "1", "0.75"), ("5", "15", "0", "0.5")]
    rows = run(scores, "--threshold", 0.3, "--max-length", 10, "--sigma", 0)
    assert rows == []


def test_one_option_takes_several_thresholds(scores):
    low_and_high = [("20", "30", "1", "0.75"), ("5", "15", "0", "0.5")]
    assert run(scores, "--sigma", 0, "--threshold", 0.6) == low_and_high[:1]
    assert run("--sigma", 0, "--threshold", 0.6, 0.4, scores) == low_and_high
    assert run(scores, "--threshold", 0.6, "--threshold", 0.4, "--sigma", 0) == low_and_high


def test_the_same_rows_go_to_a_csv_that_is_not_overwritten(scores, tmp_path):
    out = tmp_path / "out.csv"
    rows = run(scores, "--threshold", 0.6, "--sigma", 0, "--csv", out)
    with out.open(newline="") as file:
        header, *written = csv.reader(file)
    assert header == ["start_frame", "end_frame", "label", "score"]
    assert [tuple(row) for row in written] == rows == [("20", "30", "1", "0.75")]
    with pytest.raises(InputError, match=r"out\.csv: exists already; use --force"):
        run(scores, "--threshold", 0.6, "--csv", out)
    assert run(scores, "--threshold", 0.6, "--sigma", 0, "--csv", out, "--force") == rows


def test_what_is_no_array_of_scores_is_refused_with_the_files_name(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (sys.exit, ("unpickled",))

    files = {
        "nan.npy": np.array([0, np.nan]),
        "cube.npy": np.zeros((2, 2, 2)),
        "text.npy": np.array(["a"]),
        "empty.npy": np.zeros((3, 0)),
        "pickle.npy": np.array([Bomb()], dtype=object),
    }
    for name, array in files.items():
        np.save(tmp_path / name, array)
    np.savez(tmp_path / "several.npz", a=np.zeros(3))
    (tmp_path / "words.npy").write_text("no array")
    (tmp_path / "nothing.npy").write_bytes(b"")
    for name in (*files, "several.npz", "words.npy", "nothing.npy", "missing.npy"):
        with pytest.raises(InputError, match=name):
            run(tmp_path / name, "--threshold", 0.5)


def test_an_option_that_cannot_be_meant_is_refused(scores):
    for option in (("--sigma", -1), ("--nms", 2), ("--min-length", "nan")):
        with pytest.raises(InputError):
            run(scores, "--threshold", 0.5, *option)
    with pytest.raises(Exception, match="threshold"):  # click's, whichever click typer uses
        run(scores)


def test_a_file_that_holds_no_array_is_refused_without_advice_to_unpickle_it(tmp_path):
    (tmp_path / "rows.csv").write_text("video,label\n")
    with pytest.raises(InputError, match=r"rows\.csv: is not an array of numbers") as refused:
        run(tmp_path / "rows.csv", "--threshold", 0.5)
    assert "pickle" not in str(refused.value)


def test_the_help_of_convert_names_every_format():
    text = CliRunner().invoke(app, ["convert", "--help"]).stdout
    assert all(name in text for name in FORMATS)
