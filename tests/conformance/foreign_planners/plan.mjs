// node plan.mjs apollo|hive
// Reads one JSON request a line: {"supergraph", "operations": [text]}.
// Writes one JSON answer a line: {"error"} or {"plans": [{"plan"} | {"error"}]}, each plan with the
// milliseconds of CPU time that it took ("cpu").
import { createInterface } from 'node:readline';
import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { QueryPlanner as ApolloPlanner } from '@apollo/query-planner';
import { QueryPlanner as HivePlanner } from '@graphql-hive/router-query-planner';
import { parse } from 'graphql';

const attempt = (make) => {
  try {
    return make();
  } catch (error) {
    return { error: String(error?.message ?? error) };
  }
};

const load = {
  apollo(sdl) {
    const supergraph = Supergraph.build(sdl);
    const planner = new ApolloPlanner(supergraph);
    const api = supergraph.apiSchema();
    return (text) => planner.buildQueryPlan(operationFromDocument(api, parse(text)));
  },
  hive(sdl) {
    const planner = new HivePlanner(sdl);
    return (text) => planner.plan(text, null, new Set(), 0);
  },
}[process.argv[2]];

const timed = (make) => {
  const before = process.cpuUsage();
  const answer = attempt(make);
  const { user, system } = process.cpuUsage(before);
  return { ...answer, cpu: (user + system) / 1000 };
};

for await (const line of createInterface({ input: process.stdin })) {
  const { supergraph, operations } = JSON.parse(line);
  const answer = attempt(() => {
    const plan = load(supergraph);
    return { plans: operations.map((text) => timed(() => ({ plan: plan(text) }))) };
  });
  process.stdout.write(JSON.stringify(answer) + '\n');
}
