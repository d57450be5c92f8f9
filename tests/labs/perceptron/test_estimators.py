from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import Perceptron as Reference
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnlabs.data.tabular import blobs, digits, iris, moons
from nnlabs.labs.perceptron.estimators import AveragedPerceptron, MulticlassPerceptron, Perceptron, PocketPerceptron

ALL = [Perceptron, PocketPerceptron, AveragedPerceptron, MulticlassPerceptron]


@pytest.mark.slow
def test_check_estimator_passes_without_a_skip():
    # In a process of its own: SCIPY_ARRAY_API, without which one check is skipped, must be set before scipy is imported.
    code = """
from collections import Counter
from sklearn.utils.estimator_checks import check_estimator
from nnlabs.labs.perceptron import estimators
for name in ("Perceptron", "PocketPerceptron", "AveragedPerceptron", "MulticlassPerceptron"):
    results = check_estimator(getattr(estimators, name)(max_iter=20), on_skip=None)
    assert len(results) > 40, len(results)
    print(name, *sorted({result["status"] for result in results}))
"""
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == [f"{estimator.__name__} passed" for estimator in ALL]


@pytest.mark.parametrize(
    "table", [iris(), iris().only(["setosa", "virginica"]), moons(), digits()], ids=lambda t: t.title
)
def test_weights_equal_scikit_learns_after_every_epoch(table):
    # Classes come in blocks or in turn, whatever the table has; one-vs-rest where there are more than two.
    epochs = 3 if len(table) > 1000 else 20
    reference = Reference(shuffle=False, penalty=None, tol=None)
    for epoch in range(1, epochs + 1):
        ours = Perceptron(shuffle=False, max_iter=epoch).fit(table.x, table.y)
        reference.partial_fit(table.x, table.y, classes=np.unique(table.y))
        np.testing.assert_allclose(ours.coef_, reference.coef_, rtol=0, atol=1e-12)
        np.testing.assert_allclose(ours.intercept_, reference.intercept_, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(ours.predict(table.x), reference.predict(table.x))


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_epochs_equal_scikit_learns_given_the_same_orders(seed):
    table = iris()
    rng = np.random.RandomState(seed)
    reference = Reference(shuffle=False, penalty=None, tol=None)
    for epoch in range(1, 16):
        ours = Perceptron(random_state=seed, max_iter=epoch).fit(table.x, table.y)
        order = rng.permutation(150)
        reference.partial_fit(table.x[order], table.y[order], classes=[0, 1, 2])
        np.testing.assert_allclose(ours.coef_, reference.coef_, rtol=0, atol=1e-12)
        np.testing.assert_allclose(ours.intercept_, reference.intercept_, rtol=0, atol=1e-12)


@pytest.mark.parametrize("estimator", ALL)
def test_learning_stops_with_the_first_epoch_without_mistakes(estimator):
    table = iris().only(["setosa", "versicolor"])
    fitted = estimator(max_iter=1000).fit(table.x, table.y)
    assert fitted.converged_
    assert fitted.mistakes_[-1] == 0
    assert 0 not in fitted.mistakes_[:-1]
    assert fitted.n_iter_ == len(fitted.mistakes_) < 1000


def test_versicolor_and_virginica_never_settle():
    table = iris().only(["versicolor", "virginica"])
    fitted = Perceptron(max_iter=300).fit(table.x, table.y)
    assert not fitted.converged_
    assert fitted.n_iter_ == 300
    assert min(fitted.mistakes_) > 0


@pytest.mark.parametrize("estimator", [PocketPerceptron, AveragedPerceptron])
def test_pocket_and_average_beat_the_last_weights_where_no_line_separates(estimator):
    table = iris().only(["versicolor", "virginica"])

    def score(kind):
        return np.mean(
            [kind(random_state=seed, max_iter=50).fit(table.x, table.y).score(table.x, table.y) for seed in range(10)]
        )

    assert score(estimator) > score(Perceptron) + 0.02


def test_the_multiclass_rule_of_two_classes_is_the_binary_one():
    # Whole numbers: no product is rounded, so both rules judge examples on the boundary alike.
    table = moons()
    X = np.round(10 * table.x)
    ours = MulticlassPerceptron(max_iter=10).fit(X, table.y)
    np.testing.assert_array_equal(ours.coef_, 2 * Perceptron(max_iter=10).fit(X, table.y).coef_)
    assert ours.decision_function(X).shape == (200,)


def test_three_species_in_a_pipeline_and_a_grid_search():
    table = iris()
    pipeline = make_pipeline(StandardScaler(), MulticlassPerceptron())
    grid = {"multiclassperceptron__max_iter": [1, 50], "multiclassperceptron__random_state": [0, 1]}
    search = GridSearchCV(pipeline, grid, cv=5).fit(table.x, np.array(table.classes)[table.y])
    assert search.best_score_ > 0.9
    assert search.predict(table.x[:1]) == ["setosa"]


def test_mistakes_a_user_can_make_are_told():
    with pytest.raises(
        ValueError, match="Perceptron needs examples of at least two classes, but y has one class only: rose"
    ):
        Perceptron().fit([[1.0], [2.0]], ["rose", "rose"])
    with pytest.raises(
        ValueError, match="max_iter counts passes over the examples and must be a whole number, 1 or more, not 0"
    ):
        Perceptron(max_iter=0).fit([[1.0], [2.0]], [0, 1])


@pytest.mark.parametrize(
    "table", [iris().only(["setosa", "versicolor"]), blobs(100, 0.3), iris()], ids=lambda t: t.title
)
@pytest.mark.parametrize("epochs", [1, 5, 60])
def test_the_average_equals_scikit_learns_where_it_converges_early_too(table, epochs):
    options = {"loss": "perceptron", "penalty": None, "learning_rate": "constant", "eta0": 1.0, "tol": None}
    reference = SGDClassifier(average=True, shuffle=False, max_iter=epochs, **options).fit(table.x, table.y)
    ours = AveragedPerceptron(shuffle=False, max_iter=epochs).fit(table.x, table.y)
    assert ours.n_iter_ < 60 or len(table.classes) > 2
    np.testing.assert_allclose(ours.coef_, reference.coef_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.intercept_, reference.intercept_, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("epochs", ["3", 2.5, None, -1])
def test_epochs_are_counted(epochs):
    with pytest.raises(ValueError, match=r"max_iter counts passes .* whole number, 1 or more, not"):
        Perceptron(max_iter=epochs).fit([[1.0], [2.0]], [0, 1])
