import { describe, expect, it } from 'vitest';
import type { CellView, TableView, Verdict } from '../harness/aggregate/types.ts';
import type { Rendered } from './rendered.ts';
import { exitCode } from './report.ts';

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
