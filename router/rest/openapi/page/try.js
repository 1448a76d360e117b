// Sends one operation from the page, and writes the same request for curl.
import { copyButton, h } from './dom.js';
import { resolve } from './schema.js';

export function tryPanel(spec, base, operation, session) {
  const fields = operation.parameters.filter((p) => p.in !== 'header' || p.schema?.type);
  const inputs = new Map(fields.map((parameter) => [parameter, input(spec, parameter)]));
  const body = bodyInput(operation);
  const result = h('div', { class: 'result', 'aria-live': 'polite' });
  const curl = h('code');
  const form = h(
    'form',
    { class: 'try', onsubmit: send, oninput: writeCurl },
    [...inputs].map(([parameter, element]) =>
      h('label', null, h('span', null, h('code', null, parameter.name), parameter.required ? ' *' : ''), element),
    ),
    body ? h('label', null, 'Body', body) : null,
    h('div', { class: 'row' }, h('button', { type: 'submit' }, 'Send')),
    h('div', { class: 'curl' }, h('pre', null, curl), copyButton(() => curl.textContent)),
    result,
  );

  function request() {
    let path = operation.path;
    const query = new URLSearchParams();
    const headers = {};
    for (const [parameter, element] of inputs) {
      const value = element.value;
      if (parameter.in === 'path') {
        path = path.replace(`{${parameter.name}}`, encodeURIComponent(value || parameter.name));
      } else if (value !== '' && parameter.in === 'query') query.append(parameter.name, value);
      else if (value !== '') headers[parameter.name] = value;
    }
    if (session.token && operation.security.length) {
      headers.Authorization = `Bearer ${session.token}`;
    }
    if (body) headers['Content-Type'] = operation.mediaType;
    const text = query.toString();
    const url = new URL(base + path + (text ? `?${text}` : ''), document.baseURI);
    return { url, method: operation.method.toUpperCase(), headers, body: body?.value };
  }

  function writeCurl() {
    const { url, method, headers, body: content } = request();
    const shown = Object.entries(headers).map(([name, value]) =>
      name === 'Authorization' ? `-H "Authorization: Bearer $TOKEN"` : `-H ${quote(`${name}: ${value}`)}`,
    );
    const data = content ? [`-d ${quote(content)}`] : [];
    curl.textContent = [`curl -X ${method} ${quote(url.href)}`, ...shown, ...data].join(' \\\n  ');
  }

  async function send(event) {
    event.preventDefault();
    const { url, ...options } = request();
    const started = performance.now();
    try {
      const response = await fetch(url, options);
      const text = await response.text();
      const took = Math.round(performance.now() - started);
      result.replaceChildren(...answer(response, text, took));
    } catch (error) {
      result.replaceChildren(h('p', { class: 'problem' }, `No answer: ${error.message}`));
    }
  }

  writeCurl();
  session.onChange(writeCurl);
  return form;
}

function answer(response, text, took) {
  const good = response.status < 400 ? 'good' : 'bad';
  return [
    h('p', null, h('strong', { class: `status ${good}` }, String(response.status)), ` in ${took} ms`),
    h(
      'details',
      null,
      h('summary', null, 'Headers'),
      h('pre', null, [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n')),
    ),
    h('pre', { class: 'answer', tabindex: '0' }, indented(text) || '(no body)'),
  ];
}

function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function input(spec, parameter) {
  const schema = resolve(spec, parameter.schema);
  const values = schema.type === 'boolean' ? ['true', 'false'] : schema.enum;
  const required = parameter.required;
  if (values) {
    const options = values.filter((value) => value !== null).map((value) => h('option', null, String(value)));
    return h('select', { required }, required ? null : h('option', { value: '' }, ''), options);
  }
  const number = [schema.type].flat().some((kind) => kind === 'integer' || kind === 'number');
  return h('input', {
    required,
    inputmode: number ? 'numeric' : null,
    placeholder: schema.default ?? null,
    autocomplete: 'off',
  });
}

function bodyInput(operation) {
  if (!operation.mediaType) return null;
  const text = JSON.stringify(operation.example ?? {}, null, 2);
  const area = h('textarea', { rows: Math.min(18, text.split('\n').length + 1), spellcheck: 'false' });
  area.value = text;
  return area;
}

const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
