import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { download } from './download.ts';
import { proxyFor } from './proxy.ts';

const folder = mkdtempSync(join(tmpdir(), 'residuals-download-'));
const file = join(folder, 'fetched');
const content = Buffer.alloc(300_000, 'residual ');
const servers: Server[] = [];

/** A key and a certificate for localhost that nobody has signed. */
const certificate = (() => {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  try {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-keyout',
        key,
        '-out',
        cert,
        '-days',
        '2',
        ...subject,
      ],
      { stdio: 'ignore' },
    );
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } catch {
    console.warn('skipped: https through a proxy is tried with a certificate that openssl makes.');
    return null;
  }
})();

const serve = (asked: (url: string) => void = () => {}) =>
  createServer(({ url = '', headers }, response) => {
    asked(url);
    if (url === '/moved') return void response.writeHead(302, { location: '/file' }).end();
    if (url === '/round') return void response.writeHead(302, { location: '/round' }).end();
    if (url === '/short')
      return void response.writeHead(200, { 'content-length': 10 }).end('123', () => response.destroy());
    if (url === '/file')
      return void response.writeHead(200, { 'content-length': content.length }).end(content);
    if (url.startsWith('http')) return void request(url, { headers }, from => from.pipe(response)).end();
    response.writeHead(404).end();
  });

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

beforeEach(() => {
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'])
    for (const each of [name, name.toLowerCase()]) vi.stubEnv(each, '');
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

describe('a download', () => {
  let address: string;
  beforeAll(async () => {
    address = `http://127.0.0.1:${await listening(serve())}`;
  });

  it('follows redirections and tells how much has come', async () => {
    const told: [number, number][] = [];
    await download(`${address}/moved`, file, (...bytes) => told.push(bytes));
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(told.at(-1)).toEqual([content.length, content.length]);
  });

  it.each([
    ['/absent', 'HTTP status 404'],
    ['/round', 'more than 5 redirections'],
    ['/short', /aborted|ended after 3 of 10 bytes/],
  ])('fails at %s in one line', async (path, message) => {
    await expect(download(`${address}${path}`, file)).rejects.toThrow(message);
  });

  it('says what the system says', async () => {
    await expect(download('http://127.0.0.1:9/x', file)).rejects.toThrow('connect ECONNREFUSED 127.0.0.1:9');
    await expect(download('ftp://127.0.0.1/x', file)).rejects.toThrow(
      'ftp:// is not an address to fetch from',
    );
  });
});

describe('a proxy', () => {
  it('of http is asked for the whole address', async () => {
    const asked: string[] = [];
    const port = await listening(serve());
    vi.stubEnv('http_proxy', `127.0.0.1:${await listening(serve(url => asked.push(url)))}`);
    await download(`http://127.0.0.1:${port}/file`, file);
    expect(asked).toEqual([`http://127.0.0.1:${port}/file`]);
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it.skipIf(!certificate)(
    'of https is asked to connect, with its password, unless NO_PROXY names the host',
    async () => {
      const secure = createSecureServer(certificate!, (_, response) => response.end(content));
      const address = `https://localhost:${await listening(secure as unknown as Server)}/file`;
      const asked: unknown[] = [];
      const proxy = createServer();
      proxy.on('connect', ({ url, headers }, socket) => {
        asked.push([url, headers['proxy-authorization']]);
        const target = connect(Number(url!.split(':')[1]), '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
          target.pipe(socket).pipe(target);
        });
      });
      vi.stubEnv('HTTPS_PROXY', `http://me:s%40cret@127.0.0.1:${await listening(proxy)}`);
      await download(address, file, undefined, { ca: certificate!.cert });
      expect(asked).toEqual([[new URL(address).host, `Basic ${btoa('me:s@cret')}`]]);
      expect(readFileSync(file).equals(content)).toBe(true);
      await expect(download(address, file)).rejects.toThrow(/self.signed certificate/); // trusted by nobody else
      vi.stubEnv('no_proxy', 'example.org, localhost');
      await download(address, file, undefined, { ca: certificate!.cert });
      expect(asked).toHaveLength(2);
    },
  );

  it('that refuses or is not there is named, without its password', async () => {
    const proxy = createServer();
    proxy.on('connect', (_, socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    const port = await listening(proxy);
    vi.stubEnv('HTTPS_PROXY', `http://me:secret@127.0.0.1:${port}`);
    await expect(download('https://example.org/x', file)).rejects.toThrow(
      `the proxy http://127.0.0.1:${port} answered 502 Bad Gateway`,
    );
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:9');
    await expect(download('https://example.org/x', file)).rejects.toThrow(
      'the proxy http://127.0.0.1:9 cannot be used: connect ECONNREFUSED',
    );
    vi.stubEnv('HTTPS_PROXY', 'socks5://127.0.0.1:9');
    await expect(download('https://example.org/x', file)).rejects.toThrow('is not supported');
  });
});

describe('proxyFor', () => {
  const of = (address: string, env: Record<string, string>) => proxyFor(new URL(address), env)?.href ?? null;

  it.each([
    ['https://a.org/x', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['https://a.org/x', { HTTPS_PROXY: 'http://p:1', https_proxy: 'http://q:2' }, 'http://q:2/'],
    ['https://a.org/x', { HTTP_PROXY: 'http://p:1' }, null],
    ['http://a.org/x', { HTTP_PROXY: 'p:1' }, 'http://p:1/'],
    ['https://a.org/x', { all_proxy: 'http://p:1' }, 'http://p:1/'],
    ['https://a.org/x', { HTTPS_PROXY: '' }, null],
    ['https://a.org/x', {}, null],
  ])('%s under %j', (address, env, proxy) => {
    expect(of(address, env as Record<string, string>)).toBe(proxy);
  });

  it.each([
    ['a.org', true],
    ['.org', true],
    ['*.org', true],
    ['*', true],
    ['b.org a.org', true],
    ['A.ORG:443', true],
    ['a.org:8443', false],
    ['xa.org', false],
    ['rg', false],
  ])('NO_PROXY=%s', (exceptions, direct) => {
    expect(of('https://a.org/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: exceptions }) === null).toBe(direct);
  });
});
