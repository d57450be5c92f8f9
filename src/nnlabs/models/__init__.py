"""Torch modules by name: linear, mlp, cnn, whitened_cnn, resnet, rnn, lstm, gru, transformer; and a summary of any of them."""
