import { describe, expect, it } from 'vitest';
import { viewTarget } from '../harness/aggregate/aggregate.ts';
import type { CellView, TableView, Verdict } from '../harness/aggregate/types.ts';
import { loadTargets } from '../harness/manifest/load.ts';
import type { ResidualNetwork } from '../ml/nets/spec.ts';
import type { Rendered } from './rendered.ts';
import { exitCode, report } from './report.ts';

function withVerdicts(...verdicts: (Verdict | null)[]): Rendered {
  const cells = verdicts.map(
    (verdict): CellView => ({
      published: null,
      ours: null,
      count: null,
      residual: null,
      verdict,
      note: null,
    }),
  );
  const text = {
    name: 'table6',
    heading: 'Table 6',
    title: '',
    profile: 'paper',
    profileSummary: '',
    command: '',
  };
  const lists = { deviations: [], claims: [], remarks: [], machines: [], columns: [] };
  const view: TableView = {
    kind: 'table',
    page: 7,
    ...text,
    ...lists,
    rows: [{ label: 'ResNet-20', cells }],
  };
  return { inputs: '', view, files: [] };
}

const done = { outcomes: new Map(), failures: [], interrupted: false };

describe('exitCode', () => {
  it('is 0 for what passes, scaled down or not run', () => {
    expect(exitCode(done, [withVerdicts('reproduced', 'consistent', 'scaled-down', 'not-run', null)])).toBe(
      0,
    );
  });

  it('is 1 as soon as a cell differs, 3 when one is inconclusive', () => {
    expect(exitCode(done, [withVerdicts('reproduced', 'inconclusive'), withVerdicts('differs')])).toBe(1);
    expect(exitCode(done, [withVerdicts('reproduced', 'inconclusive')])).toBe(3);
  });

  it('is 4 when a run failed and 130 when interrupted, whatever the cells say', () => {
    const failures = [{ key: 'k', message: 'loss is not finite' }];
    expect(exitCode({ ...done, failures }, [withVerdicts('differs')])).toBe(4);
    expect(exitCode({ ...done, failures, interrupted: true }, [])).toBe(130);
  });
});

describe('what is computed from specifications', () => {
  async function rendered(name: string, set: Partial<ResidualNetwork> = {}): Promise<Rendered> {
    const [target] = await loadTargets([name], 'mini');
    const { architecture } = target!;
    const networks = architecture!.networks.map(each =>
      each.network.family === 'vgg'
        ? each
        : { ...each, network: { ...each.network, ...set } as ResidualNetwork },
    );
    const changed = { ...target!, architecture: { ...architecture!, networks } };
    return { inputs: '', view: await viewTarget(changed, new Map(), { command: '' }), files: [] };
  }

  it('passes as it is, and is 1 where a printed cost or layer differs', async () => {
    expect(
      exitCode(done, [await rendered('table1'), await rendered('figure3'), await rendered('figure5')]),
    ).toBe(0);
    expect(exitCode(done, [await rendered('figure3', { widths: [64, 128, 256, 1024] })])).toBe(1);
    expect(exitCode(done, [await rendered('table1', { classes: 1001 })])).toBe(1);
  });

  it('is reported with published and computed costs', async () => {
    const { targets, runs } = report(
      { runs: [], evaluations: [] },
      done,
      [await rendered('figure3')],
      'out',
      0.1,
    );
    expect(runs).toEqual([]);
    expect(targets[0]).toMatchObject({
      name: 'figure3',
      costs: [
        {
          label: 'VGG-19',
          published: { printed: '19.6 billion' },
          multiplyAdds: 19_632_062_464,
          verdict: 'reproduced',
        },
        { label: '34-layer plain', parameters: 21_623_848 },
        { label: '34-layer residual', residual: 44_493_824, printed: 'rounded' },
      ],
    });
  });
});
