"""Batches of token ids for training: dialogues of similar length, and repeat drills."""

import random

import torch

BATCH_TOKENS = 1280  # of one batch on a CPU; a step takes several
POOL = 360           # dialogues sorted by length at a time
TURN_WEIGHT = 10.0   # tokens' worth of weight that every turn has beside its tokens
FIRST_WEIGHT = 2.0


def weights_of(count):
    """Weights of one assistant turn of `count` tokens.

    What to do is decided by few tokens: "yes" or "no", a call or an answer. Copying fills
    the rest. So a short turn counts more for each of its tokens, and a first token more.
    """
    each = 1 + TURN_WEIGHT / count
    return [FIRST_WEIGHT * each] + [each] * (count - 1)


def encode(tokenizer, segments):
    """Segments of (text, learn) to ids and a parallel list of weights in the loss."""
    ids, learn = [], []
    for text, wanted in segments:
        piece = tokenizer.encode(text)
        ids += piece
        learn += weights_of(len(piece)) if wanted else [0.0] * len(piece)
    return ids, learn


def _tensors(group):
    longest = max(len(ids) for ids, _ in group)
    ids = torch.zeros(len(group), longest, dtype=torch.long)
    learn = torch.zeros(len(group), longest)
    for row, (tokens, wanted) in enumerate(group):
        ids[row, :len(tokens)] = torch.tensor(tokens)
        learn[row, :len(tokens)] = torch.tensor(wanted)
    return ids, learn


def _cost(length):
    """Relative price of one row: attention grows with the square of the length."""
    return length * (1 + length / 1500)


def dialogue_batches(tokenizer, make_segments, seed, length_max, budget=BATCH_TOKENS):
    """Endless batches. `make_segments(rng)` returns one dialogue as (text, learn) segments."""
    rng = random.Random(seed)
    while True:
        pool = []
        while len(pool) < POOL:
            item = encode(tokenizer, make_segments(rng))
            if len(item[0]) <= length_max:
                pool.append(item)
        pool.sort(key=lambda item: len(item[0]))
        groups, group = [], []
        for item in pool:
            if group and _cost(len(item[0])) * (len(group) + 1) > budget:
                groups.append(group)
                group = []
            group.append(item)
        groups.append(group)
        rng.shuffle(groups)
        for group in groups:
            yield _tensors(group)


def repeat_batch(rng, ordinary_tokens, budget=BATCH_TOKENS):
    """Random tokens, a separator, the same tokens again; only the repetition is learnt.

    Copying is what the model does most, and it does not start to work on dialogues alone
    for a long time; this drill brings it about within two million tokens.
    """
    length = rng.randint(6, 48)
    rows = max(1, budget // (2 * length + 1))
    source = torch.Generator().manual_seed(rng.getrandbits(40))
    first = torch.randint(0, ordinary_tokens, (rows, length), generator=source)
    middle = torch.randint(0, ordinary_tokens, (rows, 1), generator=source)
    ids = torch.cat((first, middle, first), 1)
    learn = torch.zeros(ids.shape)
    learn[:, length + 2:] = 1
    return ids, learn
