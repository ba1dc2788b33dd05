import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { describeStorage } from './conformance.ts';
import { openSqliteStorage } from './sqlite.ts';

const directory = mkdtempSync(join(tmpdir(), 'fairlead-sqlite-'));
after(() => rmSync(directory, { recursive: true }));

let files = 0;
describeStorage({
  name: 'SQLite',
  open: () => {
    files += 1;
    return openSqliteStorage({ file: join(directory, `${files}.db`) });
  },
});
