#!/usr/bin/env python3
"""Tests of the trainer's parts: network, optimiser, checkpoints, averages. Needs no corpus.

  test_training.py
"""

import pathlib
import sys
import tempfile
import unittest

import torch

import average
import checkpoint
import optimiser
from model import Model, Shape, fresh_weights

SMALL = Shape(vocab=64, width=32, layers=2, heads=2, hidden=48, window=64)


class Network(unittest.TestCase):
    def setUp(self):
        self.weights = fresh_weights(SMALL, 3)
        self.ids = torch.randint(0, SMALL.vocab, (2, 20), generator=torch.Generator().manual_seed(1))

    def test_a_cache_changes_no_feature(self):
        model = Model(SMALL, self.weights)
        whole = model.features(self.ids)
        cache, pieces = {}, []
        for begin, end in ((0, 9), (9, 10), (10, 20)):
            pieces.append(model.features(self.ids[:, begin:end], begin, cache))
        torch.testing.assert_close(torch.cat(pieces, 1), whole, rtol=1e-4, atol=1e-4)

    def test_kept_positions_equal_those_of_the_whole(self):
        model, keep = Model(SMALL, self.weights), torch.tensor([0, 5, 21, 39])
        whole = model.features(self.ids).view(-1, SMALL.width)
        torch.testing.assert_close(model.features(self.ids, keep=keep), whole[keep], rtol=1e-4, atol=1e-4)

    def test_steps_lower_the_loss(self):
        run = checkpoint.Run.fresh(SMALL, self.weights)
        for w in run.weights.values():
            w.requires_grad_(True)
        model, losses = Model(SMALL, run.weights), []
        for step in range(1, 31):
            loss, weight = model.loss(self.ids, torch.ones(self.ids.shape))
            loss.backward()
            losses.append(float(loss.detach()) / weight)
            with torch.no_grad():
                for name, w in run.weights.items():
                    optimiser.update(name, w, w.grad / weight, run.state, optimiser.Rates(), 1.0, step)
                    w.grad = None
        self.assertLess(losses[-1], 0.5 * losses[0])


class Checkpoints(unittest.TestCase):
    def test_new_layers_change_nothing_at_first(self):
        run = checkpoint.Run.fresh(SMALL, fresh_weights(SMALL, 3))
        ids = torch.randint(0, SMALL.vocab, (2, 20), generator=torch.Generator().manual_seed(1))
        before = Model(SMALL, run.weights).features(ids)
        for layers in (3, 4, 5):
            more = checkpoint.grown(run, layers)
            self.assertEqual(set(fresh_weights(more.shape, 1)), set(more.weights))
            torch.testing.assert_close(Model(more.shape, more.weights).features(ids), before)

    def run_in(self, folder, name, seed, tokens):
        run = checkpoint.Run.fresh(SMALL, fresh_weights(SMALL, seed))
        run.step, run.tokens = 10 * seed, tokens
        path = pathlib.Path(folder) / name
        checkpoint.save(path, run)
        return run, path

    def test_a_saved_run_is_loaded_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            run, path = self.run_in(folder, "a.pt", 1, 500)
            run.average = {k: w + 1 for k, w in run.weights.items()}
            checkpoint.save(path, run)
            again = checkpoint.load(path)
            self.assertEqual((again.shape, again.step, again.tokens), (SMALL, 10, 500))
            for name, w in run.weights.items():
                torch.testing.assert_close(again.weights[name], w)
                torch.testing.assert_close(again.average[name], w + 1)

    def test_a_checkpoint_without_an_average_is_resumed_from_its_weights(self):
        with tempfile.TemporaryDirectory() as folder:
            _, path = self.run_in(folder, "a.pt", 1, 500)
            saved = torch.load(path, weights_only=True)
            del saved["average"]
            torch.save(saved, path)
            again = checkpoint.load(path)
            again.place("cpu", 1, 16, 1)
            for name, w in again.weights.items():
                torch.testing.assert_close(again.average[name], w)
                self.assertNotEqual(again.average[name].data_ptr(), w.data_ptr())

    def test_an_average_weighs_its_parts_and_counts_as_the_furthest(self):
        with tempfile.TemporaryDirectory() as folder:
            a, first = self.run_in(folder, "a.pt", 1, 500)
            b, second = self.run_in(folder, "b.pt", 2, 900)
            terms = [average.term(f"0.25*{first}"), average.term(f"0.75*{second}:average")]
            mean = average.averaged([(f, checkpoint.load(p), s) for f, p, s in terms])
            self.assertEqual((mean.step, mean.tokens), (20, 900))
            for name, w in mean.weights.items():
                torch.testing.assert_close(w, 0.25 * a.weights[name] + 0.75 * b.weights[name])


if __name__ == "__main__":
    torch.manual_seed(2)
    sys.exit(not unittest.main(exit=False, verbosity=0).result.wasSuccessful())
