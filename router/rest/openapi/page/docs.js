// The documentation page: reads openapi.json beside it and shows every operation.
import { h, paragraphs } from './dom.js';
import { member, resolve, tree } from './schema.js';
import { accountPanel, createSession } from './session.js';
import { tryPanel } from './try.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

async function load(name, token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(new URL(name, document.baseURI), { headers });
  if (response.status === 401 && token) return load(name); // an old token: read what is open to all
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  return response.json();
}

function operationsOf(spec) {
  return Object.entries(spec.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const operation = item[method];
      const body = resolve(spec, operation.requestBody);
      const [mediaType, content] = Object.entries(body.content ?? {})[0] ?? [];
      return {
        ...operation,
        path,
        method,
        mediaType,
        body: content?.schema,
        example: content?.example,
        anchor: `op-${operation.operationId}`,
        security: operation.security ?? spec.security ?? [],
        parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((parameter) =>
          resolve(spec, parameter),
        ),
      };
    }),
  );
}

function byTag(spec, operations) {
  const tags = new Map((spec.tags ?? []).map(({ name }) => [name, []]));
  for (const operation of operations) {
    const tag = operation.tags?.[0] ?? 'other';
    tags.set(tag, [...(tags.get(tag) ?? []), operation]);
  }
  return [...tags].filter(([, found]) => found.length > 0);
}

function badge(method) {
  return h('span', { class: `method ${method}` }, method.toUpperCase());
}

function indexOf(groups) {
  const search = h('input', {
    type: 'search',
    placeholder: 'Filter',
    'aria-label': 'Filter the operations',
    oninput: filter,
  });
  const links = [];
  const list = groups.map(([tag, operations]) =>
    h(
      'section',
      null,
      h('h2', null, tag),
      h(
        'ul',
        null,
        operations.map((operation) => {
          const item = h(
            'li',
            null,
            h('a', { href: `#${operation.anchor}` }, badge(operation.method), h('span', null, operation.path)),
          );
          const words = `${operation.method} ${operation.path} ${operation.summary ?? ''}`;
          links.push([item, words.toLowerCase()]);
          return item;
        }),
      ),
    ),
  );
  function filter() {
    const wanted = search.value.toLowerCase().split(/\s+/);
    for (const [item, words] of links) item.hidden = !wanted.every((word) => words.includes(word));
    for (const section of list) section.hidden = !section.querySelector('li:not([hidden])');
  }
  return [search, ...list];
}

function whoMay(spec, operation) {
  if (operation.security.length === 0) return h('p', { class: 'who' }, 'Open to everybody.');
  const ways = operation.security.map((way) => Object.values(way).flat());
  if (ways.some((scopes) => scopes.length === 0)) return h('p', { class: 'who' }, 'Needs a signed-in caller.');
  return h(
    'p',
    { class: 'who' },
    'Needs ',
    ways.flatMap((scopes, number) => [
      number ? ' or ' : '',
      scopes.flatMap((scope, place) => [place ? ' and ' : '', h('code', null, scope)]),
    ]),
    '.',
  );
}

function responses(spec, operation, isWanted) {
  const wanted = Object.entries(operation.responses).filter(([status]) => isWanted(status));
  return wanted.map(([status, given]) => {
    const response = resolve(spec, given);
    const [mediaType, content] = Object.entries(response.content ?? {})[0] ?? [];
    const headers = Object.entries(response.headers ?? {});
    const panel = h(
      'details',
      { class: 'response' },
      h('summary', null, h('strong', { class: status < 400 ? 'status good' : 'status bad' }, status), ' ', response.description),
    );
    whenOpened(panel, () => [
      headers.length
        ? h('ul', { class: 'members' }, headers.map(([name, header]) => {
            const found = resolve(spec, header);
            return member(spec, name, { ...found.schema, description: found.description });
          }))
        : null,
      content ? [h('p', { class: 'media' }, mediaType), tree(spec, content.schema)] : h('p', null, 'No body.'),
      content?.example === undefined ? null : h('pre', { tabindex: '0' }, JSON.stringify(content.example, null, 2)),
    ]);
    return panel;
  });
}

/** Details are drawn when they are first opened: a document has thousands of members. */
function whenOpened(panel, draw) {
  panel.addEventListener('toggle', () => panel.open && panel.append(...[draw()].flat(Infinity).filter(Boolean)), {
    once: true,
  });
}

function details(spec, base, operation, session) {
  const { parameters } = operation;
  return [
    ...paragraphs(operation.description),
    whoMay(spec, operation),
    parameters.length ? h('h4', null, 'Parameters') : null,
    parameters.length
      ? h(
          'ul',
          { class: 'members' },
          parameters.map((parameter) =>
            member(spec, parameter.name, {
              ...resolve(spec, parameter.schema),
              description: `${parameter.in}${parameter.description ? `: ${parameter.description}` : ''}`,
            }, { note: parameter.required ? 'required' : null }),
          ),
        )
      : null,
    operation.body ? [h('h4', null, 'Body'), h('p', { class: 'media' }, operation.mediaType), tree(spec, operation.body, { isSent: true })] : null,
    h('h4', null, 'Answers'),
    responses(spec, operation, (status) => status < 400),
    h('h4', null, 'Try it'),
    tryPanel(spec, base, operation, session),
    h('h4', null, 'Refusals and failures'),
    responses(spec, operation, (status) => status >= 400),
  ];
}

function panelOf(spec, base, operation, session) {
  const panel = h(
    'details',
    { class: operation.deprecated ? 'operation deprecated' : 'operation', id: operation.anchor },
    h(
      'summary',
      null,
      badge(operation.method),
      h('code', { class: 'path' }, operation.path),
      h('span', { class: 'summary' }, operation.summary ?? ''),
      operation.deprecated ? h('span', { class: 'note' }, 'deprecated') : null,
    ),
  );
  const inside = h('div', { class: 'inside' });
  panel.append(inside);
  panel.addEventListener(
    'toggle',
    () => inside.append(...details(spec, base, operation, session).flat(Infinity).filter(Boolean)),
    { once: true },
  );
  return panel;
}

function openAnchor() {
  const panel = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (panel?.tagName !== 'DETAILS') return;
  panel.open = true;
  panel.scrollIntoView();
}

function drawProfiles(config) {
  document.getElementById('profiles').append(
    ...config.documents.map(({ name, href, current }) =>
      h('a', { href, 'aria-current': current ? 'page' : null }, name),
    ),
  );
}

async function main() {
  const config = await load('config.json');
  const session = createSession(config);
  const spec = await load('../openapi.json', session.token);
  const operations = operationsOf(spec);
  const groups = byTag(spec, operations);
  const base = (spec.servers?.[0]?.url ?? '').replace(/\/$/, '');
  document.title = spec.info.title;
  drawProfiles(config);
  document.getElementById('account').append(accountPanel(session, config));
  document.getElementById('index').append(...indexOf(groups));
  document.getElementById('content').replaceChildren(
    h('h2', { class: 'title' }, spec.info.title, ' ', h('small', null, spec.info.version)),
    ...paragraphs(spec.info.description),
    h('p', null, `${operations.length} operations. `, h('a', { href: '../openapi.json' }, 'openapi.json')),
    ...groups.map(([tag, found]) =>
      h('section', null, h('h3', null, tag), found.map((each) => panelOf(spec, base, each, session))),
    ),
  );
  addEventListener('hashchange', openAnchor);
  openAnchor();
}

main().catch((error) => {
  document.getElementById('content').replaceChildren(h('p', { class: 'problem', role: 'alert' }, error.message));
});
