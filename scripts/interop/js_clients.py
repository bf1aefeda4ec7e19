"""Clients in JavaScript, and codex from the same registry, against `puna serve`."""
import sys

import client_rows

NEEDS = ("node",)
CLIENTS = (("openai JS", "openai.mjs"), ("anthropic JS", "anthropic.mjs"), ("ollama JS", "ollama.mjs"),
           ("Vercel AI SDK", "ai_sdk.mjs"), ("OpenAI agents", "agents.mjs"), ("LangChain", "langchain.mjs"),
           ("codex", "codex_client.py"))


def rows(tools):
    for client, program in CLIENTS:
        yield from client_rows.rows(tools, sys.executable if program.endswith(".py") else "node", client, program)
