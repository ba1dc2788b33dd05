/** `tell`, but for a text that is the last one again within so many milliseconds: who tries again and again is told of once. */
export function oncePer(ms: number, tell: (text: string) => void): (text: string) => void {
  let last: { text: string; at: number } | undefined;
  return (text) => {
    if (last?.text === text && Date.now() - last.at < ms) return;
    last = { text, at: Date.now() };
    tell(text);
  };
}
