import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { verbs } from '../cli/main.ts';
import { optionTable } from '../cli/options.ts';
import { parseArguments } from '../cli/parse.ts';
import { loadTargets, targetNames } from '../harness/manifest/load.ts';
import { openStore } from '../harness/record/store.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
];
const { scripts, version } = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  version: string;
};
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 2 ** 26,
}).split('\n');
const folders = new Set(tracked.filter(file => file.includes('/')).map(file => file.split('/')[0]!));

/** A page in its parts: fenced blocks by language, and what stands in backticks in the text between them. */
function partsOf(page: string) {
  const text = read(page);
  const fence = /^```(\w*)\n([\s\S]*?)^```$/gm;
  const blocks = [...text.matchAll(fence)].map(([, language, content]) => ({ language, lines: content! }));
  const prose = text.replace(fence, '');
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
  return { prose, blocks, spans };
}

/** Everything of one sort on the pages, each with the page it stands on. */
function onPages<T>(all: (page: string) => readonly T[], names = pages): { page: string; found: T }[] {
  return names.flatMap(page => all(page).map(found => ({ page, found })));
}

const commands = [
  ...onPages(
    page => {
      const { blocks, spans } = partsOf(page);
      const shell = blocks.filter(({ language }) => language === 'sh');
      const lines = shell.flatMap(({ lines }) => lines.split('\n').map(line => line.replace(/\s+#.*$/, '')));
      return [...lines, ...spans.filter(span => /^([A-Z_]+=\S+ )*(npm|npx|node) /.test(span))].filter(
        Boolean,
      );
    },
    [...pages, 'CHANGELOG.md'],
  ),
  ...(await Promise.all(
    Object.entries(verbs).map(async ([verb, { load }]) =>
      (await load()).examples.map(([command]) => ({ page: `${verb} --help`, found: command })),
    ),
  ).then(examples => examples.flat())),
];

describe('commands in the documentation', () => {
  it('are found', () => {
    expect(commands.length).toBeGreaterThan(60);
  });

  it.each(commands)('$page: $found', async ({ found }) => {
    await expectValid(wordsOf(found));
  });

  it('are refused where they are wrong', async () => {
    const wrong = [
      'npm run reproduce table6 --seeds 3',
      'npm run reproduce table6 --seeds=3',
      'npm run reproduce table6 -- --epochs 3',
      'npm run reproduce table99',
      'npm run reproduce table6 -- --profile huge',
      'npm run nothing',
      'npx vitest run no/such/folder',
      'node scripts/no-such.mjs',
      'make all',
    ];
    for (const command of wrong) await expect(expectValid(wordsOf(command)), command).rejects.toThrow();
  });

  it('cover every verb, which is an npm script', () => {
    for (const verb of Object.keys(verbs)) {
      expect(scripts[verb]).toBe(`node cli/start.mjs ${verb}`);
      expect(commands.map(({ found }) => found).join('\n')).toMatch(`npm run ${verb}`);
    }
  });
});

describe('what the documentation refers to', () => {
  it.each(pages)('%s: links and pictures are there', page => {
    for (const target of linksOf(page)) {
      const [path, anchor] = target.split('#') as [string, string?];
      const file = path === '' ? page : join(dirname(page), path);
      expect(existsSync(join(root, file)), `${page}: ${target}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(file), `${page}: ${target}`).toContain(anchor);
    }
  });

  it.each(pages)('%s: paths are there', page => {
    const { spans, blocks } = partsOf(page);
    const named = spans.filter(span => /^[\w.@<>*-]+\/\S*$/.test(span) && folders.has(span.split('/')[0]!));
    const inTrees = blocks
      .filter(({ language }) => language === 'tree')
      .flatMap(({ lines }) => treePaths(lines));
    for (const path of [...named, ...inTrees]) expect(isThere(path), `${page}: ${path}`).toBe(true);
  });

  it('trees are read', () => {
    expect(treePaths('a/   x\n  b/  y\n    c.md   z\n  d\ne/  w')).toEqual([
      'a/',
      'a/b/',
      'a/b/c.md',
      'a/d',
      'e/',
    ]);
    expect(isThere('results/runs/<key>/record.json')).toBe(true);
    expect(isThere('results/runs/<key>/nothing.json')).toBe(false);
  });

  it.each(pages)('%s: options and environment variables exist', page => {
    const { prose, spans } = partsOf(page);
    const code = tracked.filter(file => /\.(ts|mjs|py)$|^\.ci\//.test(file) && !/\.test\.ts$/.test(file));
    for (const span of spans.filter(each => each.startsWith('--') && each !== '--'))
      expect([...Object.keys(optionTable), 'help'], page).toContain(span.slice(2).split(/[ =]/)[0]);
    for (const [name] of prose.matchAll(/RESIDUALS_[A-Z_0-9]+/g))
      expect(
        code.some(file => read(file).includes(name)),
        `${page}: ${name}`,
      ).toBe(true);
  });

  it.each(pages)('%s: YAML is taken from the files of an experiment', page => {
    const plain = (yaml: string) =>
      yaml
        .replace(/\s#.*$/gm, '')
        .replace(/\s+/g, ' ')
        .trim();
    const files = tracked.filter(file => /^(tests\/)?experiments\/.*\.yaml$/.test(file));
    const texts = files.map(file => plain(read(file)));
    for (const { lines } of partsOf(page).blocks.filter(({ language }) => language === 'yaml')) {
      const wanted = lines
        .split('\n')
        .map(plain)
        .filter(line => line !== '');
      const fitting = texts.filter(text => wanted.every(line => text.includes(line)));
      expect(fitting.length, `${page}: ${lines}`).toBeGreaterThan(0);
    }
  });

  it('README leads to every page', () => {
    const linked = linksOf('README.md');
    for (const page of pages.filter(each => each !== 'README.md')) expect(linked).toContain(page);
  });

  it('every verdict in the README is explained', () => {
    const tables = [...read('README.md').matchAll(/(?:^\|.*\n)+/gm)].map(([table]) =>
      table.trim().split('\n'),
    );
    // Before the word a page may have a mark, and behind it the number of a note.
    const last = (row: string) => /[a-z][a-z -]+/i.exec(row.split('|').at(-2)!)?.[0].trim() ?? '';
    const words = tables
      .filter(([head]) => /^verdict\b/i.test(last(head!)))
      .flatMap(([, , ...rows]) => rows.map(last));
    expect(words.length).toBeGreaterThanOrEqual(9);
    const explained = partsOf('docs/verdicts.md').spans;
    for (const word of words) expect(explained).toContain(word);
  });

  it('CITATION.cff is of this version', () => {
    expect(parseYaml(read('CITATION.cff'))).toMatchObject({ 'cff-version': '1.2.0', version });
  });
});

/** Fails unless a command line can be typed as it stands. */
async function expectValid([program, ...args]: string[]): Promise<void> {
  if (program === 'npm' && args[0] === 'run') return expectScript(args.slice(1));
  if (program === 'npm' && ['test', 'ci', 'pack'].includes(args[0]!)) return;
  if (program === 'npx') {
    expect(existsSync(join(root, 'node_modules/.bin', args[0]!)), args[0]).toBe(true);
    const paths = args.slice(args[0] === 'vitest' ? 2 : 1).filter(each => /[/.]/.test(each) && each !== '.');
    for (const path of paths) expect(isThere(path), path).toBe(true);
    return;
  }
  expect(program).toBe('node');
  const file = args.find((each, i) => !each.startsWith('-') && args[i - 1] !== '--import')!;
  expect(isThere(file), file).toBe(true);
}

/** `npm run`: flags of npm's own, a script, targets, and after `--` the script's options. */
async function expectScript(args: string[]): Promise<void> {
  const [script = '', ...rest] = args[0] === '--silent' ? args.slice(1) : args;
  expect(Object.keys(scripts)).toContain(script);
  if (!Object.hasOwn(verbs, script)) return;
  const separator = rest.includes('--') ? rest.indexOf('--') : rest.length;
  const [before, options] = [rest.slice(0, separator), rest.slice(separator + 1)];
  expect(before.filter(each => each.startsWith('-'))).toEqual([]);
  if (options.includes('--help')) return;
  const verb = await verbs[script]!.load();
  const parsed = await parseArguments(script, verb, [...before, ...options]);
  if (parsed === 'help') return;
  await expectThere(script, parsed.args, parsed.options);
}

/** What a command names is there: its targets under its profile, or the run in the committed store. */
async function expectThere(
  verb: string,
  names: readonly string[],
  { experiment, profile, store }: { experiment?: string; profile?: string; store: string },
): Promise<void> {
  const from = experiment === undefined ? {} : { experiment };
  if (verb === 'show' && store === join(root, 'results')) openStore(store).find(names[0]!);
  if (!['reproduce', 'plan', 'status'].includes(verb)) return;
  const wanted =
    names.length > 0 ? names : await targetNames({ ...from, ...(profile !== undefined && { profile }) });
  await loadTargets(wanted, profile, from);
}

/** The words of a command line as a shell hands them on: `<folder with val/>` is one, and a redirection is none. */
function wordsOf(command: string): string[] {
  const words = command.replace(/ > \S+$/, '').match(/<[^>]*>|"[^"]*"|\S+/g) ?? [];
  const typed = words.slice(words.findIndex(word => !/^[A-Z_]+=/.test(word)));
  return typed.map(word => word.replace(/^~(?=\/)/, '/home/reader'));
}

/** Relative targets of links and pictures. */
function linksOf(page: string): string[] {
  const { prose } = partsOf(page);
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)|\bsrc="([^"]+)"/g)].map(
    ([, link, src]) => (link ?? src)!,
  );
  return targets.filter(target => !/^[a-z]+:/.test(target));
}

/** Anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = [...partsOf(page).prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return headings.map(heading =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Paths of a tree: a line stands below the last one that is indented less. */
function treePaths(tree: string): string[] {
  const above: { indent: number; path: string }[] = [];
  return tree.split('\n').flatMap(line => {
    const [, blanks, name] = /^( *)(\S+)/.exec(line) ?? [];
    if (name === undefined) return [];
    const indent = blanks!.length;
    while (above.length > 0 && above.at(-1)!.indent >= indent) above.pop();
    const path = `${above.at(-1)?.path ?? ''}${name}`;
    above.push({ indent, path });
    return [path];
  });
}

/** Whether a path is there; `<key>` and `*` stand for any part of a name. */
function isThere(path: string): boolean {
  const parts = path.replace(/^\.\//, '').split('/').filter(Boolean);
  const pattern = parts
    .map(part =>
      part
        .split(/<[^>]*>|\*/)
        .map(escaped)
        .join('[^/]*'),
    )
    .join('/');
  const whole = new RegExp(`^${pattern}(/|$)`);
  return tracked.some(file => whole.test(file));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
