// Reads `extensions.queryPlan` into rounds: what is asked at the same time stands side by side.

import { parse, print } from 'graphql';

/** Takes the plan out of an answer (it would bury the data) and shows it in its panel. */
export function keepPlan(lastPlan, result, params, ms) {
  const { queryPlan, ...others } = result?.extensions ?? {};
  const isLaterPart = lastPlan.get()?.params === params; // of the same run
  if (queryPlan || !isLaterPart) lastPlan.set({ plan: queryPlan ?? null, params, ms });
  if (!queryPlan) return result;
  const { extensions: _, ...answer } = result;
  return Object.keys(others).length ? { ...answer, extensions: others } : answer;
}

/** The steps of a plan by round: a step stands one round after the last step it waits for. */
export function rounds(plan) {
  const result = [];
  for (const step of plan.steps) (result[step.round - 1] ??= []).push(step);
  return result;
}

/** Where a step's answer goes: a line for each place, with the key that names the objects. */
export function places(step) {
  const lines = step.entities.map(({ path, types, needs }) => {
    const narrowed = types ? ` (${types.join(' or ')})` : '';
    return `${path.replaceAll('.', ' › ')}${narrowed} by ${needs}`;
  });
  return step.path ? [step.path.replaceAll('.', ' › '), ...lines] : lines;
}

/** The operation a step sends, laid out; as it is when it does not parse. */
export function readableOperation(step) {
  try {
    return print(parse(step.operation));
  } catch {
    return step.operation;
  }
}
