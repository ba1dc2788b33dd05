// @ts-check
/** Small pieces of the page. Text reaches the document as text only: nothing here parses HTML. */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** @param {string} id */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** The address of a host of the gateway, on the port that this page came from. @param {string} host */
export function addressOf(host) {
  return `http://${host}${location.port === '' ? '' : `:${location.port}`}/`;
}

/** Puts a text on the clipboard and says so. @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce(`Copied: ${text}`);
  } catch {
    announce('The browser does not allow copying here.');
  }
}

/** Tells people who do not see the page. @param {string} text */
export function announce(text) {
  byId('announcement').textContent = text;
}

/** A button that copies its command, and shows for a moment that it did. @param {string} text @param {string} label */
export function copyButton(text, label) {
  const button = element('button', { type: 'button', title: `Copy: ${text}` }, label);
  button.addEventListener('click', async () => {
    await copy(text);
    button.textContent = 'copied';
    setTimeout(() => {
      button.textContent = label;
    }, 1200);
  });
  return button;
}

/** A command to type, with a button that copies it. @param {string} text */
export function commandLine(text) {
  return element('div', { class: 'command' }, element('code', {}, text), copyButton(text, 'copy'));
}
