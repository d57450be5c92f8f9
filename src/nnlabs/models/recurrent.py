"""Recurrent networks that read an image row by row, from top to bottom (a signal number by number), and then say what it shows."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from nnlabs.models.mlp import make_dropout

# One of torch's recurrent networks; nn.RNNBase itself has no forward.
Recurrent = nn.RNN | nn.LSTM | nn.GRU


class RowReader(nn.Module):
    """h_t = cell(row_t, h_(t-1)) for each row of pixels; logits = W h_T + b from the last row's hidden state.

    Args:
        cell: torch's recurrent network.
        shape: channels, height and width of one image; a row is width times channels numbers.
        classes: number of classes.
        widths: hidden units of each layer.
        dropout: probability with which a number is dropped after each layer.
    """

    def __init__(
        self,
        cell: type[Recurrent],
        shape: tuple[int, int, int],
        classes: int,
        *,
        widths: tuple[int, ...],
        dropout: float,
    ) -> None:
        super().__init__()
        channels, _, width = shape
        inputs = [channels * width, *widths]
        self.layers = nn.ModuleList(
            cell(size, units, batch_first=True) for size, units in zip(inputs, widths, strict=False)
        )
        self.dropout = make_dropout(dropout)
        self.classifier = nn.Linear(widths[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, channels, height, width) to logits (n, classes)."""
        # (n, c, h, w) -> (n, h, c * w): a sequence of rows.
        rows = x.transpose(1, 2).flatten(2)
        for layer in self.layers:
            rows = self.dropout(layer(rows)[0])
        logits: Tensor = self.classifier(rows[:, -1])
        return logits


rnn = partial(RowReader, nn.RNN)
"""Elman's recurrent network (1990): h_t = tanh(W x_t + U h_(t-1) + b)."""

lstm = partial(RowReader, nn.LSTM)
"""Long short-term memory: gates decide what the cell takes in and shows (Hochreiter and Schmidhuber 1997), and what it keeps
(Gers, Schmidhuber and Cummins 2000)."""

gru = partial(RowReader, nn.GRU)
"""Gated recurrent unit (Cho et al. 2014, arXiv:1406.1078): an LSTM with two gates and no separate cell; in torch the
reset gate acts after the matrix product."""
