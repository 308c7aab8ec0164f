import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Imports a .ts file, named from the root, with all that it imports as one bundle that has a chunk for each lazy import:
 * a hook costs each of a hundred modules more than reading and compiling it. A bundle is used as long as every source
 * and every file of its own that is run is to the byte what it was made of. Where none can be made or kept, the hooks of
 * register.mjs load the file, as they do unless it is to be `bundled`.
 */
export async function importBundled(entry, { bundled = true } = {}) {
  process.setSourceMapsEnabled(true); // stack traces name our files and lines
  const bundle = bundled && (kept(entry) ?? (await build(entry).catch(() => undefined)));
  if (bundle) return import(pathToFileURL(bundle).href);
  await import('./register.mjs');
  return import(pathToFileURL(join(root, entry)).href);
}

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'residuals', 'bundles');

/** What a bundle is made of besides the sources: this file, and the version of the bundler. */
const makers = ['loader/bundle.mjs', 'package-lock.json'];

/** The bundle of an entry; undefined when there is none, or when something of it has changed. */
function kept(entry) {
  try {
    const made = JSON.parse(readFileSync(manifestOf(entry), 'utf8'));
    const folder = join(cache, made.folder);
    const unchanged =
      files =>
      ([name, sha256]) =>
        digest(readFileSync(join(files, name))) === sha256;
    const whole =
      made.root === root &&
      Object.entries(made.sources).every(unchanged(root)) &&
      Object.entries(made.files).every(unchanged(folder));
    return whole ? join(folder, 'entry.js') : undefined;
  } catch {
    return undefined;
  }
}

async function build(entry) {
  const esbuild = await import('esbuild');
  const sources = Object.fromEntries(makers.map(name => [name, digest(readFileSync(join(root, name)))]));
  const { outputFiles } = await esbuild.build({
    entryPoints: { entry: join(root, entry) },
    bundle: true,
    minifyWhitespace: true, // a third less to read and compile; maps still name lines
    minifySyntax: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'linked',
    sourcesContent: false,
    outdir: join(cache, 'bundle'), // as deep as its folder will be: maps name sources from there
    write: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'sources',
        setup: ({ onLoad }) => onLoad({ filter: /\.ts$/ }, source => read(source.path, sources)),
      },
    ],
  });
  const contents = outputFiles.map(({ path, contents }) => [basename(path), contents]);
  // Maps only say where a stack trace leads to: what runs is verified.
  const code = contents.filter(([name]) => name.endsWith('.js'));
  const files = Object.fromEntries(code.map(([name, each]) => [name, digest(each)]));
  keep(entry, { root, sources, files }, contents);
  return kept(entry);
}

/** A source, in which `import.meta` still tells where it was. */
function read(path, sources) {
  const text = readFileSync(path, 'utf8');
  sources[relative(root, path)] = digest(text);
  const { href } = pathToFileURL(path);
  const places = { url: href, dirname: dirname(path), filename: path };
  const contents = text.replace(/\bimport\.meta\.(url|dirname|filename)\b/g, (_, place) =>
    JSON.stringify(places[place]),
  );
  return { contents, loader: 'ts' };
}

/** Bundles stay where they are: a process may still import chunks of an older one. */
function keep(entry, made, contents) {
  mkdirSync(cache, { recursive: true });
  const staging = mkdtempSync(join(cache, 'new-'));
  try {
    for (const [name, each] of contents) writeFileSync(join(staging, name), each);
    const folder = digest(JSON.stringify(made)).slice(0, 32);
    try {
      renameSync(staging, join(cache, folder));
    } catch {
      rmSync(join(cache, folder), { recursive: true, force: true });
      renameSync(staging, join(cache, folder));
    }
    const next = `${manifestOf(entry)}.${process.pid}`;
    writeFileSync(next, JSON.stringify({ folder, ...made }));
    renameSync(next, manifestOf(entry));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function manifestOf(entry) {
  return join(cache, `${entry.replaceAll('/', '-')}.json`);
}

function digest(content) {
  return createHash('sha256').update(content).digest('hex');
}
