import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/** Apart, as our own bundler puts a path in the place of what is written whole. */
const meta = ['import', 'meta'].join('.');

/** The scripts of a site: classic ones, as nothing else is loaded from a disk. `check.js` comes when it is asked for. */
export async function browserScripts(): Promise<[name: string, script: string][]> {
  const { build } = await import('esbuild');
  const scripts: [string, string][] = [];
  for (const name of ['report', 'check']) {
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, 'browser', `${name}.ts`)],
      bundle: true,
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
      charset: 'utf8',
      minify: true,
      legalComments: 'none',
      write: false,
      logLevel: 'silent',
      define: { [`${meta}.url`]: '"file:///"', [`${meta}.dirname`]: '"/"', process: 'residualsProcess' },
      inject: [join(import.meta.dirname, 'browser', 'process.ts')],
      plugins: [withoutNode],
    });
    scripts.push([`${name}.js`, outputFiles[0]!.text]);
  }
  return scripts;
}

/**
 * What the derivation of values imports beside them, readers of files and of data, has no place in a browser: modules of Node
 * are there in name alone, but for SHA-256, and what is loaded when it is needed is left out.
 */
const withoutNode: Plugin = {
  name: 'without node',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'node' }));
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, namespace: 'later' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'node' }, async ({ path }) => ({
      contents: absent(path, Object.keys(await import(path)), path === 'node:crypto' ? ['createHash'] : []),
      resolveDir: join(import.meta.dirname, 'browser'),
    }));
    onLoad({ filter: /./, namespace: 'later' }, ({ path }) => ({ contents: absent(path, ['default'], []) }));
  },
};

/** Modules that make names of files, which sources do where they are loaded. */
const isOfNames = /^node:(path|url)$/;

/** A module whose functions fail when they are called, but for those that node-crypto.ts has. */
function absent(path: string, names: readonly string[], own: readonly string[]): string {
  const message = JSON.stringify(`${path} is not there in a browser`);
  const others = names.filter(name => !own.includes(name)).map(name => `absent as ${name}`);
  return [
    `const absent = new Proxy(function () { ${isOfNames.test(path) ? `return ''` : `throw new Error(${message})`}; }, { get: () => 0 });`,
    `export { ${others.join(', ')} };`,
    ...(own.length > 0 ? [`export { ${own.join(', ')} } from './node-crypto.ts';`] : []),
  ].join('\n');
}
