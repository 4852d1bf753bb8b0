"""The Inception v3 architecture (Szegedy et al. 2016) with random weights, as large and as slow as FID's network."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn


class Branches(nn.Module):
    """What several networks make of the same input, channel by channel after each other."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, rows, columns)."""
        out: list[torch.Tensor] = []
        for branch in self.branches:
            out.append(branch(x))
        return torch.cat(out, dim=1)


def conv(
    before: int, after: int, kernel: int | tuple[int, int], stride: int = 1, pad: int | tuple[int, int] = 0
) -> nn.Module:
    """Convolution, normalisation, rectifier."""
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, pad, bias=False), nn.BatchNorm2d(after, eps=0.001), nn.ReLU()
    )


def chain(before: int, *steps: tuple[int, int | tuple[int, int], int, int | tuple[int, int]]) -> nn.Module:
    """Convolutions after each other, each (channels, kernel, stride, padding)."""
    parts = []
    for after, kernel, stride, pad in steps:
        parts.append(conv(before, after, kernel, stride, pad))
        before = after
    return nn.Sequential(*parts)


def pooled(before: int, after: int) -> nn.Module:
    """Average of the neighbours, then a convolution."""
    return nn.Sequential(nn.AvgPool2d(3, 1, 1), conv(before, after, 1))


def block_a(n: int, pool: int) -> nn.Module:
    """Three sizes of window, padded."""
    return Branches(
        conv(n, 64, 1),
        chain(n, (48, 1, 1, 0), (64, 5, 1, 2)),
        chain(n, (64, 1, 1, 0), (96, 3, 1, 1), (96, 3, 1, 1)),
        pooled(n, pool),
    )


def block_b(n: int) -> nn.Module:
    """Half the rows and columns."""
    return Branches(conv(n, 384, 3, 2), chain(n, (64, 1, 1, 0), (96, 3, 1, 1), (96, 3, 2, 0)), nn.MaxPool2d(3, 2))


def block_c(n: int, c: int) -> nn.Module:
    """Windows of 7 x 7 in two steps."""
    wide, tall = ((1, 7), 1, (0, 3)), ((7, 1), 1, (3, 0))
    return Branches(
        conv(n, 192, 1),
        chain(n, (c, 1, 1, 0), (c, *wide), (192, *tall)),
        chain(n, (c, 1, 1, 0), (c, *tall), (c, *wide), (c, *tall), (192, *wide)),
        pooled(n, 192),
    )


def block_d(n: int) -> nn.Module:
    """Half the rows and columns again."""
    return Branches(
        chain(n, (192, 1, 1, 0), (320, 3, 2, 0)),
        chain(n, (192, 1, 1, 0), (192, (1, 7), 1, (0, 3)), (192, (7, 1), 1, (3, 0)), (192, 3, 2, 0)),
        nn.MaxPool2d(3, 2),
    )


def block_e(n: int) -> nn.Module:
    """Wide: rows and columns apart."""

    def cross(before: int) -> nn.Module:
        return Branches(conv(before, 384, (1, 3), 1, (0, 1)), conv(before, 384, (3, 1), 1, (1, 0)))

    return Branches(
        conv(n, 320, 1),
        nn.Sequential(conv(n, 384, 1), cross(384)),
        nn.Sequential(chain(n, (448, 1, 1, 0), (384, 3, 1, 1)), cross(384)),
        pooled(n, 192),
    )


class Network(nn.Module):
    """With `layers`, as the published file has them."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            chain(3, (32, 3, 2, 0), (32, 3, 1, 0), (64, 3, 1, 1)),
            nn.MaxPool2d(3, 2),
            chain(64, (80, 1, 1, 0), (192, 3, 1, 0)),
            nn.MaxPool2d(3, 2),
            *(block_a(192, 32), block_a(256, 64), block_a(288, 64), block_b(288)),
            *(block_c(768, c) for c in (128, 160, 160, 192)),
            *(block_d(768), block_e(1280), block_e(2048)),
            nn.AdaptiveAvgPool2d(1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, 299, 299) to (N, 2048, 1, 1)."""
        return self.layers(x)


def save(path: Path) -> Path:
    """Writes the network as TorchScript."""
    torch.manual_seed(0)
    torch.jit.script(Network().eval()).save(str(path))
    return path
