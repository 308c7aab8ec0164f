import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Imports a .ts file, named from the root, with all that it imports as one bundle that has a chunk for each lazy import:
 * a hook costs each of a hundred modules more than reading and compiling it. A bundle is used as long as every source
 * and every file of its own that is run is to the byte what it was made of. Where none can be made or kept, the hooks of
 * register.mjs load the file, as they do unless it is to be `bundled`.
 */
export async function importBundled(entry, { bundled = true } = {}) {
  const bundle = bundled && (kept(entry) ?? (await build(entry).catch(() => undefined)));
  if (bundle) {
    Error.prepareStackTrace = withSources;
    return import(pathToFileURL(bundle).href);
  }
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
  const { metafile } = await esbuild.build({ ...options(entry), metafile: true });
  const light = withoutPackages(metafile.inputs);
  const { outputFiles } = await esbuild.build({
    ...options(entry),
    plugins: [
      {
        name: 'sources',
        setup: ({ onLoad }) => onLoad({ filter: /\.ts$/ }, ({ path }) => read(path, sources, light)),
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

function options(entry) {
  return {
    absWorkingDir: root,
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
  };
}

/**
 * The sources that need no package, not even through what they import. A chunk costs more than a millisecond however small
 * it is, so a lazy import of these is none in a bundle: only packages are worth to be left alone until they are used.
 */
function withoutPackages(inputs) {
  const importersOf = new Map();
  const heavy = [];
  for (const [name, { imports }] of Object.entries(inputs)) {
    for (const { path, kind, external } of imports) {
      if (kind === 'dynamic-import') continue;
      if (!external) importersOf.set(path, [...(importersOf.get(path) ?? []), name]);
      else if (!path.startsWith('node:')) heavy.push(name);
    }
  }
  const reached = new Set(heavy);
  for (const name of reached) for (const importer of importersOf.get(name) ?? []) reached.add(importer);
  return new Set(Object.keys(inputs).filter(name => !reached.has(name)));
}

/** A source, in which `import.meta` still tells where it was, and whose lazy imports of light files are plain ones. */
function read(path, sources, light) {
  const text = readFileSync(path, 'utf8');
  sources[relative(root, path)] = digest(text);
  const { href } = pathToFileURL(path);
  const places = { url: href, dirname: dirname(path), filename: path };
  const imports = [];
  const contents = text
    .replace(/\bimport\.meta\.(url|dirname|filename)\b/g, (_, place) => JSON.stringify(places[place]))
    .replace(/\bimport\('(\.[^']+)'\)/g, (lazy, name) => {
      if (!light.has(relative(root, join(dirname(path), name)))) return lazy;
      imports.push(`import * as light${imports.length} from '${name}';`);
      return `Promise.resolve(light${imports.length - 1})`;
    });
  return { contents: `${contents}\n${imports.join('\n')}`, loader: 'ts' };
}

/**
 * The text of a stack in which our files and lines stand for those of a bundle. Node does that too, but reads every map
 * beforehand: a tenth of what a short command takes.
 */
function withSources(error, sites) {
  const inBundle = /(file:\/\/[^\s()]+\.js):(\d+):(\d+)/;
  const lines = sites.map(site => `    at ${String(site).replace(inBundle, sourceOf)}`);
  return [String(error), ...lines].join('\n');
}

function sourceOf(place, file, line, column) {
  try {
    const map = new SourceMap(JSON.parse(readFileSync(new URL(`${file}.map`), 'utf8')));
    const { originalSource, originalLine, originalColumn } = map.findEntry(line - 1, column - 1);
    return `${fileURLToPath(new URL(originalSource, file))}:${originalLine + 1}:${originalColumn + 1}`;
  } catch {
    return place; // a package, or a bundle that is gone
  }
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
