import json

import openai
import pydantic

from cases import (ENDLESS, EXPRESSION, PERSON, SUM, TEXTS, are_vectors, calculate, demo, ends_in_the_server, failure_of, is_person, run,
                   scripted)

client = openai.OpenAI(base_url=demo + "/v1", api_key="none")
other = openai.OpenAI(base_url=scripted + "/v1", api_key="none", max_retries=3)
FUNCTION = {"name": "calculator", "description": "Evaluate an arithmetic expression.", "parameters": EXPRESSION}
TOOLS = [{"type": "function", "function": FUNCTION}]
LONG = "word " * 9000


class Person(pydantic.BaseModel):
    name: str
    age: int


def ask(content, to=client, **more):
    return to.chat.completions.create(model="puna", temperature=0, messages=[{"role": "user", "content": content}], **more)


def models():
    assert [model.id for model in client.models.list()] == ["puna-demo"]
    assert client.models.retrieve("puna-demo").id == "puna-demo"


def plain():
    reply = ask("Hello")
    assert reply.choices[0].message.content == "Hello! How can I help?", reply
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


def streaming():
    text, usage = "", None
    for chunk in ask("Hello", stream=True, stream_options={"include_usage": True}):
        text += chunk.choices[0].delta.content or "" if chunk.choices else ""
        usage = chunk.usage or usage
    assert text == "Hello! How can I help?" and usage.completion_tokens > 0, (text, usage)


def parsed():
    reply = client.chat.completions.parse(model="puna", temperature=0, response_format=Person,
                                          messages=[{"role": "user", "content": PERSON}])
    is_person(reply.choices[0].message.parsed.model_dump())


def native_parameters():
    reply = ask("Hello", extra_body={"top_k": 1, "min_p": 0.1, "grammar": 'root ::= "yes" | "no"'})
    assert reply.choices[0].message.content in ("yes", "no"), reply


def tools():
    first = ask(SUM, tools=TOOLS, tool_choice="required")
    call = first.choices[0].message.tool_calls[0]
    result = calculate(json.loads(call.function.arguments)["expression"])
    second = client.chat.completions.create(model="puna", temperature=0, tools=TOOLS, messages=[
        {"role": "user", "content": SUM}, first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": result}])
    assert "173412" in second.choices[0].message.content, second


def tools_streamed():
    with client.chat.completions.stream(model="puna", temperature=0, tools=TOOLS,
                                        messages=[{"role": "user", "content": SUM}]) as stream:
        call = stream.get_final_completion().choices[0].message.tool_calls[0]
    assert calculate(json.loads(call.function.arguments)["expression"]) == "173412"


def abort():
    def leave():
        stream = ask("Hello", stream=True, extra_body={"logit_bias": ENDLESS})
        for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        stream.close()
    ends_in_the_server(leave)


def errors():
    role = failure_of(lambda: client.chat.completions.create(model="puna", messages=[{"role": "wizard", "content": "a"}]))
    assert isinstance(role, openai.BadRequestError) and role.param == "messages[0]", role
    long = failure_of(lambda: ask(LONG, stream=True))
    assert long.status_code == 400 and long.code == "context_length_exceeded", long
    assert "wrong" not in str(long) and "context" in str(long)


def busy():
    assert ask("Hello", other).choices[0].message.content == "Back again."


def thoughts():
    message = ask("Hello", other).choices[0].message
    assert message.reasoning_content == "Let me think." and message.content == "Thought.", message


def responses():
    assert client.responses.create(model="puna", input="Hello", temperature=0).output_text == "Hello! How can I help?"


def responses_streamed():
    with client.responses.stream(model="puna", input="Hello", temperature=0) as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        assert stream.get_final_response().output_text == text == "Hello! How can I help?"


def responses_parsed():
    is_person(client.responses.parse(model="puna", input=PERSON, temperature=0, text_format=Person).output_parsed.model_dump())


def responses_tools():
    flat = [{"type": "function", **FUNCTION}]
    first = client.responses.create(model="puna", input=SUM, temperature=0, tools=flat)
    call = next(item for item in first.output if item.type == "function_call")
    output = {"type": "function_call_output", "call_id": call.call_id, "output": calculate(json.loads(call.arguments)["expression"])}
    kept = client.responses.create(model="puna", input=[output], previous_response_id=first.id, temperature=0, tools=flat)
    resent = client.responses.create(model="puna", input=[{"role": "user", "content": SUM}, *first.output, output],
                                     temperature=0, tools=flat, store=False)
    assert "173412" in kept.output_text and kept.output_text == resent.output_text, (kept, resent)


def embeddings():
    are_vectors([entry.embedding for entry in client.embeddings.create(model="puna", input=TEXTS).data])


run({"models": models, "chat: plain": plain, "chat: stream with usage": streaming, "chat: strict schema": parsed,
     "chat: llama-server's parameters": native_parameters, "chat: tools, there and back": tools,
     "chat: tools in a stream": tools_streamed, "chat: abort": abort, "chat: errors": errors,
     "a busy server is asked again": busy, "chat: thoughts": thoughts, "responses: plain": responses,
     "responses: stream": responses_streamed, "responses: schema": responses_parsed,
     "responses: tools, there and back": responses_tools, "embeddings": embeddings})
