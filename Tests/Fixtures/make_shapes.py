"""Writes Tests/Fixtures/shapes: the shapes that batch normalization sees in real networks.

    python Tests/Fixtures/make_shapes.py

Derived from the published definitions by arithmetic, nothing is downloaded or run. The lists
smoke.txt, primes.txt and regression.txt are kept by hand.
"""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "shapes"


def resnet50():
    """Bottleneck blocks, the stride in the first 1x1 convolution, on a 224x224 image."""
    yield 64, 112, 112
    for width, size in ((64, 56), (128, 28), (256, 14), (512, 7)):
        yield width, size, size
        yield 4 * width, size, size


def densenet121(growth=32):
    """Each dense layer normalizes all channels so far, then its 4 x growth bottleneck."""
    channels = 64
    yield channels, 112, 112
    for layers, size in ((6, 56), (12, 28), (24, 14), (16, 7)):
        for _ in range(layers):
            yield channels, size, size
            yield 4 * growth, size, size
            channels += growth
        yield channels, size, size  # the transition, or the last normalization
        channels //= 2


def googlenet():
    """Inception v1 with batch normalization after every convolution, on a 224x224 image."""
    yield 64, 112, 112
    yield 64, 56, 56
    yield 192, 56, 56
    # 1x1 branch; 3x3 branch (reduced, full); 5x5 branch (reduced, full); pooled branch
    blocks = {
        28: ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)),
        14: ((192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64),
             (128, 128, 256, 24, 64, 64), (112, 144, 288, 32, 64, 64),
             (256, 160, 320, 32, 128, 128)),
        7: ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)),
    }
    for size, widths in blocks.items():
        for block in widths:
            for channels in block:
                yield channels, size, size


def sequences():
    # CREPE, capacities full and tiny: 1024 samples, stride 4 once, then halved after every layer
    for widths in ((1024, 128, 128, 128, 256, 512), (128, 16, 16, 16, 32, 64)):
        for layer, channels in enumerate(widths):
            yield channels, 256 >> layer
    # M5: 32000 samples, stride 4, pooled by 4 between layers
    yield from ((128, 8000), (128, 2000), (256, 500), (512, 125))
    # Fully convolutional network, on Japanese Vowels padded to 29
    yield from ((128, 29), (256, 29))


def volumes():
    # ResNet-18 of 3-D convolutions, clips of 16 x 112 x 112
    yield from ((64, 16, 56, 56), (128, 8, 28, 28), (256, 4, 14, 14), (512, 2, 7, 7))
    # Residual 3-D U-Net of 16 to 256 channels, patches of 96 x 96 x 96
    for channels, size in ((16, 48), (32, 24), (64, 12), (128, 6), (256, 6)):
        yield channels, size, size, size


LISTS = {
    "resnet50": (resnet50, """\
ResNet-50 on a 224x224 image: every distinct input of its batch normalizations, without batch.
He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", 2015, table 1, with the
stride in the first 1x1 convolution of a block as there. (Stride in the 3x3, as in torchvision,
adds 128x56x56, 256x28x28 and 512x14x14.)"""),
    "densenet121": (densenet121, """\
DenseNet-121 on a 224x224 image: every distinct input of its batch normalizations, without batch.
Huang, Liu, van der Maaten, Weinberger, "Densely Connected Convolutional Networks", 2017, table 1;
growth 32, bottleneck 128, transitions halve the channels."""),
    "googlenet": (googlenet, """\
GoogLeNet on a 224x224 image: every distinct output of its convolutions, where the variant with
batch normalization has it, without batch. Szegedy and others, "Going Deeper with Convolutions",
2015, table 1; without the auxiliary classifiers."""),
    "sequences": (sequences, """\
1-D networks, channels x length, without batch: CREPE full and tiny (Kim, Salamon, Li, Bello,
2018), M5 (Dai and others, "Very Deep Convolutional Neural Networks for Raw Waveforms", 2016),
FCN (Wang, Yan, Oates, "Time Series Classification from Scratch", 2017)."""),
    "volumes": (volumes, """\
3-D networks, channels x depth x height x width, without batch: ResNet-18 of 3-D convolutions on
clips (Tran and others, "A Closer Look at Spatiotemporal Convolutions", 2018) and a residual 3-D
U-Net on patches of 96 voxels."""),
}


if __name__ == "__main__":
    for name, (shapes, header) in LISTS.items():
        distinct = dict.fromkeys(shapes())
        lines = [f"# {line}" for line in header.splitlines()]
        lines += ["x".join(map(str, shape)) for shape in distinct]
        (FOLDER / f"{name}.txt").write_text("\n".join(lines) + "\n")
        print(f"{name:12}{len(distinct):4} shapes")
