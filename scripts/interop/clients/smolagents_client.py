"""smolagents on its OpenAIServerModel. Its agents' prompts are longer than the demo model's window, so they run on scripted
models; the model itself is asked on the demo model."""
import contextlib
import io
import json
import os

from smolagents import CodeAgent, LogLevel, OpenAIServerModel, ToolCallingAgent, tool
from smolagents.models import ChatMessageStreamDelta

from cases import ENDLESS, PERSON, PERSON_SCHEMA, SUM, calculate, demo, ends_in_the_server, failure_of, is_person, run
from served import Served


@tool
def calculator(expression: str) -> str:
    """Evaluate an arithmetic expression.

    Args:
        expression: The sum.
    """
    return calculate(expression)


def model(address=demo, **more):
    return OpenAIServerModel("puna", api_base=address + "/v1", api_key="none", temperature=0, **more)


def user(text):
    return [{"role": "user", "content": [{"type": "text", "text": text}]}]


def call(number, name, **arguments):
    return {"id": "call_%d" % number, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


@contextlib.contextmanager
def script(*replies):
    with Served(os.environ["PUNA_INTEROP_PROGRAM"], list(replies)) as served:
        yield model(served.url)


def of_code(text):
    return {"role": "assistant", "content": "Thought: I compute it.\n<code>\n%s\n</code>" % text}


def plain():
    reply = model().generate(user("Hello"))
    assert reply.content == "Hello! How can I help?" and reply.token_usage.output_tokens > 0, reply


def streaming():
    pieces = list(model().generate_stream(user("Hello")))
    assert all(isinstance(piece, ChatMessageStreamDelta) for piece in pieces)
    assert "".join(piece.content or "" for piece in pieces) == "Hello! How can I help?", pieces
    assert any(piece.token_usage and piece.token_usage.output_tokens > 0 for piece in pieces), pieces


def stops():
    text = model().generate(user("Hello"), stop_sequences=["How", "Observation:"]).content
    assert text == "Hello! ", repr(text)


def tools_required():
    for words in (SUM, "Tell me about rivers."):
        calls = model().generate(user(words), tools_to_call_from=[calculator]).tool_calls
        assert calls[0].function.name == "calculator" and "expression" in json.loads(calls[0].function.arguments), calls


def schema():
    wanted = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": PERSON_SCHEMA}}
    is_person(json.loads(model().generate(user(PERSON), response_format=wanted).content))


def code_agent():
    with script(of_code('first = calculator("4817 * 36")\nprint(first)'), of_code("final_answer(first)")) as scripted:
        agent = CodeAgent([calculator], scripted, verbosity_level=LogLevel.OFF)
        assert str(agent.run(SUM)) == "173412", agent.memory.steps
        assert "173412" in agent.memory.steps[1].observations, agent.memory.steps
        assert agent.memory.steps[1].token_usage is not None


def code_agent_streams():
    with script(of_code('final_answer(calculator("4817 * 36"))')) as scripted:
        agent = CodeAgent([calculator], scripted, verbosity_level=LogLevel.OFF, stream_outputs=True)
        with contextlib.redirect_stdout(io.StringIO()):
            assert str(agent.run(SUM)) == "173412", agent.memory.steps


def code_agent_structured():
    reply = {"role": "assistant", "content": json.dumps({"thought": "I compute it.", "code": 'final_answer(calculator("4817 * 36"))'})}
    with script(reply) as scripted:
        agent = CodeAgent([calculator], scripted, verbosity_level=LogLevel.OFF, use_structured_outputs_internally=True)
        assert str(agent.run(SUM)) == "173412", agent.memory.steps


def tool_calling_agent(**more):
    with script({"role": "assistant", "content": None, "tool_calls": [call(1, "calculator", expression="4817 * 36")]},
                {"role": "assistant", "content": "", "tool_calls": [call(2, "final_answer", answer="173412")]}) as scripted:
        agent = ToolCallingAgent([calculator], scripted, verbosity_level=LogLevel.OFF, **more)
        with contextlib.redirect_stdout(io.StringIO()):
            assert agent.run(SUM) == "173412", agent.memory.steps
        assert "173412" in agent.memory.steps[1].observations, agent.memory.steps


def tool_calling_agent_streams():
    tool_calling_agent(stream_outputs=True)


def planning():
    plan = {"role": "assistant", "content": "1. Compute it.\n<end_plan>"}
    with script(plan, of_code('final_answer(calculator("4817 * 36"))')) as scripted:
        agent = CodeAgent([calculator], scripted, verbosity_level=LogLevel.OFF, planning_interval=1)
        assert str(agent.run(SUM)) == "173412", agent.memory.steps


def abort():
    def leave():
        to = model(extra_body={"logit_bias": ENDLESS})
        for piece in to.generate_stream(user("Hello")):
            if piece.content:
                break
        to.client.close()  # smolagents itself closes no stream that is left
    ends_in_the_server(leave)


def errors():
    error = failure_of(lambda: model().generate(user("word " * 9000)))
    assert "context" in str(error), error


run({"plain": plain, "stream": streaming, "stop sequences": stops, "tools, required": tools_required, "schema": schema,
     "CodeAgent": code_agent, "CodeAgent, streamed": code_agent_streams, "CodeAgent, structured": code_agent_structured,
     "CodeAgent, planning": planning, "ToolCallingAgent": tool_calling_agent,
     "ToolCallingAgent, streamed": tool_calling_agent_streams, "abort": abort, "errors": errors})
