import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observable } from '../src/observable.js';
import { keepPlan, places, readableOperation, rounds } from '../src/plan/read.js';

test('steps stand together by their round', () => {
  const steps = [
    { id: 0, round: 1 },
    { id: 1, round: 2 },
    { id: 2, round: 1 },
    { id: 3, round: 3 },
  ];
  const ids = rounds({ steps }).map((together) => together.map((step) => step.id));
  assert.deepEqual(ids, [[0, 2], [1], [3]]);
  assert.deepEqual(rounds({ steps: [] }), []);
});

test('a step tells where its answer goes and by which key', () => {
  const entities = [
    { path: 'project.lead', types: null, needs: 'id' },
    { path: 'feed', types: ['A', 'B'], needs: 'id sku' },
  ];
  assert.deepEqual(places({ path: null, entities }), [
    'project › lead by id',
    'feed (A or B) by id sku',
  ]);
  assert.deepEqual(places({ path: 'payload.query', entities: [] }), ['payload › query']);
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

test('operations are laid out', () => {
  const step = { operation: 'query($r: [_Any!]!) {_entities(representations: $r) {... on A {b}}}' };
  assert.match(readableOperation(step), /^query \(\$r: \[_Any!\]!\) \{\n  _entities/);
  assert.equal(readableOperation({ operation: 'not {' }), 'not {');
});
