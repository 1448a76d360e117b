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

/** The steps of a plan in rounds: a step stands one round after the last step it waits for. */
export function rounds(plan) {
  const levels = new Map();
  const result = [];
  for (const step of plan.steps ?? []) {
    const waits = (step.after ?? []).map((id) => levels.get(id) ?? 0);
    const level = waits.length ? Math.max(...waits) + 1 : 0;
    levels.set(step.id, level);
    (result[level] ??= []).push(step);
  }
  return result;
}

/** Whether a step completes objects that other steps found (federation's `_entities`). */
export function asksEntities(step) {
  return /\b_entities\b/.test(step.operation ?? '');
}

/** The operation a step sends, laid out; as it is when it does not parse. */
export function readableOperation(step) {
  try {
    return print(parse(step.operation));
  } catch {
    return step.operation;
  }
}
