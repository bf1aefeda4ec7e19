import assert from 'node:assert/strict';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { embedMany, generateObject, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { areVectors, calculate, demo, endsInTheServer, failureOf, isPerson, kExpression, kPerson, kPersonSchema, kSum, kTexts, run, scripted } from './cases.mjs';

const provider = (address) => createOpenAICompatible({
  name: 'puna', baseURL: `${address}/v1`, apiKey: 'none', includeUsage: true, supportsStructuredOutputs: true,
});
const model = provider(demo)('puna');
const calculator = tool({
  description: 'Evaluate an arithmetic expression.', inputSchema: jsonSchema(kExpression),
  execute: async ({ expression }) => calculate(expression),
});
// An answer that is long enough to be aborted.
const kManyNumbers = { type: 'array', items: { type: 'integer', minimum: 100000, maximum: 999999 }, minItems: 300, maxItems: 400 };

run({
  async 'generateText'() {
    const reply = await generateText({ model, prompt: 'Hello', temperature: 0 });
    assert.equal(reply.text, 'Hello! How can I help?');
    assert.equal(reply.finishReason, 'stop');
    assert.ok(reply.usage.outputTokens > 0);
  },
  async 'streamText with usage'() {
    const stream = streamText({ model, prompt: 'Hello', temperature: 0 });
    let text = '';
    for await (const piece of stream.textStream) text += piece;
    assert.equal(text, 'Hello! How can I help?');
    assert.ok((await stream.usage).inputTokens > 0);
  },
  async 'tools in several steps'() {
    const reply = await generateText({ model, prompt: kSum, temperature: 0, tools: { calculator }, stopWhen: stepCountIs(4) });
    assert.match(reply.text, /173412/);
    assert.equal(reply.steps.length, 2);
  },
  async 'tools in several steps, streamed'() {
    const stream = streamText({ model, prompt: kSum, temperature: 0, tools: { calculator }, stopWhen: stepCountIs(4) });
    let text = '';
    for await (const piece of stream.textStream) text += piece;
    assert.match(text, /173412/);
  },
  async 'objects'() {
    isPerson((await generateObject({ model, prompt: kPerson, temperature: 0, schema: jsonSchema(kPersonSchema) })).object);
  },
  async 'abort'() {
    await endsInTheServer(async () => {
      const stop = new AbortController();
      const stream = streamText({
        model, prompt: 'Hello', temperature: 0, abortSignal: stop.signal, onError() {},
        providerOptions: { puna: { json_schema: kManyNumbers } },
      });
      for await (const piece of stream.textStream) if (piece) stop.abort();
    });
  },
  async 'errors'() {
    const error = await failureOf(generateText({ model, prompt: 'word '.repeat(9000) }));
    assert.equal(error.statusCode, 400);
    assert.match(error.message, /context/);
  },
  async 'a busy server is asked again'() {
    const reply = await generateText({ model: provider(scripted)('puna'), prompt: 'Hello', maxRetries: 3 });
    assert.equal(reply.text, 'Back again.');
  },
  async 'thoughts'() {
    const reply = await generateText({ model: provider(scripted)('puna'), prompt: 'Hello' });
    assert.equal(reply.reasoningText, 'Let me think.');
    assert.equal(reply.text, 'Thought.');
  },
  async 'embeddings'() {
    areVectors((await embedMany({ model: provider(demo).embeddingModel('puna'), values: kTexts, maxRetries: 0 })).embeddings);
  },
});
