import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const listed = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.mjs'],
  {
    cwd: root,
    encoding: 'utf8',
  },
);
const files = listed.split('\n').filter(Boolean);
const sources = files.filter(file => !/\.test\.ts$|^tests\//.test(file));

/** Layers from the bottom up: a file may import from its own layer and from those below it. */
const layers = ['ml', 'backends', 'harness', 'paper-tables', 'reports', 'cli'];

/** What the harness may see of the backends; they are reached through the registry. */
const backendSeam = ['backends/contract.ts', 'backends/registry.ts'];

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(m =>
    relative(root, join(root, dirname(file), m[1]!)),
  );
}

function layer(file: string): number {
  return layers.indexOf(file.split('/')[0]!);
}

describe('architecture', () => {
  it('finds the sources', () => {
    expect(sources.length).toBeGreaterThan(40);
    expect(imports('ml/graph/graph.ts')).toContain('ml/graph/shapes.ts');
  });

  it('imports go one way: ml, backends, harness, paper-tables, reports, cli', () => {
    const wrong = sources.flatMap(file =>
      imports(file)
        .filter(target => layer(file) >= 0 && layer(target) > layer(file))
        .map(target => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('the harness sees of the backends only the contract and the registry', () => {
    const wrong = sources
      .filter(file => layer(file) > layers.indexOf('backends') && !file.startsWith('cli/'))
      .flatMap(file => imports(file).map(target => ({ file, target })))
      .filter(({ target }) => target.startsWith('backends/') && !backendSeam.includes(target));
    expect(wrong).toEqual([]);
  });

  it('one backend does not import another', () => {
    const wrong = sources
      .filter(file => /^backends\/[^/]+\//.test(file) && !file.startsWith('backends/conformance/'))
      .flatMap(file => imports(file).map(target => ({ file, target })))
      .filter(({ file, target }) => {
        const folder = file.split('/')[1];
        return /^backends\/[^/]+\//.test(target) && target.split('/')[1] !== folder;
      });
    expect(wrong).toEqual([]);
  });

  it('experiments are loaded, never imported', () => {
    expect(sources.filter(file => imports(file).some(target => target.startsWith('experiments/')))).toEqual(
      [],
    );
  });

  it('only ml/data reads and writes in ml', () => {
    const io = /from '(node:fs|node:fs\/promises|node:child_process|node:http|node:https)'/;
    const wrong = sources.filter(
      file =>
        file.startsWith('ml/') &&
        !file.startsWith('ml/data/') &&
        io.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });

  it('all randomness is counter-based', () => {
    const wrong = files.filter(
      file =>
        file !== 'tests/architecture.test.ts' &&
        readFileSync(join(root, file), 'utf8').includes('Math.random'),
    );
    expect(wrong).toEqual([]);
  });

  it('every backend folder has the same file names', () => {
    for (const backend of ['reference', 'onnxruntime']) {
      for (const file of ['index.ts', 'probe.ts', 'session.ts'])
        expect(files).toContain(`backends/${backend}/${file}`);
    }
  });

  it('a file is read in one sitting', () => {
    const long = sources.filter(file => readFileSync(join(root, file), 'utf8').split('\n').length > 320);
    expect(long).toEqual([]);
  });
});
