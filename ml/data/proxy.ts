import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';

/**
 * The proxy that the environment names for an address: HTTPS_PROXY or ALL_PROXY, in lower case too, unless NO_PROXY names the
 * host, a domain that it is in, or `*`; null without one. Node's own clients ask no proxy before Node 24.
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv = process.env): URL | null {
  const named = (name: string) => env[name.toLowerCase()] || env[name] || undefined;
  const proxy = named(`${url.protocol.slice(0, -1).toUpperCase()}_PROXY`) ?? named('ALL_PROXY');
  const exceptions = (named('NO_PROXY') ?? '').split(/[\s,]+/).filter(Boolean);
  if (!proxy || exceptions.some(exception => isWithin(url, exception.toLowerCase()))) return null;
  const address = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (URL.canParse(address)) return new URL(address);
  throw new Error('the proxy that the environment names is not an address such as http://proxy:8080');
}

/** A connection to a host and port that a proxy makes when it is asked to CONNECT. Fails with an `Error` that names the proxy. */
export function tunnelThrough(proxy: URL, target: string): Promise<Socket> {
  const { protocol, hostname, port, username, password } = proxy;
  const isSecure = protocol === 'https:';
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  return new Promise((resolve, reject) => {
    const fail = (what: string, cause?: Error) =>
      reject(new Error(`the proxy ${shown(proxy)} ${what}`, { cause }));
    if (!isSecure && protocol !== 'http:') return fail('is not supported: expected http:// or https://');
    const request = (isSecure ? httpsRequest : httpRequest)({
      method: 'CONNECT',
      host: hostname,
      port: port || (isSecure ? 443 : 80),
      path: target,
      headers: { host: target, ...(username && { 'proxy-authorization': authorization }) },
      agent: false,
      timeout: 30_000,
    });
    request.on('connect', ({ statusCode, statusMessage }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      fail(`answered ${statusCode} ${statusMessage}`.trim());
    });
    request.on('timeout', () => request.destroy(new Error('no answer for 30 s')));
    request.on('error', error => fail(`cannot be used: ${error.message || error}`));
    request.end();
  });
}

/** An address without the password in it. */
function shown({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

function isWithin({ hostname, port }: URL, exception: string): boolean {
  const [host = '', only] = exception.split(':');
  if (only && only !== (port || '443')) return false;
  const domain = host.replace(/^\*?\./, '');
  return host === '*' || hostname === domain || hostname.endsWith(`.${domain}`);
}
