import { describe, expect, it } from 'vitest';
import { viewByBackend } from '../../harness/aggregate/by-backend.ts';
import { jobsFor } from '../../harness/aggregate/records.fixture.ts';
import { runsOf } from '../../harness/aggregate/runs.ts';
import { smallTable } from '../../harness/aggregate/targets.fixture.ts';
import { plainText } from '../terminal.ts';
import { table } from './index.ts';

function side(backend: string, errors: readonly (readonly [number, number])[]) {
  const jobs = jobsFor('mini', { 'ResNet-20': errors }).map(({ network, record }) => {
    return { network, record: { ...record, key: `${backend}-${record.key}` } };
  });
  return { backend, runs: runsOf(jobs, () => null) };
}

const seeds = [38, 39, 40].map(error => [error, 35] as const);
const sides = [
  side('onnxruntime', seeds),
  side(
    'torch',
    seeds.map(([a, b]) => [a + 10, b] as const),
  ),
];
const view = await viewByBackend(smallTable('mini'), sides, [], { command: 'npm run reproduce table6' });

describe('a table by backend', () => {
  it('shows the published values once, and beside them each backend', () => {
    const text = table.text(view, { ...plainText, width: 200 });
    expect(text).toMatch(
      /^ +onnxruntime,\n +# layers +# params +error \(%\), paper +mini +verdict +torch, mini +verdict$/m,
    );
    expect(text).toMatch(/ResNet-20 .* 8\.75 +39\.00 ± 1\.00 \(3\) .* 49\.00 ± 1\.00 \(3\)/);
  });

  it('says in every format whether they agree', async () => {
    const files = await table.files(view);
    for (const format of ['md', 'html', 'page.tex'] as const) {
      const text = String(files.get(format)).replaceAll(/\s+/g, ' ');
      expect(text, format).toContain('Do the backends agree?');
      expect(text, format).toContain('torch gives the test error of onnxruntime');
      expect(text, format).toMatch(/✕|times/);
      expect(text, format).not.toContain('Claims of the paper');
    }
    const text = table.text(view, plainText);
    expect(text).toContain(
      '✕ differs: ResNet-20: torch gives the test error of onnxruntime (seeds 1, 2, 3)\n    torch − onnxruntime: +10.00 points [+7.73, +12.27], 3 seeds each',
    );
    expect(text).toContain('0 ✓  0 ?  1 ✕ of 1 comparison;');
    expect(table.verdicts(view)).toContain('differs');
  });

  it('tells programs which column is whose', async () => {
    const files = await table.files(view);
    const records = String(files.get('csv')).split('\n');
    expect(records.filter(line => line.startsWith('ResNet-20,error:onnxruntime,paper'))).not.toEqual([]);
    expect(records.filter(line => line.startsWith('ResNet-20,error:torch,paper'))).toEqual([]);
    expect(records).toContainEqual(expect.stringMatching(/^ResNet-20,error:torch,ours,mean,49,%/));
    const claims = String(files.get('claims.csv'));
    expect(claims).toContain('backends-1,verdict,,,differs,');
    expect(claims).toMatch(/backends-1,interval low,7\.73\d*,points/);
    expect(table.json(view).agreements).toMatchObject([{ verdict: 'differs', seeds: [1, 2, 3] }]);
    expect(Object.keys(table.json(view).rows[1]!.cells)).toContain('error:torch');
  });
});
