import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { areVectors, calculate, demo, endsInTheServer, failureOf, isPerson, kEndless, kExpression, kPerson, kSum, kTexts, run, scripted } from './cases.mjs';

const client = new OpenAI({ baseURL: `${demo}/v1`, apiKey: 'none' });
const other = new OpenAI({ baseURL: `${scripted}/v1`, apiKey: 'none', maxRetries: 3 });
const ask = (content, more) => ({ model: 'puna', temperature: 0, messages: [{ role: 'user', content }], ...more });
const tool = { type: 'function', function: { name: 'calculator', description: 'Evaluate an arithmetic expression.', parameters: kExpression } };
const flat = { type: 'function', ...tool.function, strict: true };
const Person = z.object({ name: z.string(), age: z.int() });

async function answerOfStream(body) {
  let text = '', usage = null, finish = null;
  const calls = [];
  for await (const chunk of await client.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } })) {
    usage = chunk.usage ?? usage;
    finish = chunk.choices[0]?.finish_reason ?? finish;
    text += chunk.choices[0]?.delta.content ?? '';
    for (const piece of chunk.choices[0]?.delta.tool_calls ?? []) {
      calls[piece.index] ??= { id: piece.id, name: piece.function.name, arguments: '' };
      calls[piece.index].arguments += piece.function.arguments ?? '';
    }
  }
  return { text, usage, finish, calls };
}

run({
  async models() {
    const names = [];
    for await (const model of client.models.list()) names.push(model.id);
    assert.deepEqual(names, ['puna-demo']);
    assert.equal((await client.models.retrieve('puna-demo')).id, 'puna-demo');
    assert.equal((await failureOf(client.models.retrieve('other'))).status, 404);
  },
  async 'chat: plain'() {
    const reply = await client.chat.completions.create(ask('Hello'));
    assert.equal(reply.choices[0].message.content, 'Hello! How can I help?');
    assert.equal(reply.choices[0].finish_reason, 'stop');
    assert.equal(reply.usage.total_tokens, reply.usage.prompt_tokens + reply.usage.completion_tokens);
  },
  async 'chat: parts, developer, n, logprobs'() {
    const reply = await client.chat.completions.create({
      model: 'puna', temperature: 0, n: 2, logprobs: true, top_logprobs: 2, max_completion_tokens: 20,
      messages: [{ role: 'developer', content: 'You are brief.' }, { role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
    });
    assert.equal(reply.choices.length, 2);
    assert.equal(reply.choices[0].message.content, reply.choices[1].message.content);
    assert.ok(reply.choices[0].logprobs.content[0].logprob <= 0);
    assert.equal(reply.choices[0].logprobs.content[0].top_logprobs.length, 2);
  },
  async 'chat: stream with usage'() {
    const { text, usage, finish } = await answerOfStream(ask('Hello'));
    assert.equal(text, 'Hello! How can I help?');
    assert.equal(finish, 'stop');
    assert.ok(usage.completion_tokens > 0);
  },
  async 'chat: stream helper'() {
    const stream = client.chat.completions.stream(ask('Hello'));
    assert.equal(await stream.finalContent(), 'Hello! How can I help?');
  },
  async 'chat: strict schema'() {
    const reply = await client.chat.completions.parse(ask(kPerson, { response_format: zodResponseFormat(Person, 'person') }));
    isPerson(reply.choices[0].message.parsed);
  },
  async 'chat: schema in a stream'() {
    const { text } = await answerOfStream(ask(kPerson, { response_format: zodResponseFormat(Person, 'person') }));
    isPerson(JSON.parse(text));
  },
  async 'chat: tools, there and back'() {
    const first = await client.chat.completions.create(ask(kSum, { tools: [tool] }));
    const [call] = first.choices[0].message.tool_calls;
    assert.equal(first.choices[0].finish_reason, 'tool_calls');
    const result = calculate(JSON.parse(call.function.arguments).expression);
    assert.equal(result, '173412');
    const second = await client.chat.completions.create({
      ...ask(kSum, { tools: [tool] }),
      messages: [{ role: 'user', content: kSum }, first.choices[0].message, { role: 'tool', tool_call_id: call.id, content: result }],
    });
    assert.match(second.choices[0].message.content, /173412/);
  },
  async 'chat: tools in a stream'() {
    const { calls, finish } = await answerOfStream(ask(kSum, { tools: [tool] }));
    assert.equal(finish, 'tool_calls');
    assert.equal(calculate(JSON.parse(calls[0].arguments).expression), '173412');
    assert.ok(calls[0].id);
  },
  async 'chat: a tool is forced'() {
    const reply = await client.chat.completions.create(ask('Tell me about rivers.', { tools: [tool], tool_choice: { type: 'function', function: { name: 'calculator' } } }));
    assert.equal(typeof JSON.parse(reply.choices[0].message.tool_calls[0].function.arguments).expression, 'string');
  },
  async 'chat: runTools'() {
    const runner = client.chat.completions.runTools(ask(kSum, {
      tools: [{ type: 'function', function: { ...tool.function, parse: JSON.parse, function: ({ expression }) => calculate(expression) } }],
    }));
    assert.match(await runner.finalContent(), /173412/);
  },
  async 'chat: abort'() {
    await endsInTheServer(async () => {
      const stream = await client.chat.completions.create(ask('Hello', { stream: true, logit_bias: kEndless }));
      for await (const chunk of stream) if (chunk.choices[0].delta.content) stream.controller.abort();
    });
  },
  async 'chat: errors'() {
    const role = await failureOf(client.chat.completions.create({ model: 'puna', messages: [{ role: 'wizard', content: 'a' }] }));
    assert.ok(role instanceof OpenAI.BadRequestError);
    assert.equal(role.param, 'messages[0]');
    const long = await failureOf(client.chat.completions.create(ask('word '.repeat(9000), { stream: true })));
    assert.equal(long.status, 400);
    assert.equal(long.code, 'context_length_exceeded');
    assert.match(long.message, /context/);
    assert.ok(await failureOf(client.get('/nowhere')) instanceof OpenAI.NotFoundError);
  },
  async 'a busy server is asked again'() {
    const reply = await other.chat.completions.create(ask('Hello'));
    assert.equal(reply.choices[0].message.content, 'Back again.');
  },
  async 'chat: thoughts'() {
    const reply = await other.chat.completions.create(ask('Hello'));
    assert.equal(reply.choices[0].message.reasoning_content, 'Let me think.');
    assert.equal(reply.choices[0].message.content, 'Thought.');
  },
  async completions() {
    const reply = await client.completions.create({ model: 'puna', prompt: 'Once', max_tokens: 8, temperature: 0 });
    assert.ok(reply.choices[0].text.length > 0);
    let text = '';
    for await (const chunk of await client.completions.create({ model: 'puna', prompt: 'Once', max_tokens: 8, temperature: 0, stream: true })) {
      text += chunk.choices[0]?.text ?? '';
    }
    assert.equal(text, reply.choices[0].text);
  },
  async 'embeddings'() {
    const { data, usage } = await client.embeddings.create({ model: 'puna', input: kTexts });
    areVectors(data.map((entry) => entry.embedding));
    assert.ok(usage.prompt_tokens > 0);
  },
  async 'embeddings of a model without them are refused in words'() {
    const mute = new OpenAI({ baseURL: `${scripted}/v1`, apiKey: 'none', maxRetries: 0 });
    const error = await failureOf(mute.embeddings.create({ model: 'puna', input: 'Hello' }));
    assert.equal(error.status, 501);
    assert.match(error.message, /embeddings/);
  },
  async 'responses: plain'() {
    const reply = await client.responses.create({ model: 'puna', input: 'Hello', temperature: 0 });
    assert.equal(reply.output_text, 'Hello! How can I help?');
    assert.equal(reply.status, 'completed');
  },
  async 'responses: stream'() {
    let text = '', last = null, number = -1;
    for await (const event of await client.responses.create({ model: 'puna', input: 'Hello', temperature: 0, stream: true })) {
      assert.equal(event.sequence_number, ++number);
      if (event.type === 'response.output_text.delta') text += event.delta;
      last = event;
    }
    assert.equal(text, 'Hello! How can I help?');
    assert.equal(last.type, 'response.completed');
    assert.equal(last.response.output[0].content[0].text, text);
    const stream = client.responses.stream({ model: 'puna', input: 'Hello', temperature: 0 });
    assert.equal((await stream.finalResponse()).output_text, text);
  },
  async 'responses: schema'() {
    const reply = await client.responses.parse({ model: 'puna', input: kPerson, temperature: 0, text: { format: zodTextFormat(Person, 'person') } });
    isPerson(reply.output_parsed);
  },
  async 'responses: tools, there and back'() {
    const body = { model: 'puna', temperature: 0, tools: [flat] };
    const first = await client.responses.create({ ...body, input: kSum });
    const call = first.output.find((item) => item.type === 'function_call');
    const output = { type: 'function_call_output', call_id: call.call_id, output: calculate(JSON.parse(call.arguments).expression) };
    const kept = await client.responses.create({ ...body, input: [output], previous_response_id: first.id });
    assert.match(kept.output_text, /173412/);
    const resent = await client.responses.create({ ...body, store: false, input: [{ role: 'user', content: kSum }, ...first.output, output] });
    assert.equal(resent.output_text, kept.output_text);
    assert.equal((await client.responses.retrieve(first.id)).id, first.id);
    await client.responses.delete(first.id);
    assert.equal((await failureOf(client.responses.retrieve(first.id))).status, 404);
  },
  async 'responses: abort'() {
    await endsInTheServer(async () => {
      const stream = await client.responses.create({ model: 'puna', input: 'Hello', stream: true, logit_bias: kEndless });
      for await (const event of stream) if (event.type === 'response.output_text.delta') stream.controller.abort();
    });
  },
  async 'responses: errors'() {
    const gone = await failureOf(client.responses.create({ model: 'puna', input: 'Hello', previous_response_id: 'resp_none' }));
    assert.equal(gone.code, 'previous_response_not_found');
    const long = await failureOf(client.responses.create({ model: 'puna', input: 'word '.repeat(9000) }));
    assert.equal(long.code, 'context_length_exceeded');
  },
});
