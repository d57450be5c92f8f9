"""Figures of lab 3 that need the runs themselves: weights, gaps, structures."""

from __future__ import annotations

import numpy as np

from nnlabs.labkit.study import Study
from nnlabs.labs.regularization.figures.gaps import generalization_gap
from nnlabs.labs.regularization.figures.scatter import Topology, topologies
from nnlabs.labs.regularization.figures.weights import first_layer_images, weight_histograms
from nnlabs.labs.regularization.runs import Groups, with_other_data
from nnlabs.labs.regularization.settings import PLAIN, TOGETHER, RegularizationConfig
from nnlabs.stats.intervals import mean_interval
from nnlabs.sweeps.results import gap, has_network, tested


def name_parts(config: RegularizationConfig) -> str:
    """What `together` is made of, for the line under a figure that shows it."""
    return f" · {TOGETHER}: {', '.join(config.parts)}" if config.parts else ""


def noise_line(study: Study, config: RegularizationConfig) -> str:
    """The line under figures and tables of the second half of act 1."""
    sizes = [study.train_size(config.noise.train_size)] if config.noise.train_size else []
    return study.data_line(*sizes, label_noise=config.noise.label_noise)


def draw_weights(study: Study, groups: Groups) -> None:
    """What the penalties leave of the weights: histograms, and the first layer as images."""
    from nnlabs.runs.inspect import first_layer

    shown = {name: next(filter(has_network, groups.get(name, [])), None) for name in (PLAIN, "L2", "L1")}
    found = {name: first_layer(run) for name, run in shown.items() if run is not None}
    layers = {name: weights for name, weights in found.items() if weights is not None}
    if not layers:
        return  # the network does not begin with a linear layer over all pixels
    study.draw("1_weight_histograms", weight_histograms, layers, study.data_line(seeds=1))
    channels, height, width = study.splits.train.shape
    units = {name: weights[:24].reshape(-1, channels, height, width).mean(axis=1) for name, weights in layers.items()}
    mean = " · mean over the colors" if channels > 1 else ""
    study.draw("1_first_layer", first_layer_images, units, study.data_line(seeds=1) + mean)


def draw_gaps(study: Study, name: str, techniques: Groups, line: str, label_noise: float = 0.0) -> None:
    """The generalization gap and the test accuracy of each technique."""
    gaps = {name: mean_interval(gap(runs)) for name, runs in techniques.items()}
    accuracy = {name: mean_interval(tested(runs, "accuracy")) for name, runs in techniques.items()}
    study.draw(name, generalization_gap, gaps, accuracy, line, label_noise)


def draw_topologies(study: Study, groups: Groups) -> None:
    """Test accuracy of each structure against what one image costs it."""
    from nnlabs.runs.inspect import count_model

    apart = with_other_data(groups)
    points = {
        name: Topology(
            *count_model(runs[0]),
            mean_interval(tested(runs, "accuracy")),
            float(np.mean([not has_network(run) for run in runs])),
            name in apart,
        )
        for name, runs in groups.items()
    }
    sizes = [runs[0].config.data.train_size for runs in groups.values()]
    study.draw("4_topologies", topologies, points, study.data_line(*sizes, seeds=len(next(iter(groups.values())))))
