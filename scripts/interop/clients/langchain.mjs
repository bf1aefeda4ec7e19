import assert from 'node:assert/strict';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { z } from 'zod';
import { areVectors, calculate, demo, endsInTheServer, failureOf, isPerson, kEndless, kPerson, kSum, kTexts, run, scripted } from './cases.mjs';

const model = (more) => new ChatOpenAI({ model: 'puna', apiKey: 'none', temperature: 0, configuration: { baseURL: `${demo}/v1` }, ...more });
const calculator = tool(async ({ expression }) => calculate(expression), {
  name: 'calculator', description: 'Evaluate an arithmetic expression.', schema: z.object({ expression: z.string() }),
});
const cases = {};

for (const [kind, more] of [['chat', {}], ['responses', { useResponsesApi: true }]]) {
  cases[`${kind}: plain`] = async () => {
    const reply = await model(more).invoke('Hello');
    assert.equal(reply.text, 'Hello! How can I help?');
    assert.ok(reply.usage_metadata.output_tokens > 0);
  };
  cases[`${kind}: stream with usage`] = async () => {
    let text = '', usage = null;
    for await (const piece of await model({ ...more, streamUsage: true }).stream('Hello')) {
      text += piece.text;
      usage = piece.usage_metadata ?? usage;
    }
    assert.equal(text, 'Hello! How can I help?');
    assert.ok(usage.output_tokens > 0);
  };
  cases[`${kind}: tools, there and back`] = async () => {
    const bound = model(more).bindTools([calculator]);
    const first = await bound.invoke([new HumanMessage(kSum)]);
    const [call] = first.tool_calls;
    const result = await calculator.invoke(call);
    assert.ok(result instanceof ToolMessage);
    assert.match((await bound.invoke([new HumanMessage(kSum), first, result])).text, /173412/);
  };
  cases[`${kind}: tools in a stream`] = async () => {
    let whole = null;
    for await (const piece of await model(more).bindTools([calculator]).stream(kSum)) whole = whole ? whole.concat(piece) : piece;
    assert.equal(calculate(whole.tool_calls[0].args.expression), '173412');
  };
  for (const method of ['jsonSchema', 'functionCalling']) {
    cases[`${kind}: structured output by ${method}`] = async () => {
      isPerson(await model(more).withStructuredOutput(z.object({ name: z.string(), age: z.int() }), { name: 'person', method }).invoke(kPerson));
    };
  }
  cases[`${kind}: abort`] = async () => {
    await endsInTheServer(async () => {
      const stop = new AbortController();
      const error = await failureOf((async () => {
        const stream = await model({ ...more, modelKwargs: { logit_bias: kEndless } }).stream('Hello', { signal: stop.signal });
        for await (const piece of stream) if (piece.text) stop.abort();
      })());
      assert.match(`${error.name} ${error.message}`, /abort/i);
    });
  };
  cases[`${kind}: errors`] = async () => {
    const error = await failureOf(model(more).invoke('word '.repeat(9000)));
    assert.equal(error.status, 400);
    assert.match(error.message, /context/);
  };
}
cases['a busy server is asked again'] = async () => {
  assert.equal((await model({ configuration: { baseURL: `${scripted}/v1` } }).invoke('Hello')).text, 'Back again.');
};
cases['embeddings'] = async () => {
  const embeddings = new OpenAIEmbeddings({ model: 'puna', apiKey: 'none', maxRetries: 0, configuration: { baseURL: `${demo}/v1`, maxRetries: 0 } });
  const vectors = await embeddings.embedDocuments(kTexts);
  areVectors(vectors);
  areVectors([await embeddings.embedQuery(kTexts[0]), ...vectors.slice(1)]);
};

run(cases);
