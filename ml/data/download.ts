import { createWriteStream } from 'node:fs';
import { type ClientRequest, get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { connect, type SecureContextOptions } from 'node:tls';
import { proxyFor, tunnelThrough } from './proxy.ts';

/** Redirections that are followed. */
const redirections = 5;

/** Milliseconds without a byte after which a server is given up. */
const patience = 60_000;

/**
 * Fetches what lies at an address into a file, through the proxy that the environment names; `onBytes` is told how many of
 * how many bytes have come. Fails with an `Error` in one line. `trust`: certificates, in tests.
 */
export async function download(
  address: string,
  file: string,
  onBytes: (bytes: number, total: number) => void = () => {},
  trust: SecureContextOptions = {},
): Promise<void> {
  let url = new URL(address);
  for (let hop = 0; hop <= redirections; hop++) {
    const response = await get(url, trust);
    const { statusCode = 0, headers } = response;
    if (statusCode >= 300 && statusCode < 400 && headers.location) {
      response.resume();
      url = new URL(headers.location, url);
      continue;
    }
    if (statusCode !== 200) {
      response.resume();
      throw new Error(`HTTP status ${statusCode}`);
    }
    return save(response, file, onBytes);
  }
  throw new Error(`more than ${redirections} redirections`);
}

async function save(
  response: IncomingMessage,
  file: string,
  onBytes: (bytes: number, total: number) => void,
): Promise<void> {
  const total = Number(response.headers['content-length']);
  let bytes = 0;
  response.on('data', (chunk: Buffer) => onBytes((bytes += chunk.length), total));
  await pipeline(response, createWriteStream(file));
  if (Number.isFinite(total) && bytes !== total) throw new Error(`it ended after ${bytes} of ${total} bytes`);
}

async function get(url: URL, trust: SecureContextOptions): Promise<IncomingMessage> {
  const proxy = proxyFor(url);
  const options = { agent: false as const, timeout: patience, ...trust };
  if (url.protocol === 'http:' && !proxy) return answer(done => httpGet(url, options, done));
  if (url.protocol === 'http:') {
    const { hostname: host, port } = proxy!;
    return answer(done =>
      httpGet({ ...options, host, port: port || 80, path: url.href, headers: { host: url.host } }, done),
    );
  }
  if (url.protocol !== 'https:') throw new Error(`${url.protocol}// is not an address to fetch from`);
  if (!proxy) return answer(done => httpsGet(url, options, done));
  const socket = await tunnelThrough(proxy, `${url.hostname}:${url.port || 443}`);
  const createConnection = () => connect({ ...trust, socket, servername: url.hostname });
  return answer(done => httpsGet(url, { ...options, createConnection }, done));
}

function answer(ask: (onAnswer: (response: IncomingMessage) => void) => ClientRequest) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const request = ask(resolve);
    request.on('timeout', () => request.destroy(new Error(`no answer for ${patience / 1000} s`)));
    request.on('error', (error: Error & { errors?: Error[] }) => {
      // Where a host has several addresses, each has failed in its own way.
      const { message } = error.errors?.[0] ?? error;
      reject(new Error(message || String(error), { cause: error }));
    });
  });
}
