/** What shell completion offers. */
export interface Candidate {
  value: string;
  description?: string;
}

/** What it offers for the word under the cursor, and what a shell may add of its own. */
export interface Completions {
  candidates: readonly Candidate[];
  /** `files` and `directories`: the shell completes paths itself. */
  paths?: 'files' | 'directories';
}
