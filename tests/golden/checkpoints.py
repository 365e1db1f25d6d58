"""Writes checkpoints/: one small network as PyTorch saves it in all the ways that people find.

TYPE.safetensors are its weights; TYPE.WAY.pth must hold the same, bit for bit."""

import collections

import torch

from files import write_safetensors

TYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}
OTHER_WAY = {"f16": "zip", "bf16": "legacy"}


def as_saved(state):
    """One storage for all: tensors are views of it."""
    flat = torch.cat([value.reshape(-1) for value in state.values()])
    views, begin = collections.OrderedDict(), 0
    for name, value in state.items():
        views[name] = flat[begin : begin + value.numel()].view(value.shape)
        begin += value.numel()
    return views


def strided(value):
    """The same values in another order: channels last, or a column of a wider matrix."""
    if value.dim() == 4:
        return value.contiguous(memory_format=torch.channels_last)
    return torch.stack([value, value + 1], -1)[..., 0]


def mapped(state, change):
    return collections.OrderedDict((name, change(value)) for name, value in state.items())


def ways(state):
    """{way: what is saved, legacy or not}"""
    other = mapped(state, lambda value: torch.zeros(1).expand_as(value))  # strides of 0
    module = collections.OrderedDict(("module." + name, value) for name, value in state.items())
    return {
        "zip": (state, False),
        "legacy": (state, True),
        "params_ema": ({"params": other, "params_ema": state}, False),
        "module": ({"epoch": 3, "lr": 1e-4, "best": torch.tensor(31.5), "state_dict": module}, False),
        "views": (as_saved(state), False),
        "legacy_views": ({"params": as_saved(state)}, True),
        "parameters": (mapped(state, lambda value: torch.nn.Parameter(strided(value))), False),
    }


def write_checkpoints(folder, network):
    folder.mkdir(parents=True, exist_ok=True)
    exact = {name: value.float() for name, value in network.state_dict().items()}
    for name, dtype in TYPES.items():
        state = network.float().state_dict()  # an OrderedDict with the versions of its modules
        for key, value in exact.items():
            state[key] = value.to(dtype)
        stored = {key: value.float().numpy() for key, value in state.items()}
        write_safetensors(folder / f"{name}.safetensors", stored, name.upper())
        saved = ways(state)
        for way in saved if name == "f32" else (OTHER_WAY[name],):
            value, legacy = saved[way]
            torch.save(value, folder / f"{name}.{way}.pth",
                       _use_new_zipfile_serialization=not legacy)
