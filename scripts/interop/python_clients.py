"""Clients in Python against `puna serve`."""
import client_rows

NEEDS = ("python",)
CLIENTS = (("openai Python", "openai_client.py"), ("ollama Python", "ollama_client.py"),
           ("Strands", "strands_client.py"), ("smolagents", "smolagents_client.py"))


def rows(tools):
    for client, program in CLIENTS:
        yield from client_rows.rows(tools, tools.python, client, program)
