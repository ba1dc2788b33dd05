/** Finds object keys that occur twice in JSON text, which JSON.parse hides. */

interface Frame {
  /** Keys seen; absent in a list. */
  keys?: Set<string>;
  /** The key or index at hand. */
  at: string | number;
}

const limit = 100;

function pathOf(frames: readonly Frame[]): string {
  return frames.map(({ at }, depth) => (typeof at === 'number' ? `[${at}]` : depth === 0 ? at : `.${at}`)).join('');
}

/** The index after the string that begins at the quote `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') {
    if (at >= text.length) return at;
    at += text[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

/** Paths (`spec.ports[0].name`) of duplicate keys, each once, at most 100. The text must be valid JSON. */
export function findDuplicateFields(text: string): string[] {
  const found = new Set<string>();
  const frames: Frame[] = [];
  let keyNext = false;
  for (let at = 0; at < text.length && found.size < limit; at++) {
    const frame = frames.at(-1);
    switch (text[at]) {
      case '{':
        frames.push({ keys: new Set(), at: '' });
        keyNext = true;
        break;
      case '[':
        frames.push({ at: 0 });
        break;
      case '}':
      case ']':
        frames.pop();
        keyNext = false;
        break;
      case ',':
        keyNext = frame?.keys !== undefined;
        if (typeof frame?.at === 'number') frame.at++;
        break;
      case '"': {
        const end = stringEnd(text, at);
        if (keyNext && frame?.keys !== undefined) {
          const raw = text.slice(at + 1, end - 1);
          const key = raw.includes('\\') ? String(JSON.parse(text.slice(at, end))) : raw;
          frame.at = key;
          if (frame.keys.has(key)) found.add(pathOf(frames));
          frame.keys.add(key);
          keyNext = false;
        }
        at = end - 1;
        break;
      }
    }
  }
  return [...found];
}
