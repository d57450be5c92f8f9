from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    top_k_accuracy_score,
)

from nnlabs.training.metrics import accuracy, calibration_error, cross_entropy, measure, top_k

RNG = np.random.default_rng(0)
TARGETS = RNG.integers(0, 6, 500)
# Right more often than not, so that no measure is at an end of its range.
LOGITS = RNG.normal(size=(500, 6)).astype(np.float32) + 1.5 * np.eye(6, dtype=np.float32)[TARGETS]
PREDICTED = LOGITS.argmax(1)


def probabilities(logits):
    e = np.exp(logits.astype(np.float64))
    return e / e.sum(1, keepdims=True)


def test_single_measures_are_scikit_learns():
    assert accuracy(LOGITS, TARGETS) == accuracy_score(TARGETS, PREDICTED)
    assert cross_entropy(LOGITS, TARGETS) == pytest.approx(log_loss(TARGETS, probabilities(LOGITS)), rel=1e-9)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_top_k_is_scikit_learns(k):
    assert top_k(LOGITS, TARGETS, k) == pytest.approx(top_k_accuracy_score(TARGETS, LOGITS, k=k), rel=1e-12)


def test_top_k_of_all_classes_or_more_is_one():
    assert top_k(LOGITS, TARGETS, 6) == top_k(LOGITS, TARGETS, 9) == 1


def test_per_class_measures_are_scikit_learns():
    measures = measure(LOGITS, TARGETS)
    np.testing.assert_allclose(measures.precision, precision_score(TARGETS, PREDICTED, average=None))
    np.testing.assert_allclose(measures.recall, recall_score(TARGETS, PREDICTED, average=None))
    np.testing.assert_allclose(measures.f1, f1_score(TARGETS, PREDICTED, average=None))
    np.testing.assert_array_equal(measures.confusion, confusion_matrix(TARGETS, PREDICTED))


def test_a_class_never_seen_and_never_predicted_keeps_its_place():
    logits = np.array([[5.0, 0, 0, 0], [0, 5.0, 0, 0], [5.0, 0, 0, 0]])
    measures = measure(logits, np.array([0, 1, 1]))
    assert measures.confusion == ((1, 0, 0, 0), (1, 1, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0))
    assert measures.precision == (0.5, 1.0, 0.0, 0.0)
    assert measures.recall == (1.0, 0.5, 0.0, 0.0)
    assert measures.f1 == (pytest.approx(2 / 3), pytest.approx(2 / 3), 0.0, 0.0)


def test_measures_can_be_written_as_json():
    measures = measure(LOGITS, TARGETS)
    again = json.loads(json.dumps(asdict(measures)))
    assert again["accuracy"] == measures.accuracy
    assert again["confusion"][0] == list(measures.confusion[0])


def logits_of(confidences):
    """Two-class logits whose first class has the given probabilities."""
    p = np.asarray(confidences)
    return np.log(np.stack([p, 1 - p], axis=1))


def test_calibration_error_by_hand():
    # With ten bins: (0.5, 0.6] holds 0.55 right and 0.6 wrong: |1 - 1.15| = 0.15; (0.9, 1.0] holds 0.95, wrong: 0.95.
    error = calibration_error(logits_of([0.55, 0.6 - 1e-9, 0.95]), np.array([0, 1, 1]), bins=10)
    assert error == pytest.approx((0.15 + 0.95) / 3, abs=1e-6)


def test_calibrated_predictions_have_next_to_no_error_and_overconfident_ones_their_excess():
    rng = np.random.default_rng(1)
    p = rng.uniform(0.5, 1, 200_000)
    targets = (rng.uniform(size=len(p)) > p).astype(int)
    assert calibration_error(logits_of(p), targets) < 0.01
    confident = np.full(len(p), 0.999)
    assert calibration_error(logits_of(confident), targets) == pytest.approx(0.999 - (targets == 0).mean(), abs=1e-9)


def test_calibration_error_is_the_weighted_gap_of_accuracy_and_confidence_in_each_bin():
    confidence = probabilities(LOGITS).max(1)
    expected = 0.0
    for low in np.arange(15) / 15:
        inside = (confidence > low) & (confidence <= low + 1 / 15)
        if inside.any():
            gap = (PREDICTED == TARGETS)[inside].mean() - confidence[inside].mean()
            expected += inside.mean() * abs(gap)
    assert calibration_error(LOGITS, TARGETS) == pytest.approx(expected, rel=1e-9)


def test_huge_logits_do_not_overflow():
    logits = np.array([[1e4, 0.0], [0.0, 1e4]], dtype=np.float32)
    measures = measure(logits, np.array([0, 0]))
    assert (measures.loss, measures.accuracy, measures.calibration_error) == (
        pytest.approx(5e3),
        0.5,
        pytest.approx(0.5),
    )
