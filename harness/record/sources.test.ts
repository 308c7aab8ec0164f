import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backends } from '../../backends/registry.ts';
import { root } from '../checkout.ts';
import { inFolder } from '../execute/jobs.fixture.ts';
import { sourcesDigest } from './sources.ts';

const computing = [
  'ml/nets/build.ts',
  'ml/data/decode-thread.mjs',
  'backends/contract.ts',
  'backends/batches.ts',
  'backends/reference/session.ts',
  'backends/reference/kernels/worker.py',
  'harness/tasks/classification/final.ts',
  'harness/execute/training.ts',
];
const other = [
  'ml/nets/build.test.ts',
  'ml/data/files.fixture.ts',
  'ml/README.md',
  'backends/registry.ts',
  'backends/reference/golden/record.ts',
  'backends/reference/reference.test.ts',
  'backends/conformance/training.ts',
  'backends/onnxruntime/session.ts',
  'harness/record/store.ts',
  'harness/aggregate/table.ts',
  'harness/plan/plan.ts',
  'paper-tables/text.ts',
  'cli/main.ts',
  'experiments/resnet-2015/table6.yaml',
  'package.json',
];

function write(folder: string, file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** A checkout with a line in each of these files. */
function inTree<T>(use: (folder: string) => T): Promise<T> {
  return inFolder(folder => {
    for (const file of [...computing, ...other]) write(folder, file, 'a line\n');
    return use(folder);
  });
}

describe('the digest of the sources', () => {
  it.each(computing)('changes with %s: a line, its name, its absence', file =>
    inTree(folder => {
      const digests = [sourcesDigest('reference', folder)];
      expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
      write(folder, file, 'another line\n');
      digests.push(sourcesDigest('reference', folder));
      rmSync(join(folder, file));
      digests.push(sourcesDigest('reference', folder));
      write(folder, file.replace(/\.(\w+)$/, '2.$1'), 'a line\n');
      digests.push(sourcesDigest('reference', folder));
      expect(new Set(digests).size).toBe(4);
    }),
  );

  it.each(other)('does not change with %s', file =>
    inTree(folder => {
      const before = sourcesDigest('reference', folder);
      write(folder, file, 'another line\n');
      expect(sourcesDigest('reference', folder)).toBe(before);
      rmSync(join(folder, file));
      expect(sourcesDigest('reference', folder)).toBe(before);
    }),
  );

  it('is of one backend', () =>
    inTree(folder => {
      const before = sourcesDigest('onnxruntime', folder);
      write(folder, 'backends/onnxruntime/session.ts', 'another line\n');
      expect(sourcesDigest('onnxruntime', folder)).not.toBe(before);
      expect(sourcesDigest('elsewhere', folder)).toMatch(/^[0-9a-f]{64}$/); // a backend of the user's own
    }));

  it.each(Object.keys(backends))(
    'covers all that a worker of %s imports, but what only keeps and explains',
    id => {
      const kept =
        /^harness\/(record\/|checkout\.ts|command\.ts|errors\.ts|git\.ts|median\.ts|nearest\.ts|own\.ts|schema\.ts|text\.ts)|^backends\/registry\.ts$/;
      const covered = new RegExp(`^(ml/|harness/(tasks|execute)/|backends/${id}/|backends/[^/]+\\.ts$)`);
      const imported = closure(['harness/execute/local/worker.ts', `backends/${id}/index.ts`]);
      expect(imported.size).toBeGreaterThan(60);
      const ofOthers = /^backends\/\w+\//;
      const missing = [...imported].filter(file => ![covered, kept, ofOthers].some(each => each.test(file)));
      expect(missing).toEqual([]);
    },
  );
});

/** Files of this checkout that are imported from some, directly or not. */
function closure(files: readonly string[], seen = new Set<string>()): Set<string> {
  for (const file of files) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = readFileSync(join(root, file), 'utf8');
    const imports = [...text.matchAll(/(?:from|import\(|new URL\()\s*'(\.[^']+\.(?:ts|mjs|py))'/g)];
    closure(
      imports.map(([, path]) => relative(root, join(root, dirname(file), path!))),
      seen,
    );
  }
  return seen;
}
