// Cases of a JS client, one after another. Each prints a JSON line: {"case", "failure"}, failure null when it passed.
// Arguments: the address of the demo model, the address of a scripted model (its replies stand in clients.py).
import assert from 'node:assert/strict';

export const [demo, scripted] = process.argv.slice(2);
export const kSum = 'What is 4817 * 36?';
export const kPerson = 'John Smith is a 30-year-old software engineer working at a tech startup.';
export const kExpression = {
  type: 'object', properties: { expression: { type: 'string' } }, required: ['expression'], additionalProperties: false,
};
export const kPersonSchema = {
  type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer' } }, required: ['name', 'age'],
  additionalProperties: false,
};
// The turn never ends by itself, so that it can be aborted.
const ends = await (await fetch(`${demo}/tokenize`, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ content: '<|im_end|><|endoftext|>' }),
})).json();
export const kEndless = Object.fromEntries(ends.tokens.map((token) => [token, -100]));

// Only the four operations, of two whole numbers.
export function calculate(expression) {
  const [, a, sign, b] = /^\s*(\d+)\s*([-+*/])\s*(\d+)\s*$/.exec(expression) ?? assert.fail(`not a sum: ${expression}`);
  return String({ '+': +a + +b, '-': a - b, '*': a * b, '/': a / b }[sign]);
}

export function isPerson(value) {
  assert.deepEqual(Object.keys(value).sort(), ['age', 'name']);
  assert.equal(typeof value.name, 'string');
  assert.ok(Number.isInteger(value.age), JSON.stringify(value));
}

export async function metric(name) {
  const text = await (await fetch(`${demo}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? assert.fail(`no ${name} in /metrics`));
}

// What a client aborts is ended in the server, and the sequence is free.
export async function endsInTheServer(abort) {
  const before = await metric('puna_requests_cancelled_total');
  await abort();
  for (let i = 0; i < 100; ++i) {
    if (await metric('puna_requests_cancelled_total') > before && await metric('llamacpp:requests_processing') === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail('the server still generates two seconds after the client went');
}

// Vectors of kTexts: of length 1, those of equal texts alike, that of another text not.
export function areVectors([one, other, again]) {
  const product = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  assert.ok(one.length > 1 && other.length === one.length && again.length === one.length);
  assert.ok([one, other].every((vector) => Math.abs(product(vector, vector) - 1) < 1e-3));
  assert.ok(product(one, again) > 0.9999 && product(one, other) < 0.9999);
}
export const kTexts = ['A leopard runs.', 'The bridge is long.', 'A leopard runs.'];

// The error that a promise ends with.
export async function failureOf(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail('no error came');
}

export async function run(cases) {
  for (const [name, act] of Object.entries(cases)) {
    let failure = null;
    try {
      await Promise.race([act(), new Promise((_, late) => { setTimeout(() => late(new Error('no end within 60 s')), 60000).unref(); })]);
    } catch (error) {
      failure = `${error.name}: ${error.message}`.slice(0, 2000);
    }
    console.log(JSON.stringify({ case: name, failure }));
  }
  process.exit(0);
}
