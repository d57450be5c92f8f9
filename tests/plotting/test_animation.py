from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from nnlabs.errors import RunError
from nnlabs.plotting.animation import DPI, render, save_gif
from nnlabs.plotting.style import new_figure, title

HEIGHTS = [0.0, 0.2, 0.7, 1.0]


def moving_line():
    figure, axes = new_figure(4, 3)
    title(figure, "A line that rises", "no data")
    (line,) = axes[0, 0].plot([0, 1], [0, 0])
    axes[0, 0].set_ylim(-0.1, 1.1)
    return figure, line


@pytest.fixture(scope="module")
def frames():
    figure, line = moving_line()
    return list(render(figure, [line], lambda height: line.set_ydata([0, height]), HEIGHTS))


def test_each_frame_is_what_drawing_the_whole_figure_would_give(frames):
    for frame, height in zip(frames, HEIGHTS, strict=True):
        figure, line = moving_line()
        line.set_ydata([0, height])
        figure.set_dpi(DPI)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        whole = np.asarray(canvas.buffer_rgba())
        # Spines, which a whole drawing lays over the line, are the only difference: a few pixels where the line meets them.
        assert np.mean(np.any(frame != whole, axis=-1)) < 1e-3


def test_frames_are_copies_that_later_steps_leave_alone(frames):
    assert len({frame.tobytes() for frame in frames}) == len(HEIGHTS)


def test_an_artist_can_be_hidden_for_a_step():
    figure, line = moving_line()
    shown, hidden, again = render(figure, [line], line.set_visible, [True, False, True])
    np.testing.assert_array_equal(shown, again)
    assert np.any(shown != hidden)


def test_a_gif_holds_each_frame_as_long_as_said_and_starts_again(frames, tmp_path):
    durations = [100, 250, 30, 4000]
    with Image.open(save_gif(tmp_path / "line.gif", frames, durations, "A line · 1 seed")) as gif:
        assert gif.n_frames == 4
        assert gif.info["comment"].decode() == "A line · 1 seed"
        assert gif.info["loop"] == 0
        palettes, found = set(), []
        for number, frame in enumerate(frames):
            gif.seek(number)
            found.append(gif.info["duration"])
            palettes.add(tuple(gif.global_palette.palette) if gif.global_palette else None)
            pixels = np.asarray(gif.convert("RGB")).astype(int)
            assert np.abs(pixels - frame[..., :3]).mean() < 0.5
            assert pixels[-1, -1].tolist() == [255, 255, 255]  # paper stays white
        assert found == durations
        assert len(palettes) == 1


def test_durations_must_be_as_many_as_frames(frames, tmp_path):
    with pytest.raises(ValueError, match="one duration a frame, but got 1 for 4 frames"):
        save_gif(tmp_path / "line.gif", frames, [100])
    assert not (tmp_path / "line.gif").exists()


def test_a_folder_that_cannot_be_written_is_told(frames, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match="cannot write"):
        save_gif(tmp_path / "file" / "line.gif", frames, [100] * 4)
