#!/usr/bin/env python3
"""Byte-level BPE with the pre-tokenizer that llama.cpp calls `qwen2`.

  tokenizer.py --train [--size 2048] [--spaces 700]         writes tokenizer.json
  tokenizer.py TEXT                                         shows the tokens of TEXT

Every digit is a token of its own, so numbers are copied digit by digit.
"""

import argparse
import collections
import json
import pathlib
import random

import regex

HERE = pathlib.Path(__file__).resolve().parent
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
USER_DEFINED = ["<think>", "</think>", "<tool_call>", "</tool_call>",
                "<tool_response>", "</tool_response>", "<code>", "</code>"]
SPECIAL = CONTROL + USER_DEFINED  # the last eleven ids, in this order

# Source: the pattern of LLAMA_VOCAB_PRE_TYPE_QWEN2 in llama.cpp.
PIECES = regex.compile(
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
    r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SPLIT = regex.compile("(" + "|".join(regex.escape(s) for s in SPECIAL) + ")")
CACHE_MAX = 200_000


def _byte_letters():
    """GPT-2's printable letter for each of the 256 bytes."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {b: chr(b) for b in shown}
    hidden = [b for b in range(256) if b not in table]
    table.update({b: chr(256 + n) for n, b in enumerate(hidden)})
    return [table[b] for b in range(256)]


LETTERS = _byte_letters()
BYTES = {letter: b for b, letter in enumerate(LETTERS)}


def _letters(piece):
    return [LETTERS[b] for b in piece.encode()]


def _join(parts, pair):
    """Replaces every neighbouring `pair` in `parts` by its concatenation."""
    out, i = [], 0
    while i < len(parts):
        if i + 1 < len(parts) and (parts[i], parts[i + 1]) == pair:
            out.append(parts[i] + parts[i + 1])
            i += 2
        else:
            out.append(parts[i])
            i += 1
    return out


def _count(texts):
    """How often each run of letters, and each other piece, occurs; runs without what precedes them."""
    seen, spaced = collections.Counter(), collections.Counter()
    for text in texts:
        for part in SPLIT.split(text):
            if part in SPECIAL:
                continue
            for piece in PIECES.findall(part):
                word = piece[1:] if len(piece) > 1 and piece[1:].isalpha() and not piece[0].isalpha() else piece
                seen[word] += 1
                if word != piece and piece[0] == " ":
                    spaced[word] += 1
    return seen, spaced


def _frequent_pairs(seen, count):
    """The `count` merges of the most frequent pairs; ties go to the later pair in order."""
    words = [_letters(w) for w in seen]
    weight = list(seen.values())
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for i, word in enumerate(words):
        for pair in zip(word, word[1:]):
            pairs[pair] += weight[i]
            where[pair].add(i)
    merges = []
    while len(merges) < count:
        best = max(pairs.items(), key=lambda item: (item[1], item[0]))[0]
        merges.append(best)
        for i in list(where[best]):
            for pair in zip(words[i], words[i][1:]):
                pairs[pair] -= weight[i]
                where[pair].discard(i)
            words[i] = _join(words[i], best)
            for pair in zip(words[i], words[i][1:]):
                pairs[pair] += weight[i]
                where[pair].add(i)
        del pairs[best]
    return merges


def train_merges(texts, count, spaces):
    """`count` merges, the last `spaces` of which only put a space before a token.

    So a word is cut the same way wherever it stands: "inbox" after a quote, a slash or an
    underscore, and " inbox" in a sentence differ in the first token alone, one for one. A
    model this small copies words well only if they are spelt alike in both places.
    """
    seen, spaced = _count(texts)
    merges = _frequent_pairs(seen, count - spaces)
    rank = {m: i for i, m in enumerate(merges)}
    first = collections.Counter()
    for word, times in spaced.items():
        first[_merged(_letters(word), rank)[0]] += times
    space = LETTERS[ord(" ")]
    taken = {a + b for a, b in merges}
    wanted = [t for t, _ in sorted(first.items(), key=lambda item: (-item[1], item[0]))
              if space + t not in taken]
    return merges + [(space, t) for t in wanted[:spaces]]


def _merged(parts, rank):
    """Letters joined by the merges, lowest rank first."""
    while len(parts) > 1:
        pair = min(zip(parts, parts[1:]), key=lambda p: rank.get(p, len(rank)))
        if pair not in rank:
            break
        parts = _join(parts, pair)
    return parts


class Tokenizer:
    """Encodes and decodes text; special tokens in the text are recognised."""

    def __init__(self, path=HERE / "tokenizer.json"):
        saved = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        self.tokens = saved["tokens"]
        self.merges = [tuple(m.split(" ")) for m in saved["merges"]]
        self.ids = {t: i for i, t in enumerate(self.tokens)}
        self.rank = {m: i for i, m in enumerate(self.merges)}
        self.cache = {}

    def _piece(self, piece):
        ids = self.cache.get(piece)
        if ids is None:
            parts = _merged(_letters(piece), self.rank)
            ids = [self.ids[p] for p in parts]
            if len(self.cache) < CACHE_MAX:
                self.cache[piece] = ids
        return ids

    def encode(self, text):
        ids = []
        for part in SPLIT.split(text):
            if part in SPECIAL:
                ids.append(self.ids[part])
            else:
                for piece in PIECES.findall(part):
                    ids += self._piece(piece)
        return ids

    def decode(self, ids):
        out = b""
        for i in ids:
            token = self.tokens[i]
            out += token.encode() if token in SPECIAL else bytes(BYTES[c] for c in token)
        return out.decode("utf-8", "replace")


def build(size, spaces, dialogues):
    """Trains on generated dialogues and writes tokenizer.json."""
    import corpus
    rng = random.Random(7)
    texts = ["".join(t for t, _ in corpus.segments(corpus.sample(rng, "train")))
             for _ in range(dialogues)]
    merges = train_merges(texts, size - 256 - len(SPECIAL), spaces)
    tokens = LETTERS + [a + b for a, b in merges] + SPECIAL
    saved = {"tokens": tokens, "merges": [f"{a} {b}" for a, b in merges]}
    text = json.dumps(saved, ensure_ascii=False, indent=0)
    (HERE / "tokenizer.json").write_text(text + "\n", encoding="utf-8")
    tokenizer = Tokenizer()
    lengths = sorted(len(tokenizer.encode(t)) for t in texts)
    assert all(tokenizer.decode(tokenizer.encode(t)) == t for t in texts[:300])
    print(len(tokens), "tokens;", round(sum(map(len, texts)) / sum(lengths), 2),
          "characters a token; dialogue length mean", sum(lengths) // len(lengths),
          "median", lengths[len(lengths) // 2], "longest", lengths[-1])


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--train", action="store_true")
    p.add_argument("--size", type=int, default=2048)
    p.add_argument("--spaces", type=int, default=700, help="tokens that begin with a space")
    p.add_argument("--dialogues", type=int, default=12000)
    p.add_argument("text", nargs="*")
    options = p.parse_args()
    if options.train:
        build(options.size, options.spaces, options.dialogues)
    tokenizer = Tokenizer()
    for text in options.text:
        print([tokenizer.tokens[i] for i in tokenizer.encode(text)])


if __name__ == "__main__":
    main()
