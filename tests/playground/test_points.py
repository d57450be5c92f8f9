from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from nnlabs.data.tabular import iris
from nnlabs.errors import DataError
from nnlabs.playground.points import clouds, describe, extent, fit_scale, make_table, own, read_csv
from nnlabs.playground.settings import Settings
from nnlabs.playground.sources import SOURCES

PAIRS = ((0.0, 0.0, 2), (0.1, 0.0, 2), (1.0, 1.0, 4), (1.1, 1.0, 4))


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_is_the_same_for_the_same_seed_and_another_for_another(name):
    def draw(seed: int):
        return make_table(Settings(name, n=40, noise=0.1, points=PAIRS, seed=seed)).x

    assert np.array_equal(draw(1), draw(1))
    assert not np.array_equal(draw(1), draw(2))


def test_iris_has_two_features_three_classes_and_without_noise_the_published_values():
    table = make_table(Settings("iris", noise=0.0))
    assert np.array_equal(table.x, iris().x[:, 2:])
    assert len(table.classes) == 3


def test_five_clouds_lie_evenly_on_the_unit_circle():
    table = clouds(100, 0.0)
    centers = np.array([table.x[table.y == k].mean(0) for k in range(5)])
    assert np.allclose(np.hypot(*centers.T), 1)
    assert np.allclose(np.hypot(*(centers[1] - centers[0])), 2 * np.sin(np.pi / 5))


def test_own_classes_are_numbered_without_gaps_and_keep_their_letters():
    table = own(PAIRS)
    assert table.y.tolist() == [0, 0, 1, 1]
    assert table.classes == ("C", "E")


@pytest.mark.parametrize("points", [(), PAIRS[:2], PAIRS[:3]])
def test_too_few_own_points_are_told_so(points):
    with pytest.raises(DataError, match="two classes or more, and at least two points of each"):
        own(points)


def test_the_scale_is_that_of_scikit_learn():
    x = np.random.default_rng(0).normal(3, 2, (50, 2))
    x[:, 1] = 7  # constant
    assert np.allclose(fit_scale(x)(x), StandardScaler().fit_transform(x))


def test_a_constant_that_rounding_blurs_is_constant():
    x = np.column_stack([np.full(7, 0.1), np.arange(7)])
    assert x.std(0)[0] > 0
    assert fit_scale(x).std[0] == 1
    assert np.array_equal(fit_scale(np.zeros((3, 2))).std, [1, 1])


def test_own_classes_keep_the_color_in_which_they_were_drawn():
    table = own(PAIRS)
    assert describe(table, table, table)["hues"] == [2, 4]
    others = make_table(Settings("clouds"))
    assert describe(others, others, others)["hues"] == [0, 1, 2, 3, 4]


def test_the_plane_shows_all_points_and_of_own_ones_a_square_that_stays():
    left, right, bottom, top = extent(make_table(Settings("moons")))
    x = make_table(Settings("moons")).x
    assert left < x[:, 0].min() and x[:, 0].max() < right and bottom < x[:, 1].min() and x[:, 1].max() < top
    assert extent(own(PAIRS))[0] == pytest.approx(-1.21)


@pytest.mark.parametrize("comma", [",", ";", "\t"])
@pytest.mark.parametrize("header", ["", "width{0}height{0}kind\n"])
def test_csv_with_or_without_names_by_any_delimiter(comma, header):
    lines = ["1,10,cat", "2,20,dog", "", "3,15,cat", "2,10,bird", "2,20,dog", "2,10,bird"]
    text = header.format(comma) + "\n".join(lines).replace(",", comma)
    read = read_csv(text, 100, 6)
    assert read.classes == ["bird", "cat", "dog"]
    assert read.features == (["width", "height"] if header else ["x₁", "x₂"])
    assert read.points == [[-1, -1, 1], [0, 1, 2], [1, 0, 1], [0, -1, 0], [0, 1, 2], [0, -1, 0]]
    assert read.found == 6


def test_a_class_that_a_csv_file_has_once_is_named():
    with pytest.raises(DataError, match="the class bird stands in one line only; each class needs two at least"):
        read_csv("1,10,cat\n2,20,cat\n3,15,dog\n1,1,dog\n2,10,bird", 100, 6)
    with pytest.raises(DataError, match="parted by commas, semicolons or tabs"):
        read_csv("1|10|cat\n2|20|cat\n3|15|dog\n1|1|dog", 100, 6)


def test_of_a_long_csv_file_lines_are_drawn_from_all_of_it():
    text = "\n".join(f"{i},{i % 7},{'ab'[i % 2]}" for i in range(999))
    read = read_csv(text, 250, 6)
    assert (len(read.points), read.found) == (250, 999)
    assert [x for x, _, _ in read.points] == sorted(x for x, _, _ in read.points)
    assert {k for _, _, k in read.points} == {0, 1}


def test_no_class_is_lost_to_the_cut_of_a_long_csv_file():
    lines = [f"{i},{i % 7},{'ab'[i % 2]}" for i in range(3000)]
    lines[17] = lines[2400] = "1,2,rare"
    read = read_csv("\n".join(lines), 100, 6)
    assert read.classes == ["a", "b", "rare"]
    assert np.bincount([k for _, _, k in read.points]).tolist()[2] == 2
    assert len(read.points) == 100


@pytest.mark.parametrize("first", ["NA,1,a", "1,NA,a", "nan,?,a"])
def test_a_line_with_a_missing_number_is_no_header(first):
    with pytest.raises(DataError, match="line 1 of the CSV file: the first two columns must be numbers"):
        read_csv(f"{first}\n2,3,b\n4,5,a\n6,7,b\n8,9,a", 100, 6)


def test_lines_of_blanks_are_no_lines():
    assert read_csv("\n  \nx;y;c\n1;2;a\n2;3;b\n3;4;a\n4;5;b\n   \n", 100, 6).found == 4


def test_row_numbers_that_pandas_writes_are_no_feature():
    read = read_csv(",x,y,class\n0,5,1,a\n1,6,2,b\n2,7,1,a\n3,8,3,b", 100, 6)
    assert read.features == ["x", "y"]
    assert [point[0] for point in read.points] == pytest.approx([-1, -0.333, 0.333, 1])


def test_a_header_may_have_an_empty_cell():
    assert read_csv(",height,kind\n0,1,a\n1,2,b\n2,3,a\n3,4,b", 100, 6).features == ["", "height"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1,5;2,5;a\n2,5;3,5;b\n3,5;1,5;a\n4,5;2,5;b", "line 1 .*decimal point, not a comma"),
        ("x;y;c\n1.5;2,5;a\n2,5;3,5;b\n3,5;1,5;a", "line 2 .*decimal point, not a comma"),
        ("1,2,gr\ufffdn\n2,3,bla\ufffd\n3,4,bla\ufffd\n4,5,rot", "not UTF-8.*save it as UTF-8"),
        ("1,2,a\n2,3,b\n3,4, \n4,5,a", "line 3 .*the class, and is empty"),
        ("", "three columns"),
        ("x,y,class\n1,5,2,1,a\n2,1,3,2,b\n1,1,1,1,a\n2,2,4,3,b", "line 2 .*has 5 cells and its first line 3"),
        ("1,2\n3,4\n5,6\n7,8", "three columns"),
        ("a,b,c\n1,2,x\n1,oops,y\n3,4,x\n", "line 3 of the CSV file"),
        ("1,2,x\n2,3,x\n3,4,x\n4,5,x", "2 to 6 different ones, not 1"),
        ("1,2,a\n2,1e999,b\n3,4,a\n4,5,b", "line 2"),
        ("\n".join(f"{i},{i},{i}" for i in range(9)), "not 9"),
        ('1,2,"' + "x" * 200_000 + '"\n', "cannot be read as CSV"),
    ],
)
def test_csv_files_of_another_kind_are_told_so(text, says):
    with pytest.raises(DataError, match=says):
        read_csv(text, 100, 6)
