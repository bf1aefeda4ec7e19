import assert from 'node:assert/strict';
import { Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, setTracingDisabled, tool } from '@openai/agents';
import OpenAI from 'openai';
import { z } from 'zod';
import { calculate, demo, endsInTheServer, failureOf, isPerson, kEndless, kPerson, kSum, run } from './cases.mjs';

setTracingDisabled(true);
const client = new OpenAI({ baseURL: `${demo}/v1`, apiKey: 'none' });
const calculator = tool({
  name: 'calculator', description: 'Evaluate an arithmetic expression.', parameters: z.object({ expression: z.string() }),
  execute: async ({ expression }) => calculate(expression),
});
const agent = (model, more) => new Agent({ name: 'Puna', instructions: 'Use the tools when they help, then answer briefly.', model, modelSettings: { temperature: 0 }, ...more });
const runner = new Runner({ tracingDisabled: true });
const cases = {};

for (const [kind, Model] of [['chat', OpenAIChatCompletionsModel], ['responses', OpenAIResponsesModel]]) {
  const model = new Model(client, 'puna');
  cases[`${kind}: plain`] = async () => {
    assert.match((await runner.run(agent(model), 'Hello')).finalOutput, /\w/);
  };
  cases[`${kind}: tools`] = async () => {
    assert.match((await runner.run(agent(model, { tools: [calculator] }), kSum, { maxTurns: 4 })).finalOutput, /173412/);
  };
  cases[`${kind}: tools, streamed`] = async () => {
    const stream = await runner.run(agent(model, { tools: [calculator] }), kSum, { maxTurns: 4, stream: true });
    let text = '';
    for await (const event of stream) {
      if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta') text += event.data.delta;
    }
    await stream.completed;
    assert.match(stream.finalOutput, /173412/);
    assert.match(text, /173412/);
  };
  cases[`${kind}: an output type`] = async () => {
    const output = (await runner.run(agent(model, { outputType: z.object({ name: z.string(), age: z.int() }) }), kPerson)).finalOutput;
    isPerson(output);
  };
  cases[`${kind}: a hand-off`] = async () => {
    const sums = agent(model, { name: 'Sums', tools: [calculator] });
    const first = agent(model, { handoffs: [sums], modelSettings: { temperature: 0, toolChoice: 'transfer_to_Sums' } });
    const result = await runner.run(first, kSum, { maxTurns: 5 });
    assert.equal(result.lastAgent.name, 'Sums');
    assert.match(result.finalOutput, /\w/);
  };
  cases[`${kind}: abort`] = async () => {
    await endsInTheServer(async () => {
      const stop = new AbortController();
      const endless = agent(model, { modelSettings: { temperature: 0, providerData: { logit_bias: kEndless } } });
      const stream = await runner.run(endless, 'Hello', { stream: true, signal: stop.signal });
      try {
        for await (const event of stream) {
          if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta') stop.abort();
        }
        await stream.completed;
      } catch (error) {
        assert.match(error.name, /Abort/);
      }
    });
  };
  cases[`${kind}: errors`] = async () => {
    const error = await failureOf(runner.run(agent(model), 'word '.repeat(9000)));
    assert.equal(error.status, 400);
    assert.match(error.message, /context/);
  };
}

run(cases);
