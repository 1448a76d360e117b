import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observable } from '../src/observable.js';
import { asksEntities, keepPlan, readableOperation, rounds } from '../src/plan/read.js';

const ids = (plan) => rounds(plan).map((steps) => steps.map((step) => step.id));

test('a step stands one round after the last step it waits for', () => {
  const steps = [
    { id: 0 },
    { id: 1, after: [0] },
    { id: 2 },
    { id: 3, after: [1, 2] },
    { id: 4, after: [2] },
  ];
  assert.deepEqual(ids({ steps }), [[0, 2], [1, 4], [3]]);
});

test('a plan without steps has no rounds', () => {
  assert.deepEqual(ids({}), []);
});

test('the plan goes to its panel and out of the answer, other extensions stay', () => {
  const last = observable(null);
  const params = { operationName: 'A' };
  const answer = { data: 1, extensions: { queryPlan: { steps: [] }, cost: 2 } };
  assert.deepEqual(keepPlan(last, answer, params, 5), { data: 1, extensions: { cost: 2 } });
  assert.deepEqual(last.get(), { plan: { steps: [] }, params, ms: 5 });

  const only = { data: 1, extensions: { queryPlan: { steps: [] } } };
  assert.deepEqual(keepPlan(last, only, params, 5), { data: 1 });
});

test('later parts of the same answer keep its plan, the next operation clears it', () => {
  const last = observable(null);
  const params = {};
  keepPlan(last, { extensions: { queryPlan: { steps: [] } } }, params, 1);
  keepPlan(last, { incremental: [] }, params, 2);
  assert.deepEqual(last.get().plan, { steps: [] });
  keepPlan(last, { data: {} }, {}, 3);
  assert.equal(last.get().plan, null);
});

test('operations are laid out, and entity steps are told apart', () => {
  const step = { operation: 'query($r: [_Any!]!) {_entities(representations: $r) {... on A {b}}}' };
  assert.equal(asksEntities(step), true);
  assert.equal(asksEntities({ operation: '{entities}' }), false);
  assert.match(readableOperation(step), /^query \(\$r: \[_Any!\]!\) \{\n  _entities/);
  assert.equal(readableOperation({ operation: 'not {' }), 'not {');
});
