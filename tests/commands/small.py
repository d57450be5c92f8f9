"""Settings of a network that is trained in a tenth of a second."""

QUICK = ["--data.train_size", "100", "--model.widths", "[16]", "--train.epochs", "3", "--train.lr", "0.005"]
