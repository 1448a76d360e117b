// A JSON Schema as a nested list: name, type, what it is for, within which bounds.
import { h } from './dom.js';

const MAX_DEPTH = 8;

export function resolve(spec, value) {
  let found = value ?? {};
  for (let turn = 0; found.$ref && turn < 20; turn += 1) {
    const { $ref, ...beside } = found;
    const target = $ref.slice(2).split('/').reduce((node, key) => node?.[unescape(key)], spec);
    found = { ...target, ...beside, title: $ref.split('/').at(-1) };
  }
  if (!found.allOf) return found;
  const { allOf, ...beside } = found;
  return allOf.map((part) => resolve(spec, part)).reduce(both, beside);
}

/** What fits two schemas; the second one says more. */
const both = (one, other) => ({
  ...one,
  ...other,
  properties: { ...one.properties, ...other.properties },
});

const unescape = (key) => key.replaceAll('~1', '/').replaceAll('~0', '~');

/** The schema without its null alternative, and whether there was one. */
function withoutNull(spec, given) {
  const schema = resolve(spec, given);
  const kinds = [schema.type].flat();
  if (kinds.length > 1 && kinds.includes('null')) {
    const rest = kinds.filter((kind) => kind !== 'null');
    return [{ ...schema, type: rest.length === 1 ? rest[0] : rest }, true];
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (!choices) return [schema, false];
  const others = choices.filter((choice) => choice.type !== 'null');
  if (others.length !== 1) return [schema, others.length < choices.length];
  const { anyOf, oneOf, ...beside } = schema;
  return [{ ...resolve(spec, others[0]), ...beside }, others.length < choices.length];
}

export function typeName(spec, given) {
  const [schema, canBeNull] = withoutNull(spec, given);
  return nameOf(spec, schema) + (canBeNull ? ' or null' : '');
}

function nameOf(spec, schema) {
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.type === 'array') return `list of ${typeName(spec, schema.items)}`;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((choice) => typeName(spec, choice)).join(' or ');
  if (schema.format && schema.type === 'string') return schema.format;
  return [schema.type ?? 'anything'].flat().join(' or ');
}

function bounds(schema) {
  const parts = [];
  if (schema.enum) parts.push(`one of ${schema.enum.filter((v) => v !== null).join(', ')}`);
  if (schema.minLength !== undefined) parts.push(`at least ${schema.minLength} characters`);
  if (schema.maxLength !== undefined) parts.push(`at most ${schema.maxLength} characters`);
  if (schema.format !== 'int32' || schema.minimum > -(2 ** 31)) {
    if (schema.minimum !== undefined) parts.push(`from ${schema.minimum}`);
  }
  if (schema.format !== 'int32' || schema.maximum < 2 ** 31 - 1) {
    if (schema.maximum !== undefined) parts.push(`up to ${schema.maximum}`);
  }
  if (schema.pattern) parts.push(`like ${schema.pattern}`);
  if (schema.default !== undefined) parts.push(`default ${JSON.stringify(schema.default)}`);
  return parts.join('; ');
}

/** One member: a term and its description, with the members of objects below. */
export function member(spec, name, given, { note, depth = 0, isSent } = {}) {
  const [schema] = withoutNull(spec, given);
  const within = bounds(schema);
  return h(
    'li',
    { class: schema.deprecated ? 'member deprecated' : 'member' },
    name === null ? null : h('code', { class: 'name' }, name),
    h('span', { class: 'type' }, typeName(spec, given)),
    note ? h('span', { class: 'note' }, note) : null,
    schema.description ? h('span', { class: 'about' }, schema.description) : null,
    within ? h('span', { class: 'bounds' }, within) : null,
    below(spec, schema, depth, isSent),
  );
}

function below(spec, schema, depth, isSent) {
  let [inner] = withoutNull(spec, schema);
  while (inner.type === 'array') [inner] = withoutNull(spec, inner.items);
  const members = Object.entries(inner.properties ?? {});
  if (members.length === 0) return null;
  if (depth >= MAX_DEPTH) return h('p', { class: 'about' }, '…');
  const required = new Set(inner.required);
  return h(
    'ul',
    { class: 'members' },
    members.map(([name, each]) =>
      member(spec, name, each, { note: noteOn(required.has(name), isSent), depth: depth + 1, isSent }),
    ),
  );
}

/** Senders must know what is required, readers what may be missing. */
function noteOn(isRequired, isSent) {
  if (isSent) return isRequired ? 'required' : null;
  return isRequired ? null : 'not always there';
}

export function tree(spec, schema, { isSent = false } = {}) {
  const [inner] = withoutNull(spec, schema);
  if (inner.type === 'object' && inner.properties) return below(spec, inner, 0, isSent);
  return h('ul', { class: 'members' }, member(spec, null, schema));
}
