"""What the tests of fovea eval have in common."""

import json

import picture_files
from harness import FoveaTest


def smooth(width, height, channels=3, add=0):
    """Rows of a picture with slopes and edges, far from black and white."""
    return [[60 + add + (3 * x + 5 * y + 20 * c + (40 if (x // 6 + y // 5) % 2 else 0)) % 120
             for x in range(width) for c in range(channels)] for y in range(height)]


class EvalTest(FoveaTest):

    def smooth(self, name, width=48, height=36, channels=3, add=0):
        rows = smooth(width, height, channels, add)
        return self.write(name, picture_files.png(width, height, channels, rows=rows))

    def rows(self, *arguments):
        run = self.succeed("eval", "--json", *arguments)
        return [json.loads(line) for line in run.out.decode().splitlines()]

    def row(self, *arguments):
        row, = self.rows(*arguments)
        return row
