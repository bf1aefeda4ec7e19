import json

import ollama

from cases import (ENDLESS, EXPRESSION, PERSON, PERSON_SCHEMA, SUM, TEXTS, are_vectors, calculate, demo, ends_in_the_server, failure_of,
                   is_person, run, scripted)

client = ollama.Client(demo)
TOOLS = [{"type": "function", "function": {"name": "calculator", "description": "Evaluate an arithmetic expression.",
                                           "parameters": EXPRESSION}}]


def ask(content, to=client, **more):
    return to.chat("puna-demo", [{"role": "user", "content": content}], **{"options": {"temperature": 0}, **more})


def facts():
    assert [model.model for model in client.list().models] == ["puna-demo"]
    assert len(client.ps().models) == 1
    assert "tools" in client.show("puna-demo").capabilities


def plain():
    reply = ask("Hello")
    assert reply.message.content == "Hello! How can I help?" and reply.eval_count > 0, reply


def streaming():
    pieces = list(ask("Hello", stream=True))
    assert "".join(piece.message.content for piece in pieces) == "Hello! How can I help?" and pieces[-1].done, pieces


def schema():
    is_person(json.loads(ask(PERSON, format=PERSON_SCHEMA).message.content))


def tools():
    first = ask(SUM, tools=TOOLS)
    call = first.message.tool_calls[0].function
    second = client.chat("puna-demo", [{"role": "user", "content": SUM}, first.message,
                                       {"role": "tool", "tool_name": call.name,
                                        "content": calculate(call.arguments["expression"])}], options={"temperature": 0})
    assert "173412" in second.message.content, second


def a_function_as_tool():
    def calculator(expression: str) -> str:
        """Evaluate an arithmetic expression.

        Args:
            expression: The sum.
        """
        return calculate(expression)
    call = ask(SUM, tools=[calculator]).message.tool_calls[0].function
    assert call.name == "calculator" and calculator(**call.arguments) == "173412", call


def generate():
    text = client.generate("puna-demo", "Hello", options={"temperature": 0}).response
    assert text == "Hello! How can I help?", text


def abort():
    def leave():
        stream = ask("Hello", stream=True, options={"logit_bias": ENDLESS})
        next(stream)
        next(stream)
        stream.close()
    ends_in_the_server(leave)


def errors():
    role = failure_of(lambda: client._request_raw("POST", "/api/chat", json={"messages": [{"role": "wizard", "content": "a"}]}))
    assert isinstance(role, ollama.ResponseError) and role.status_code == 400 and "message 1" in role.error, role
    long = failure_of(lambda: list(ask("word " * 9000, stream=True)))
    assert isinstance(long, ollama.ResponseError) and "context" in long.error, long


def busy():
    other = ollama.Client(scripted)
    assert failure_of(lambda: ask("Hello", other)).status_code == 503
    assert ask("Hello", other).message.content == "Back again."


def thoughts():
    message = ask("Hello", ollama.Client(scripted), think=True).message
    assert message.thinking == "Let me think." and message.content == "Thought.", message


def embed():
    are_vectors(client.embed("puna-demo", TEXTS).embeddings)


run({"list, ps, show": facts, "chat: plain": plain, "chat: stream": streaming, "chat: schema": schema,
     "chat: tools, there and back": tools, "chat: a function as a tool": a_function_as_tool, "generate": generate,
     "chat: abort": abort, "chat: errors": errors, "a busy server is an error with its text": busy,
     "chat: thoughts": thoughts, "embeddings": embed})
