#!/usr/bin/env python3
"""Trains one of fovea's own models and writes it as safetensors.

    make train MODEL=standard-x2

or, where PyTorch, NumPy and Pillow are: python3 tools/train/train.py standard-x2 --data FOLDER.
What was begun goes on from its last checkpoint. README.md tells what data is needed."""

import argparse
import os
import pathlib
import sys
import tempfile

import torch

import data
import export
import loop
import teacher
import together
import training_pictures
import validate
from recipes import RECIPES

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", choices=RECIPES, metavar="MODEL", help="see --list")
    parser.add_argument("--list", action="store_true", help="tell what can be trained")
    parser.add_argument("--data", type=pathlib.Path, help="folder with T91 and BSDS200",
                        default=pathlib.Path(os.environ.get("FOVEA_TRAINING_DATA",
                                                            ROOT / "data" / "train")))
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "out" / "train")
    parser.add_argument("--processes", type=int, help="default: a core each on a CPU, 1 on a GPU")
    parser.add_argument("--device", help="cpu or cuda; default: cuda where there is one")
    parser.add_argument("--steps", type=int, help="fewer than the recipe's, for trying")
    parser.add_argument("--validate-every", type=int, default=2000, metavar="STEPS")
    parser.add_argument("--seed", type=int, help="another than the recipe's")
    options = parser.parse_args()
    if not options.list and options.model is None:
        parser.error("which MODEL? see --list")
    return options


def prepared(options):
    """The recipe with what the command line changes in it."""
    recipe = RECIPES[options.model]
    changes = {key: value for key, value in (("steps", options.steps), ("seed", options.seed))
               if value is not None}
    return type(recipe)(**{**vars(recipe), **changes})


def start_network(recipe, options):
    torch.manual_seed(recipe.seed)
    network = recipe.build()
    if recipe.start_from:
        before = options.out / recipe.start_from / "trained.pt"
        if not before.exists():
            raise training_pictures.DataError(
                f"{before}: {options.model} continues {recipe.start_from}; train that first")
        network.load_trunk(torch.load(before))
    return network


def work(rank, options, recipe, meeting):
    count = options.processes
    device = torch.device(options.device)
    if device.type == "cpu" and count > 1:
        torch.set_num_threads(1)
    team = together.Together(rank, count, meeting) if count > 1 else together.Alone()
    folder = options.out / options.model
    folder.mkdir(parents=True, exist_ok=True)
    validation = None
    if rank == 0:
        kept_back = data.load(recipe, options.data, options.out, training=False)
        validation = validate.of(recipe, kept_back)
        data.load(recipe, options.data, options.out, training=True)
    team.wait()
    pool = data.load(recipe, options.data, options.out, training=True).to(device)
    training = loop.Training(recipe, start_network(recipe, options), pool, validation, folder,
                             team, device)
    training.resume()
    training.run(options.validate_every)
    if rank == 0:
        figures = validation.figures(validation.each(training.average.network, device))
        path = folder / f"{options.model}.safetensors"
        export.write(options.model, training, figures, path)
        torch.save(training.average.network.state_dict(), folder / "trained.pt")
        print(f"{path}: trained for {training.trained_s / 60:.0f} min; on the pictures kept back:")
        for key, value in figures.items():
            print(f"  {key} {value}")


def main():
    options = arguments()
    if options.list:
        for name, recipe in RECIPES.items():
            print(f"{name:16} {recipe.architecture} {recipe.parameters}: {recipe.purpose}")
        return 0
    options.device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    on_cpu = options.device == "cpu"
    options.processes = options.processes or (len(os.sched_getaffinity(0)) if on_cpu else 1)
    recipe = prepared(options)
    while recipe.batch % options.processes:
        options.processes -= 1
    try:
        if options.processes == 1:
            work(0, options, recipe, None)
        else:
            with tempfile.TemporaryDirectory() as folder:
                torch.multiprocessing.spawn(work, (options, recipe, f"{folder}/meeting"),
                                            nprocs=options.processes)
    except (training_pictures.DataError, teacher.TeacherError, ValueError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
