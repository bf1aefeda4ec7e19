#!/usr/bin/env python3
"""Writes a checkpoint as GGUF: matrices Q8_0 (or F16 with --f16), norms F32.

  export.py CHECKPOINT OUT.gguf [--f16] [--average]
"""

import argparse
import pathlib
import sys

import gguf
import numpy as np
from gguf import quants

import checkpoint
from tokenizer import CONTROL, HERE, USER_DEFINED, Tokenizer

NAME = "puna-demo"
DESCRIPTION = ("A tiny demo model trained only on synthetic dialogues. It shows how an agent loop "
               "works in a narrow domain; it knows nothing about the world.")


def add_shape(writer, shape):
    writer.add_block_count(shape.layers)
    writer.add_context_length(shape.window)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_key_length(shape.head_size)
    writer.add_value_length(shape.head_size)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.norm_eps)
    writer.add_vocab_size(shape.vocab)


def add_tokenizer(writer, tokenizer):
    kinds = gguf.TokenType
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokenizer.tokens)
    writer.add_token_types([
        kinds.CONTROL if t in CONTROL else kinds.USER_DEFINED if t in USER_DEFINED else kinds.NORMAL
        for t in tokenizer.tokens])
    writer.add_token_merges([" ".join(m) for m in tokenizer.merges])
    end, pad = tokenizer.ids["<|im_end|>"], tokenizer.ids["<|endoftext|>"]
    writer.add_eos_token_id(end)
    writer.add_eot_token_id(end)
    writer.add_bos_token_id(pad)
    writer.add_pad_token_id(pad)
    writer.add_add_bos_token(False)
    writer.add_chat_template((HERE.parent / "chat_template.jinja").read_text(encoding="utf-8"))


def add_tensors(writer, weights, f16):
    for name, tensor in weights.items():
        data = tensor.detach().float().numpy()
        if data.ndim == 1:
            writer.add_tensor(name, data.astype(np.float32))
        elif f16:
            writer.add_tensor(name, data.astype(np.float16))
        else:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(name, quants.quantize(data, kind), raw_dtype=kind)


def export(run, out, f16=False):
    writer = gguf.GGUFWriter(out, "qwen3")
    writer.add_name(NAME)
    writer.add_description(DESCRIPTION)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16 if f16 else gguf.LlamaFileType.MOSTLY_Q8_0)
    add_shape(writer, run.shape)
    add_tokenizer(writer, Tokenizer())
    add_tensors(writer, run.weights, f16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("checkpoint", help="checkpoint.pt or a GGUF")
    p.add_argument("out")
    p.add_argument("--f16", action="store_true")
    p.add_argument("--average", action="store_true", help="the weights' average over the last steps")
    options = p.parse_args()
    run = checkpoint.load(options.checkpoint)
    if options.average:
        run.weights = run.average or run.weights
    export(run, options.out, options.f16)
    print(f"{options.out}: {pathlib.Path(options.out).stat().st_size} bytes, step {run.step}, "
          f"{run.tokens / 1e6:.1f}M tokens seen")
    return 0


if __name__ == "__main__":
    sys.exit(main())
