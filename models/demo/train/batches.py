"""Batches of token ids for training: dialogues of similar length, and copy drills."""

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


def _span_weights(context, begin, end):
    """1 for each token of the span that what precedes it in the span settles, else 0."""
    places, weights = range(len(context)), []
    for offset in range(end - begin):
        weights.append(1.0 if len(places) == 1 else 0.0)
        wanted = context[begin + offset]
        places = [p for p in places if p + offset < len(context) and context[p + offset] == wanted]
    return weights


def _copy_row(rng, ordinary_tokens, length):
    """One row of a copy drill, as (ids, weights)."""
    size = rng.choice((ordinary_tokens, 256, 64, 24, 10))
    alphabet = [rng.randrange(ordinary_tokens) for _ in range(size)]
    mark = rng.randrange(ordinary_tokens)
    ids = [rng.choice(alphabet) for _ in range(rng.randint(length // 6, length // 2))]
    context, learn = list(ids), [0.0] * len(ids)
    while len(ids) + 8 < length:
        begin = rng.randrange(max(1, len(context) - 4))
        end = min(len(context), begin + rng.randint(4, 40), begin + length - len(ids) - 1)
        ids += [mark] + context[begin:end]
        learn += [0.0] + _span_weights(context, begin, end)
    return ids, learn


def copy_batch(rng, ordinary_tokens, budget=BATCH_TOKENS):
    """Random tokens, then pieces of them again, from anywhere and often; only what a piece's own beginning settles is
    learnt.

    Most rows draw from few different tokens, as names, codes and file lists do: there the token before does not say
    what comes next, and only who follows a piece along its whole length copies it right. Copying is what the model
    does most, and it does not start to work on dialogues alone for a long time.
    """
    length = rng.randint(24, 240)
    return _tensors([_copy_row(rng, ordinary_tokens, length) for _ in range(max(1, budget // length))])
