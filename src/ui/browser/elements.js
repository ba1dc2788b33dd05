// @ts-check
/** Small pieces of the page. Text reaches the document as text only: nothing here parses HTML. */

/** Controls, and what turns or hides text: shown by its number, so that no name passes for another. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** @param {string} text */
export function inert(text) {
  return text.replace(invisible, (mark) => `\\u{${mark.codePointAt(0)?.toString(16)}}`);
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, inert(value));
  made.append(...children.map((child) => (typeof child === 'string' ? inert(child) : child)));
  return made;
}

/** @param {string} id */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** Changes nothing where it says so already, so that nobody is told twice. @param {Element} target @param {string} text */
export function setText(target, text) {
  const safe = inert(text);
  if (target.textContent !== safe) target.textContent = safe;
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let hiding;

/** Says something for a moment, to eyes and ears. @param {string} text */
export function announce(text) {
  const place = byId('announcement');
  place.textContent = inert(text);
  place.dataset.shown = '';
  clearTimeout(hiding);
  hiding = setTimeout(() => delete place.dataset.shown, 3000);
}

/** Puts a text on the clipboard and says so. @param {string} text @returns {Promise<boolean>} */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce(`Copied: ${text}`);
    return true;
  } catch {
    announce('The browser does not allow copying here: select the text and copy it by hand.');
    return false;
  }
}

/** @param {string} text @param {string} what read out: what it is that gets copied */
export function copyButton(text, what) {
  const button = element('button', { type: 'button', class: 'copy', 'aria-label': `Copy ${what}: ${text}` }, 'copy');
  button.addEventListener('click', async () => {
    if (!(await copy(text))) return;
    button.textContent = 'copied';
    setTimeout(() => {
      button.textContent = 'copy';
    }, 1500);
  });
  return button;
}

/** A command to type, with a button that copies it. @param {string} text @param {string} [what] */
export function commandLine(text, what = 'the command') {
  return element('div', { class: 'command' }, element('code', {}, text), copyButton(text, what));
}

/** Where the keyboard is in `root`, so that it can be there again after its parts were replaced. @param {HTMLElement} root */
export function keepFocus(root) {
  if (!root.contains(document.activeElement)) return () => {};
  const at = focusables(root).findIndex((one) => one.matches(':focus'));
  return () => {
    const all = focusables(root);
    const target = all[Math.min(at, all.length - 1)];
    if (target !== document.activeElement) target?.focus({ preventScroll: true });
  };
}

/** @param {HTMLElement} root @returns {HTMLElement[]} */
function focusables(root) {
  return [...root.querySelectorAll('a, button')].filter((one) => one instanceof HTMLElement);
}
