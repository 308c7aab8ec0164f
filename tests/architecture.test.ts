import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const listed = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.mjs'],
  { cwd: root, encoding: 'utf8' },
);
const files = listed.split('\n').filter(file => file !== '' && existsSync(join(root, file)));
const sources = files.filter(file => !/\.(test|fixture)\.ts$|^tests\//.test(file));
const text = (file: string) => readFileSync(join(root, file), 'utf8');

/** Layers from the bottom up: a file may import from its own layer and from those below it. */
const layers = ['ml', 'backends', 'harness', 'paper-tables', 'reports', 'cli'];

/** Stages of the harness and what else each may import of it, besides the files that lie in harness/ itself. */
const stages: Readonly<Record<string, readonly string[]>> = {
  tasks: [],
  manifest: ['tasks'],
  record: ['tasks', 'manifest'],
  plan: ['tasks', 'manifest', 'record'],
  execute: ['tasks', 'manifest', 'record', 'plan'],
  aggregate: ['tasks', 'manifest', 'record'],
  compare: ['tasks', 'manifest', 'record', 'plan', 'execute'],
  regress: ['tasks', 'manifest', 'record', 'plan', 'aggregate'],
};

/** What the harness may see of the backends; they are reached through the registry. */
const backendSeam = ['backends/contract.ts', 'backends/registry.ts'];

/** The command that puts a backend through the conformance suite. */
const conformanceVerb = /^cli\/conformance(-page|-text)?\.ts$/;

/** The text of a source without comments that have lines of their own. */
function code(file: string): string {
  return text(file).replace(/^\s*(\/\/|\/?\*).*$/gm, '');
}

/** Files that a file imports, types and dynamic imports too. */
function imports(file: string): string[] {
  return [...text(file).matchAll(/\b(?:from|import\(|import)\s*(['"])(\.[^'"]+)\1/g)].map(([, , path]) =>
    relative(root, join(root, dirname(file), path!)),
  );
}

function layer(file: string): number {
  return layers.indexOf(file.split('/')[0]!);
}

/** Every import of a source, as `from imports to`, that `wrong` says is wrong. */
function wrongImports(wrong: (from: string, to: string) => boolean): string[] {
  return sources.flatMap(from =>
    imports(from)
      .filter(to => wrong(from, to))
      .map(to => `${from} imports ${to}`),
  );
}

describe('architecture', () => {
  it('finds the sources', () => {
    expect(sources.length).toBeGreaterThan(40);
    expect(imports('ml/graph/graph.ts')).toContain('ml/graph/shapes.ts');
    expect(imports('harness/tasks/classification/index.ts')).toContain(
      'harness/tasks/classification/execution.ts',
    );
  });

  it('imports go one way: ml, backends, harness, paper-tables, reports, cli', () => {
    expect(wrongImports((from, to) => layer(to) > layer(from) && layer(from) >= 0)).toEqual([]);
  });

  it('stages of the harness import only those before them', () => {
    const stage = (file: string) => /^harness\/([^/]+)\//.exec(file)?.[1];
    const folders = readdirSync(join(root, 'harness'), { withFileTypes: true });
    expect(Object.keys(stages).sort()).toEqual(
      folders
        .filter(each => each.isDirectory())
        .map(({ name }) => name)
        .sort(),
    );
    const wrong = wrongImports((from, to) => {
      if (!from.startsWith('harness/') || !to.startsWith('harness/')) return false;
      const [own, other] = [stage(from), stage(to)];
      return other !== undefined && other !== own && !(own && stages[own]!.includes(other));
    });
    expect(wrong).toEqual([]);
  });

  it('there are no import cycles', () => {
    const edges = new Map(files.map(file => [file, imports(file).filter(to => files.includes(to))]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      } else if (!done.has(file)) {
        for (const to of edges.get(file)!) visit(to, [...path, file]);
        done.add(file);
      }
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('the harness sees of the backends only the contract and the registry', () => {
    const above = (file: string) => layer(file) > layers.indexOf('backends');
    const wrong = wrongImports(
      (from, to) =>
        above(from) &&
        to.startsWith('backends/') &&
        !backendSeam.includes(to) &&
        !(conformanceVerb.test(from) && to.startsWith('backends/conformance/')),
    );
    expect(wrong).toEqual([]);
  });

  it('one backend does not import another, nor what they share any of them', () => {
    const own = (file: string) => /^backends\/([^/]+)\//.exec(file)?.[1];
    const wrong = wrongImports((from, to) => {
      const [a, b] = [own(from), own(to)];
      const bound = from.startsWith('backends/') && from !== 'backends/registry.ts' && a !== 'conformance';
      return bound && b !== undefined && a !== b;
    });
    expect(wrong).toEqual([]);
  });

  it('benchmarks and scripts are imported by the command line alone', () => {
    const beside = (file: string) => /^(bench|scripts)\//.test(file);
    expect(wrongImports((from, to) => beside(to) && !beside(from) && !from.startsWith('cli/'))).toEqual([]);
  });

  it('a task does not import another, and stages reach tasks through the registry', () => {
    const task = (file: string) => /^harness\/tasks\/([^/]+)\//.exec(file)?.[1];
    const wrong = wrongImports((from, to) => {
      const [a, b] = [task(from), task(to)];
      const inside = /^(harness|paper-tables|reports|cli)\//.test(from);
      return b !== undefined && a !== b && inside && from !== 'harness/tasks/registry.ts';
    });
    expect(wrong).toEqual([]);
  });

  it('the stages know no task’s particulars', () => {
    const particulars = /tenCrop|multiScale|\b[Cc]ifar|CIFAR|[Ii]mage[Nn]et|\b(testError|trainError|mAP)\b/;
    const stage = sources.filter(
      file =>
        /^harness\/(manifest|record|plan|execute|aggregate)\//.test(file) &&
        !/version1(-types)?\.ts$/.test(file),
    );
    expect(stage.filter(file => particulars.test(code(file)))).toEqual([]);
  });

  it('no profile, target, network or paper is named where code decides', () => {
    const names =
      /profile\w* [!=]==? '|'(mini|overnight|smoke)'|'(table|figure)\d+'|'(ResNet|plain)-\d+'|1512\.03385/;
    const decides = sources.filter(
      file => /^(harness|paper-tables|reports|ml)\//.test(file) && !/version1(-types)?\.ts$/.test(file),
    );
    expect(decides.filter(file => names.test(code(file)))).toEqual([]);
  });

  it('experiments are loaded, never imported', () => {
    expect(wrongImports((_, to) => to.startsWith('experiments/'))).toEqual([]);
  });

  it('only ml/data reads and writes in ml', () => {
    const io = /['"](node:(fs|child_process|http|https|net|worker_threads)[^'"]*|execa|sharp|tar)['"]/;
    const wrong = sources.filter(
      file => file.startsWith('ml/') && !file.startsWith('ml/data/') && io.test(text(file)),
    );
    expect(wrong).toEqual([]);
  });

  it('all randomness is counter-based', () => {
    const wrong = files.filter(
      file => file !== 'tests/architecture.test.ts' && text(file).includes('Math.random'),
    );
    expect(wrong).toEqual([]);
  });

  it('every backend folder has the same file names', () => {
    const folders = readdirSync(join(root, 'backends'), { withFileTypes: true });
    const backends = folders.filter(each => each.isDirectory() && each.name !== 'conformance');
    expect(backends.length).toBeGreaterThanOrEqual(2);
    for (const { name } of backends) {
      for (const file of ['index.ts', 'probe.ts', 'session.ts'])
        expect(files).toContain(`backends/${name}/${file}`);
    }
  });

  it('every task folder has the same file names', () => {
    const folders = readdirSync(join(root, 'harness/tasks'), { withFileTypes: true });
    for (const { name } of folders.filter(each => each.isDirectory())) {
      for (const file of ['index.ts', 'spec.ts', 'measures.ts', 'rules.ts', 'data-sets.ts', 'execution.ts'])
        expect(files).toContain(`harness/tasks/${name}/${file}`);
    }
  });

  it('test helpers are not imported by what they test', () => {
    expect(wrongImports((_, to) => /\.fixture\.ts$|^tests\//.test(to))).toEqual([]);
  });

  it('the lockfile vouches for every package, also of other platforms, and names no registry', () => {
    const { packages } = JSON.parse(text('package-lock.json')) as {
      packages: Record<string, { integrity?: string; resolved?: string }>;
    };
    const others = Object.entries(packages).filter(([path]) => path !== '');
    expect(others.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
    expect(others.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  it('a file is read in one sitting', () => {
    const long = sources.filter(file => text(file).split('\n').length > 320);
    expect(long).toEqual([]);
  });
});
