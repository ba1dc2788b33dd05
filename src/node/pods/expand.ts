/** `$(NAME)` references in commands, arguments and variables, after upstream's expansion rules; `$$` is a literal `$`. */

/** What has no value stays as it was written. */
export function expand(text: string, value: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (value(name) ?? whole),
  );
}
