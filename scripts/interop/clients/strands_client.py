"""Strands' LlamaCppModel. Nothing here knows HTTP; what is checked is what an agent of it sees."""
import asyncio
import contextlib
import os

import pydantic
from strands import Agent, tool
from strands.models.llamacpp import LlamaCppModel
from strands.types.exceptions import ContextWindowOverflowException, ModelThrottledException

from cases import ENDLESS, PERSON, SUM, calculate, demo, ends_in_the_server, failure_of, is_person, metric, run, scripted
from served import Served


class Person(pydantic.BaseModel):
    name: str
    age: int


def model(address=demo, **params):
    return LlamaCppModel(base_url=address, model_id="puna", params={"temperature": 0, **params})


def agent(to=None, **more):
    return Agent(model=to or model(), callback_handler=None, retry_strategy=None, **more)


@contextlib.contextmanager
def script(*replies):
    with Served(os.environ["PUNA_INTEROP_PROGRAM"], list(replies)) as served:
        yield served.url


def text_of(result):
    return "".join(block.get("text", "") for block in result.message["content"])


def user(text):
    return [{"role": "user", "content": [{"text": text}]}]


async def events_of(to, messages, **more):
    return [event async for event in to.stream(messages, **more)]


def plain():
    result = agent()("Hello")
    assert text_of(result) == "Hello! How can I help?" and result.stop_reason == "end_turn", result


def streaming():
    events = asyncio.run(events_of(model(), user("Hello")))
    assert [next(iter(event)) for event in events[:2]] == ["messageStart", "contentBlockStart"], events
    text = "".join(event["contentBlockDelta"]["delta"].get("text", "") for event in events if "contentBlockDelta" in event)
    assert text == "Hello! How can I help?", events


def usage():
    events = asyncio.run(events_of(model(), user("Hello")))
    metadata = [event["metadata"]["usage"] for event in events if "metadata" in event]
    assert metadata and metadata[0]["outputTokens"] > 0, events


def limit():
    events = asyncio.run(events_of(model(max_tokens=2), user("Hello")))
    assert {"messageStop": {"stopReason": "max_tokens"}} in events, events


@tool
def calculator(expression: str) -> str:
    """Evaluate an arithmetic expression.

    Args:
        expression: The sum.
    """
    return calculate(expression)


def tools():
    result = agent(tools=[calculator])(SUM)
    assert "173412" in text_of(result), result
    assert result.metrics.tool_metrics["calculator"].success_count == 1, result.metrics


async def structured():
    async for event in model().structured_output(Person, user(PERSON)):
        if "output" in event:
            return event["output"]


def structured_output():
    is_person(asyncio.run(structured()).model_dump())


def structured_output_of_an_agent():
    """A tool that the model is only asked to call: the demo model does not, so a scripted one does."""
    function = {"name": "Person", "arguments": '{"name": "John Smith", "age": 30}'}
    with script({"role": "assistant", "content": "", "tool_calls": [{"id": "call_1", "type": "function", "function": function}]},
                {"role": "assistant", "content": "Done."}) as address:
        result = agent(model(address))(PERSON, structured_output_model=Person)
    assert result.structured_output == Person(name="John Smith", age=30), result


def grammar():
    assert text_of(agent(model(grammar='root ::= "yes" | "no"'))("Is it warm?")) in ("yes", "no")


def said_with(**params):
    events = asyncio.run(events_of(model(**params), user("Hello")))
    return "".join(event["contentBlockDelta"]["delta"].get("text", "") for event in events if "contentBlockDelta" in event)


def parameters():
    hot = {"temperature": 5.0, "seed": 7, "max_tokens": 40}
    held = said_with(**hot, top_k=1)
    assert held == "Hello! How can I help?", "top_k = 1 leaves nothing to choose, and the text is " + held
    assert said_with(**hot, top_k=1000, samplers=["top_k", "temperature"]) != held
    assert not said_with(logit_bias={"Hello": False}).startswith("Hello")


async def count_and_ask():
    to = LlamaCppModel(base_url=demo, model_id="puna", use_native_token_count=True, params={"temperature": 0})
    count = await to.count_tokens(user("Hello"), system_prompt="You are brief.")
    events = await events_of(to, user("Hello"), system_prompt="You are brief.")
    return count, [event["metadata"]["usage"]["inputTokens"] for event in events if "metadata" in event]


def counted():
    count, asked = asyncio.run(count_and_ask())
    assert asked == [count], (count, asked)


def overflow():
    error = failure_of(lambda: asyncio.run(events_of(model(), user("word " * 9000))))
    assert isinstance(error, ContextWindowOverflowException), repr(error)


def overflow_is_recovered():
    messages = [{"role": role, "content": [{"text": "old"}]} for role in ("user", "assistant") * 4]
    too_long = {"error": {"code": "limit", "message": "the prompt has 9000 tokens and the window 2048"}}
    with script(too_long, {"role": "assistant", "content": "Shorter now."}) as address:
        to = agent(model(address), messages=messages)
        assert text_of(to("Hello")) == "Shorter now."
    assert len(to.messages) < 10, to.messages


def busy():
    error = failure_of(lambda: asyncio.run(events_of(model(scripted), user("Hello"))))
    assert isinstance(error, ModelThrottledException), repr(error)
    events = asyncio.run(events_of(model(scripted), user("Hello")))
    assert {"contentBlockDelta": {"delta": {"text": "Back again."}}} in events, events


def thoughts():
    with script({"role": "assistant", "reasoning_content": "Let me think.", "content": "Thought."}) as address:
        result = agent(model(address))("Hello")
    assert text_of(result) == "Thought.", result


def an_image(to):
    pixel = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0500f"
                          "00038101806d2b2bb20000000049454e44ae426082")
    content = [{"text": "What is this?"}, {"image": {"format": "png", "source": {"bytes": pixel}}}]
    return asyncio.run(events_of(to, [{"role": "user", "content": content}]))


def image():
    with script({"content": "A white dot."}) as address:
        text = "".join(event["contentBlockDelta"]["delta"].get("text", "") for event in an_image(model(address))
                       if "contentBlockDelta" in event)
    assert text == "A white dot.", text


def image_without_projector():
    error = failure_of(lambda: an_image(model()))
    assert error.response.status_code == 400, repr(error)
    assert "image.png" in error.response.text and "projector" in error.response.text, error.response.text


def abort():
    async def leave():
        to = model(logit_bias=ENDLESS)
        task = asyncio.ensure_future(events_of(to, user("Hello")))
        while not task.done() and await asyncio.to_thread(metric, "llamacpp:requests_processing") == 0:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await to.client.aclose()
    ends_in_the_server(lambda: asyncio.run(leave()))


run({"plain": plain, "stream": streaming, "usage": usage, "max_tokens": limit, "tools": tools,
     "structured_output": structured_output, "an agent's structured output": structured_output_of_an_agent,
     "grammar": grammar, "top_k, samplers, logit_bias": parameters, "count_tokens": counted,
     "overflow is its own exception": overflow, "an agent recovers from it": overflow_is_recovered, "busy": busy,
     "thoughts": thoughts, "an image": image,
     "an image is refused in words by a model without a projector": image_without_projector, "abort": abort})
