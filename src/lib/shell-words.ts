/** Words as a shell would want them, so that it is seen where one ends and a line can be used again. */

/** As it is where it is plain, else in quotes: whatever it holds, it stays one word. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function shellWords(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}
