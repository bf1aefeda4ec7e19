import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { calculate, demo, endsInTheServer, failureOf, isPerson, kEndless, kExpression, kPerson, kPersonSchema, kSum, run, scripted } from './cases.mjs';

const client = new Anthropic({ baseURL: demo, apiKey: 'none' });
const other = new Anthropic({ baseURL: scripted, apiKey: 'none', maxRetries: 3 });
const ask = (content, more) => ({ model: 'puna', max_tokens: 100, temperature: 0, messages: [{ role: 'user', content }], ...more });
const tools = [{ name: 'calculator', description: 'Evaluate an arithmetic expression.', input_schema: kExpression }];

run({
  async models() {
    const names = [];
    for await (const model of client.models.list()) names.push(model.id);
    assert.deepEqual(names, ['puna-demo']);
  },
  async 'messages: plain'() {
    const reply = await client.messages.create(ask('Hello'));
    assert.deepEqual(reply.content, [{ type: 'text', text: 'Hello! How can I help?' }]);
    assert.equal(reply.stop_reason, 'end_turn');
    assert.match(reply.id, /^msg_/);
    assert.ok(reply.usage.output_tokens > 0);
  },
  async 'messages: stream events in order'() {
    const types = [];
    let text = '';
    for await (const event of await client.messages.create(ask('Hello', { stream: true }))) {
      if (types.at(-1) !== event.type) types.push(event.type);
      if (event.type === 'content_block_delta') text += event.delta.text;
    }
    assert.equal(text, 'Hello! How can I help?');
    assert.deepEqual(types, ['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']);
  },
  async 'messages: stream helper'() {
    const message = await client.messages.stream(ask('Hello')).finalMessage();
    assert.equal(message.content[0].text, 'Hello! How can I help?');
    assert.ok(message.usage.output_tokens > 0);
  },
  async 'messages: system, stop sequence, length'() {
    const stopped = await client.messages.create(ask('Hello', { system: [{ type: 'text', text: 'You are brief.' }], stop_sequences: ['How'] }));
    assert.ok(!stopped.content[0].text.includes('How'));
    const cut = await client.messages.create(ask('Hello', { max_tokens: 2 }));
    assert.equal(cut.stop_reason, 'max_tokens');
  },
  async 'messages: tools, there and back'() {
    const first = await client.messages.create(ask(kSum, { tools }));
    assert.equal(first.stop_reason, 'tool_use');
    const call = first.content.find((block) => block.type === 'tool_use');
    const second = await client.messages.create(ask(kSum, {
      tools,
      messages: [{ role: 'user', content: kSum }, { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: calculate(call.input.expression) }] }],
    }));
    assert.match(second.content[0].text, /173412/);
  },
  async 'messages: tools in a stream'() {
    const message = await client.messages.stream(ask(kSum, { tools })).finalMessage();
    const call = message.content.find((block) => block.type === 'tool_use');
    assert.equal(calculate(call.input.expression), '173412');
  },
  async 'messages: schema by a forced tool'() {
    const reply = await client.messages.create(ask(kPerson, {
      tools: [{ name: 'person', input_schema: kPersonSchema }], tool_choice: { type: 'tool', name: 'person' },
    }));
    isPerson(reply.content.find((block) => block.type === 'tool_use').input);
  },
  async 'messages: schema by output_config'() {
    const reply = await client.messages.create(ask(kPerson, { output_config: { format: { type: 'json_schema', schema: kPersonSchema } } }));
    isPerson(JSON.parse(reply.content[0].text));
  },
  async 'count_tokens'() {
    const counted = await client.messages.countTokens({ model: 'puna', messages: [{ role: 'user', content: 'Hello' }] });
    const asked = await client.messages.create(ask('Hello'));
    assert.equal(counted.input_tokens, asked.usage.input_tokens + asked.usage.cache_read_input_tokens);
  },
  async 'messages: abort'() {
    await endsInTheServer(async () => {
      const stream = await client.messages.create(ask('Hello', { max_tokens: 1500, stream: true, logit_bias: kEndless }));
      for await (const event of stream) if (event.type === 'content_block_delta') stream.controller.abort();
    });
  },
  async 'messages: errors'() {
    const role = await failureOf(client.messages.create({ model: 'puna', max_tokens: 9, messages: [{ role: 'wizard', content: 'a' }] }));
    assert.ok(role instanceof Anthropic.BadRequestError);
    assert.equal(role.error.type, 'error');
    assert.equal(role.error.error.type, 'invalid_request_error');
    const orphan = await failureOf(client.messages.create(ask('', { messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x', content: 'y' }] }] })));
    assert.equal(orphan.status, 400);
    const long = await failureOf(client.messages.create(ask('word '.repeat(9000))));
    assert.equal(long.status, 400);
    assert.match(long.message, /context/);
  },
  async 'a busy server is asked again'() {
    const reply = await other.messages.create(ask('Hello'));
    assert.equal(reply.content[0].text, 'Back again.');
  },
  async 'messages: thoughts'() {
    const reply = await other.messages.create(ask('Hello', { max_tokens: 2000, thinking: { type: 'enabled', budget_tokens: 1024 }, temperature: 1 }));
    assert.equal(reply.content[0].thinking, 'Let me think.');
    assert.equal(reply.content[1].text, 'Thought.');
    const streamed = await other.messages.stream(ask('Hello')).finalMessage();
    assert.equal(streamed.content[0].thinking, 'I think again.');
    assert.equal(streamed.content[1].text, 'Again.');
  },
});
