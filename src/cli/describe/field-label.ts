/** `clusterIPs` as people read it, as kubectl does: words apart, capitals first. */

const acronyms = ['API', 'URL', 'UID', 'GUID'];

/** Names with anything but letters and hyphens stay as they are. */
export function fieldLabel(field: string): string {
  if (/[^\p{L}-]/u.test(field)) return field;
  const words: string[] = [];
  const parts = camelParts(field);
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] ?? '';
    const next = parts[at + 1] ?? '';
    // An acronym stays with the word that follows it.
    if (part.length >= 2 && /^\P{Ll}+$/u.test(part) && /^\p{Lu}/u.test(next)) {
      words.push(part + next);
      at++;
    } else words.push(part);
  }
  return words.map(capitalized).join(' ');
}

function capitalized(word: string): string {
  if (acronyms.includes(word.toUpperCase())) return word.toUpperCase();
  return word === word.toLowerCase() ? word.charAt(0).toUpperCase() + word.slice(1) : word;
}

/** Runs of small letters, of capitals and of others; the last capital before small letters belongs to them. */
function camelParts(text: string): string[] {
  const runs = text.match(/\p{Ll}+|\p{Lu}+|[^\p{Ll}\p{Lu}]+/gu) ?? [];
  for (let at = 0; at < runs.length - 1; at++) {
    const run = runs[at] ?? '';
    const next = runs[at + 1] ?? '';
    if (!/^\p{Lu}/u.test(run) || !/^\p{Ll}/u.test(next)) continue;
    runs[at] = run.slice(0, -1);
    runs[at + 1] = run.slice(-1) + next;
  }
  return runs.filter((run) => run !== '');
}
