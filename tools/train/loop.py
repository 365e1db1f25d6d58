"""The training loop: steps, checkpoints, curves, progress."""

import copy
import csv
import sys
import time

import torch

import losses
import schedule

CHECKPOINT_EVERY_S = 60
TELL_EVERY_S = 10
LARGEST_GRADIENT = 1.0  # norm


def pace(done, steps, seconds):
    left = seconds / max(1, done) * (steps - done)
    return f"{done / max(seconds, 1e-9):.1f} steps/s, {left / 60:.0f} min left"


class Training:
    """One network on its way. `folder` holds checkpoint.pt and curve.csv."""

    def __init__(self, recipe, network, pool, validation, folder, team, device):
        self.recipe, self.pool, self.validation = recipe, pool, validation
        self.folder, self.team, self.device = folder, team, device
        self.network = network.to(device)
        self.average = schedule.Average(copy.deepcopy(self.network))
        self.optimizer = torch.optim.Adam(self.network.parameters(), betas=(0.9, 0.99))
        self.step = 0
        self.trained_s = 0.0
        self.curve = []

    @property
    def checkpoint(self):
        return self.folder / "checkpoint.pt"

    def resume(self):
        """Goes on where the last checkpoint was written, if there is one."""
        if not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, map_location=self.device)
        if state["recipe"] != repr(self.recipe):
            raise ValueError(f"{self.checkpoint}: is of another recipe; remove it to start again")
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.trained_s = state["step"], state["trained_s"]
        self.curve = state["curve"]

    def save(self):
        state = {"recipe": repr(self.recipe), "network": self.network.state_dict(),
                 "average": self.average.network.state_dict(),
                 "optimizer": self.optimizer.state_dict(), "step": self.step,
                 "trained_s": self.trained_s, "curve": self.curve}
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.checkpoint)
        with open(self.folder / "curve.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("step", "seconds", "rate", "loss", "validation_psnr"))
            writer.writerows(self.curve)

    def one_step(self):
        recipe, progress = self.recipe, self.step / self.recipe.steps
        small, large = self.pool.batch(recipe.seed, self.step, recipe.batch, recipe.patch,
                                       self.team.part(recipe.batch))
        rate = schedule.rate(self.step, recipe.steps, recipe.peak_rate)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            result = self.network(small)
        value = losses.of(recipe)(result.float(), large, progress)
        value.backward()
        parameters = list(self.network.parameters())
        self.team.sum_gradients(parameters)
        torch.nn.utils.clip_grad_norm_(parameters, LARGEST_GRADIENT)
        self.optimizer.step()
        self.average.update(self.network, self.step)
        self.step += 1
        return rate, value.detach()

    def validate(self, count=None):
        return self.validation.psnr(self.average.network, self.device, count)

    def run(self, validate_every, until=None):
        """Until the recipe's last step, or until step `until`."""
        started = told = saved = time.monotonic()
        first, before = self.step, self.trained_s
        while self.step < (until or self.recipe.steps):
            rate, value = self.one_step()
            now = time.monotonic()
            self.trained_s = before + now - started
            if self.team.rank == 0:
                if now - told >= TELL_EVERY_S:
                    told = now
                    print(f"step {self.step}/{self.recipe.steps}  loss {float(value):.5f}  "
                          f"{pace(self.step - first, self.recipe.steps - first, now - started)}",
                          file=sys.stderr, flush=True)
                if self.step % validate_every == 0 or self.step == self.recipe.steps:
                    self.curve.append((self.step, round(self.trained_s, 1), rate, float(value),
                                       self.validate(10)))
                    print(f"step {self.step}: PSNR on 10 pictures {self.curve[-1][-1]:.3f} dB",
                          file=sys.stderr, flush=True)
                if now - saved >= CHECKPOINT_EVERY_S:
                    self.save()
                    saved = time.monotonic()
        if self.team.rank == 0:
            self.save()
