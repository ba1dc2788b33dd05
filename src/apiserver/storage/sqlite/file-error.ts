/** Why a database file is not opened: each with a sentence that names the file and the way out. */
export type FileProblem = 'in-use' | 'newer' | 'foreign' | 'corrupt' | 'unwritable';

/** The file was left as it was. */
export class StorageFileError extends Error {
  override readonly name = 'StorageFileError';
  readonly problem: FileProblem;
  readonly file: string;
  /** `detail`: what the system or SQLite said; for `newer` the two versions. */
  constructor(problem: FileProblem, file: string, detail: string) {
    super(sentences[problem](file, detail));
    this.problem = problem;
    this.file = file;
  }
}

/** A group of writes that was not kept: none of it is visible. */
export class StorageWriteError extends Error {
  override readonly name = 'StorageWriteError';
  readonly file: string;
  constructor(file: string, detail: string) {
    super(
      `${file} could not be written (${detail}), so the change was not kept; free some space or check the disk, then try again`,
    );
    this.file = file;
  }
}

const elsewhere = 'choose another data directory, or move the file away to start with an empty cluster';

const sentences: Record<FileProblem, (file: string, detail: string) => string> = {
  'in-use': (file) => `${file} is in use by another process: stop that one first, or choose another data directory`,
  newer: (file, detail) =>
    `${file} was written by a newer Fairlead (${detail}): use that one, or choose another data directory`,
  foreign: (file, detail) => `${file} is not a database of Fairlead (${detail}): ${elsewhere}`,
  corrupt: (file, detail) => `${file} is damaged (${detail}): restore a copy of it; or ${elsewhere}`,
  unwritable: (file, detail) =>
    `${file} cannot be opened for writing (${detail}): check the directory and its rights, or choose another data directory`,
};
