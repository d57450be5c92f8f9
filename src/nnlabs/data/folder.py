"""`folder:PATH`: anybody's own images, one sub-folder a class."""

from __future__ import annotations

import math

import numpy as np
import torch

from nnlabs.data.catalog import lookup
from nnlabs.data.examples import Examples, ImageFiles
from nnlabs.data.image_files import class_titles, folder_of, list_images
from nnlabs.data.images import ImageSet
from nnlabs.data.rows import hold_out

# More images than this, in bytes once they are read, stay on disk and are read anew in every epoch.
MEMORY_LIMIT = 2 * 2**30
TEST_SHARE = 0.2


def image_folder(name: str, seed: int, memory_limit: int = MEMORY_LIMIT) -> ImageSet:
    """The images below a folder, brought to (3, 32, 32); a fifth of each class is the test set.

    Args:
        name: `folder:PATH`; each sub-folder of PATH is a class, and each image file directly in it an example.
        seed: decides which images are the test set.
        memory_limit: bytes that images may take in memory; beyond it they are read from disk batch by batch.

    Raises:
        DataError: no such folder, no classes, too few images, or a file that is no readable image.
    """
    classes = list_images(folder_of(name))
    paths = [path for files in classes.values() for path in files]
    y = torch.arange(len(classes)).repeat_interleave(torch.tensor([len(files) for files in classes.values()]))
    examples: Examples = ImageFiles(paths, y)
    if len(y) * math.prod(examples.shape) <= memory_limit:
        examples = Examples(examples.x, y)
    divided = hold_out(y.numpy(), math.ceil(TEST_SHARE * len(y)), seed)
    train, test = (examples.select(torch.from_numpy(np.sort(rows))) for rows in divided)
    return ImageSet(lookup(name), class_titles(classes), train, test)
