// Elements from plain calls. Text is always text: nothing of a document is read as HTML.

export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

export function copyButton(text) {
  const button = h('button', { type: 'button', class: 'quiet small', onclick: copy }, 'Copy');
  async function copy() {
    await navigator.clipboard.writeText(text());
    button.textContent = 'Copied';
    setTimeout(() => (button.textContent = 'Copy'), 1500);
  }
  return button;
}

export function paragraphs(text) {
  return (text ?? '').split(/\n{2,}/).filter(Boolean).map((part) => h('p', null, part));
}
