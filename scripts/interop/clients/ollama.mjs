import assert from 'node:assert/strict';
import { Ollama } from 'ollama';
import { areVectors, calculate, demo, endsInTheServer, failureOf, isPerson, kEndless, kExpression, kPerson, kPersonSchema, kSum, kTexts, run, scripted } from './cases.mjs';

const client = new Ollama({ host: demo });
const ask = (content, more) => ({ model: 'puna-demo', options: { temperature: 0 }, messages: [{ role: 'user', content }], ...more });
const tools = [{ type: 'function', function: { name: 'calculator', description: 'Evaluate an arithmetic expression.', parameters: kExpression } }];

run({
  async 'list, ps, show, version'() {
    assert.deepEqual((await client.list()).models.map((model) => model.name), ['puna-demo']);
    assert.equal((await client.ps()).models.length, 1);
    const shown = await client.show({ model: 'puna-demo' });
    assert.ok(shown.capabilities.includes('tools'));
    assert.match(shown.template, /im_start/);
    assert.match((await client.version()).version, /^\d/);
  },
  async 'chat: plain'() {
    const reply = await client.chat(ask('Hello'));
    assert.equal(reply.message.content, 'Hello! How can I help?');
    assert.equal(reply.done_reason, 'stop');
    assert.ok(reply.eval_count > 0 && reply.total_duration > 0);
  },
  async 'chat: stream'() {
    let text = '', last = null;
    for await (const part of await client.chat(ask('Hello', { stream: true }))) {
      text += part.message.content;
      last = part;
    }
    assert.equal(text, 'Hello! How can I help?');
    assert.equal(last.done, true);
  },
  async 'chat: schema'() {
    isPerson(JSON.parse((await client.chat(ask(kPerson, { format: kPersonSchema }))).message.content));
  },
  async 'chat: format json'() {
    assert.equal(typeof JSON.parse((await client.chat(ask(kPerson, { format: 'json', options: { temperature: 0, num_predict: 300 } }))).message.content), 'object');
  },
  async 'chat: tools, there and back'() {
    const first = await client.chat(ask(kSum, { tools }));
    const [call] = first.message.tool_calls;
    const second = await client.chat(ask(kSum, {
      tools, messages: [{ role: 'user', content: kSum }, first.message,
        { role: 'tool', tool_name: call.function.name, content: calculate(call.function.arguments.expression) }],
    }));
    assert.match(second.message.content, /173412/);
  },
  async 'chat: tools in a stream'() {
    const calls = [];
    for await (const part of await client.chat(ask(kSum, { tools, stream: true }))) calls.push(...part.message.tool_calls ?? []);
    assert.equal(calculate(calls[0].function.arguments.expression), '173412');
  },
  async 'generate: plain, stream, raw'() {
    const reply = await client.generate({ model: 'puna-demo', prompt: 'Hello', options: { temperature: 0 } });
    assert.equal(reply.response, 'Hello! How can I help?');
    let text = '';
    for await (const part of await client.generate({ model: 'puna-demo', prompt: 'Hello', options: { temperature: 0 }, stream: true })) text += part.response;
    assert.equal(text, reply.response);
    const raw = await client.generate({ model: 'puna-demo', prompt: '<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n', raw: true, options: { temperature: 0 } });
    assert.equal(raw.response, reply.response);
  },
  async 'chat: abort'() {
    await endsInTheServer(async () => {
      const stream = await client.chat(ask('Hello', { stream: true, options: { logit_bias: kEndless } }));
      const error = await failureOf((async () => { for await (const part of stream) if (part.message.content) stream.abort(); })());
      assert.equal(error.name, 'AbortError');
    });
  },
  async 'chat: errors'() {
    const role = await failureOf(client.chat({ model: 'puna-demo', messages: [{ role: 'wizard', content: 'a' }] }));
    assert.equal(role.status_code, 400);
    assert.match(role.message, /message 1/);
    const long = await failureOf(client.chat(ask('word '.repeat(9000), { stream: true })));
    assert.match(long.message, /context/);
  },
  async 'a busy server is an error with its text'() {
    const error = await failureOf(new Ollama({ host: scripted }).chat(ask('Hello')));
    assert.equal(error.status_code, 503);
    assert.equal((await new Ollama({ host: scripted }).chat(ask('Hello'))).message.content, 'Back again.');
  },
  async 'chat: thoughts'() {
    const reply = await new Ollama({ host: scripted }).chat(ask('Hello', { think: true }));
    assert.equal(reply.message.thinking, 'Let me think.');
    assert.equal(reply.message.content, 'Thought.');
  },
  async 'embeddings'() {
    areVectors((await client.embed({ model: 'puna-demo', input: kTexts })).embeddings);
  },
});
