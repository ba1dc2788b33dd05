import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { CommandError } from '../command.ts';
import { pack } from './pack.ts';
import { encodeHeader, padding, TarError, type TarHeader } from './tar-format.ts';
import { unpack } from './unpack.ts';

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'fairlead-tar-'));
  t.after(() => rm(made, { recursive: true }));
  return made;
}

/** Reads it into one; in pieces of no even length. */
async function bytesOf(archive: AsyncIterable<Buffer>): Promise<Buffer> {
  return Buffer.concat(await Readable.from(archive).toArray());
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 333) yield bytes.subarray(at, at + 333);
}

type Written = Partial<TarHeader> &
  Pick<TarHeader, 'name'> & { kind?: Exclude<TarHeader['kind'], 'other'>; text?: string };

function tarWith(...entries: Written[]): Buffer {
  const blocks = entries.flatMap(({ kind = 'file', text = '', ...header }) => {
    const content = Buffer.from(text);
    const facts = { mode: 0o644, link: '', modified: 0, size: kind === 'file' ? content.length : 0, ...header, kind };
    return [encodeHeader(facts), content, padding(content.length)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

async function unpacked(bytes: Buffer, target: string, prefix = 'src'): Promise<{ count: number; warnings: string[] }> {
  const warnings: string[] = [];
  const warn = (sentence: string): void => void warnings.push(sentence);
  const options = { prefix, target, warn, preserve: true, intoFolder: false };
  return { count: await unpack(inPieces(bytes), options), warnings };
}

test('what is packed here real tar unpacks, and what real tar packs is unpacked here', async (t) => {
  const at = await folder(t);
  const long = 'n'.repeat(90);
  await mkdir(join(at, `src/${long}/${long}`), { recursive: true });
  await mkdir(join(at, 'src/empty'));
  await writeFile(join(at, 'src/run.sh'), 'echo\n', { mode: 0o755 });
  await writeFile(join(at, 'src/größe'), Buffer.alloc(100_001, 7));
  await writeFile(join(at, `src/${long}/${long}/deep`), 'deep');
  await symlink('run.sh', join(at, 'src/link'));

  const packed = await bytesOf(pack(join(at, 'src'), 'other', { warn: assert.fail, preserve: true }));
  await mkdir(join(at, 'by-tar'));
  execFileSync('tar', ['-xf', '-', '-C', join(at, 'by-tar')], { input: packed });
  execFileSync('diff', ['-r', join(at, 'src'), join(at, 'by-tar/other')]);
  assert.equal((await stat(join(at, 'by-tar/other/run.sh'))).mode & 0o777, 0o755);

  for (const format of ['gnu', 'ustar', 'pax']) {
    const archive = execFileSync('tar', [`--format=${format}`, '-C', at, '-cf', '-', 'src'], { maxBuffer: 1e8 });
    const target = join(at, format);
    const { warnings } = await unpacked(archive, target);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /src\/link is a link to run\.sh/);
    execFileSync('diff', ['-r', '--no-dereference', '-x', 'link', join(at, 'src'), target]);
    assert.equal((await stat(join(target, 'run.sh'))).mode & 0o777, 0o755);
  }
});

test('names that are no UTF-8 come and go as they are', async (t) => {
  const at = await folder(t);
  const names = ['\xff\xfe', 'a\xfeb', 'a\xffb', `${'\xfe'.repeat(120)}`];
  const raw = (path: string): Buffer => Buffer.from(path, 'latin1');
  await mkdir(raw(join(at, 'src/\xff')), { recursive: true });
  for (const name of names) await writeFile(raw(join(at, 'src/\xff', name)), raw(name));
  const packed = await bytesOf(pack(join(at, 'src'), 'größe', { warn: assert.fail, preserve: true }));
  const byTar = execFileSync('tar', ['--format=pax', '-C', at, '--transform=s/^src/größe/', '-cf', '-', 'src']);
  for (const [index, archive] of [packed, byTar].entries()) {
    const target = join(at, `ziel-ö${index}`);
    await unpacked(archive, target, 'größe');
    assert.deepEqual(
      (await readdir(Buffer.concat([Buffer.from(`${target}/`), raw('\xff')]), { encoding: 'latin1' })).sort(),
      names.sort(),
    );
    execFileSync('diff', ['-r', join(at, 'src'), target]);
  }
});

test('links with such names are packed as they are', async (t) => {
  const at = await folder(t);
  await mkdir(join(at, 'src'));
  await symlink(Buffer.from('\xff', 'latin1'), Buffer.from(join(at, 'src/\xfe'), 'latin1'));
  const packed = await bytesOf(pack(join(at, 'src'), 'src', { warn: assert.fail, preserve: true }));
  await mkdir(join(at, 'by-tar'));
  execFileSync('tar', ['-xf', '-', '-C', join(at, 'by-tar')], { input: packed });
  const link = Buffer.from(join(at, 'by-tar/src/\xfe'), 'latin1');
  assert.equal(await readlink(link, { encoding: 'latin1' }), '\xff');
});

test('names that are no UTF-8 lead out of the target no more than others', async (t) => {
  const at = await folder(t);
  const target = join(at, 'target');
  const refused = ['src/\xff/../../../out', '\xff/out', 'src\xff/out', '../\xff'];
  for (const name of refused) await assert.rejects(unpacked(tarWith({ name, text: 'x' }), target), CommandError, name);
  await mkdir(target);
  await symlink(at, Buffer.from(join(target, '\xff'), 'latin1'));
  await assert.rejects(unpacked(tarWith({ name: 'src/\xff/out', text: 'x' }), target), /is a link/);
  await assert.rejects(unpacked(tarWith({ name: 'src/\xff', text: 'x' }), target), /is a link/);
  assert.deepEqual(await readdir(at), ['target']);
});

test('a file that cannot be read ends the archive, and what came before it is whole', async (t) => {
  const at = await folder(t);
  await mkdir(join(at, 'src'));
  for (const name of ['a', 'b', 'c']) await writeFile(join(at, 'src', name), name.repeat(100_000));
  const pieces: Buffer[] = [];
  const packing = async (): Promise<void> => {
    for await (const piece of pack(join(at, 'src'), 'src', { warn: assert.fail, preserve: true })) {
      if (pieces.length === 0) await rm(join(at, 'src/b'));
      pieces.push(piece);
    }
  };
  await assert.rejects(packing(), /^CommandError: cannot read \S+\/src\/b: there is no such file$/);
  await mkdir(join(at, 'by-tar'));
  execFileSync('tar', ['-xf', '-', '-C', join(at, 'by-tar')], { input: Buffer.concat(pieces) });
  assert.deepEqual(await readdir(join(at, 'by-tar/src')), ['a']);
  assert.equal((await stat(join(at, 'by-tar/src/a'))).size, 100_000);
});

test('nothing is written outside the target, whatever the archive says', async (t) => {
  const at = await folder(t);
  const target = join(at, 'target');
  for (const name of [
    'src/../../out',
    '../out',
    '/etc/../out',
    'src/a/../../../out',
    'srcs/out',
    'other',
    'src/../x',
  ]) {
    await assert.rejects(unpacked(tarWith({ name, text: 'x' }), target), CommandError, name);
  }
  await assert.rejects(unpacked(tarWith({ name: '../out', text: 'x' }), target, ''), CommandError);
  // A link and then what goes through it.
  const { warnings } = await unpacked(
    tarWith({ name: 'src/up', kind: 'symlink', link: '..' }, { name: 'src/up/out', text: 'x' }),
    target,
  );
  assert.equal(warnings.length, 1);
  assert.equal(await readFile(join(target, 'up/out'), 'utf8'), 'x');
  // A link that is there.
  await symlink(at, join(target, 'there'));
  await assert.rejects(unpacked(tarWith({ name: 'src/there/out', text: 'x' }), target), /there is a link/);
  await symlink(join(at, 'out'), join(target, 'file'));
  await assert.rejects(unpacked(tarWith({ name: 'src/file', text: 'x' }), target), /file is a link/);
  // A second name for something that was not sent.
  const linked = await unpacked(tarWith({ name: 'src/h', kind: 'hardlink', link: '/etc/passwd' }), target);
  assert.match(linked.warnings[0] ?? '', /was not copied/);
  assert.deepEqual(await readdir(at), ['target']);
});

test('a second name for a file that came is a file too; set-id bits do not come along', async (t) => {
  const target = join(await folder(t), 'target');
  const archive = tarWith(
    { name: 'src/a', text: 'same', mode: 0o6755 },
    { name: 'src/b', kind: 'hardlink', link: 'src/a' },
  );
  assert.equal((await unpacked(archive, target)).count, 2);
  assert.equal(await readFile(join(target, 'b'), 'utf8'), 'same');
  assert.equal((await stat(join(target, 'a'))).mode & 0o7000, 0);
});

test('a single file gets the name of the target, or goes into it where that is a folder', async (t) => {
  const at = await folder(t);
  const archive = tarWith({ name: 'etc/hosts', text: 'h' });
  await unpacked(archive, join(at, 'file'), 'etc/hosts');
  await unpacked(archive, at, 'etc/hosts');
  assert.deepEqual((await readdir(at)).sort(), ['file', 'hosts']);
});

test('what is cut or damaged fails, and leaves no half file', async (t) => {
  const target = join(await folder(t), 'target');
  const archive = tarWith({ name: 'src/a', text: 'x'.repeat(2000) });
  await assert.rejects(unpacked(archive.subarray(0, 1500), target), TarError);
  assert.deepEqual(await readdir(target), []);
  const damaged = Buffer.from(archive);
  damaged.writeUInt8(0x41, 0);
  await assert.rejects(unpacked(damaged, target), TarError);
  await assert.rejects(unpacked(Buffer.from('x'.repeat(600)), target), TarError);
});
