import { describe, expect, it } from 'vitest';
import { identityOf } from '../harness/execute/jobs.fixture.ts';
import { loadTargets } from '../harness/manifest/load.ts';
import { networksOf } from '../harness/manifest/types.ts';
import { recordOf } from '../harness/record/records.fixture.ts';
import { displayWidth } from '../paper-tables/text.ts';
import { recordText } from './record-text.ts';
import { showingsOf } from './shown.ts';

const record = recordOf(identityOf());

function text(width: number, of = record): string {
  return recordText(of, `/store/runs/${of.key}`, [], { width, colour: false });
}

describe('a record for people', () => {
  it('has what it was, what came of it, its curves, and with what it was computed', () => {
    for (const part of [
      `key       ${record.key}`,
      'learning rate 0.05 divided by 10 at 8',
      'test error',
      ' UTC',
      '1 thread,',
      'ms per step',
      `/store/runs/${record.key}/record.json`,
    ])
      expect(text(110)).toContain(part);
    expect(text(110)).toMatch(/^training error +[▁-█]+ \d+\.\d\d% → \d+\.\d\d%$/m);
    expect(text(110)).not.toContain('resumed');
    expect(text(110)).toMatch(/^code +commit [0-9a-f]+, clean$/m);
  });

  it('fits the terminal; digests are cut where they do not', () => {
    for (const width of [50, 60, 80, 110, 200])
      for (const line of text(width).split('\n')) expect(displayWidth(line), line).toBeLessThanOrEqual(width);
    expect(text(80)).toContain(record.key);
    expect(text(60)).toContain(`${record.key.slice(0, 16)}…`);
    expect(text(60)).toContain(`/store/runs/${record.key.slice(0, 10)}*/record.json`);
  });

  it('steers no terminal, whoever wrote it', () => {
    const { provenance } = record;
    const hostile = { ...record, network: '\x1b[2J', provenance: { ...provenance, cpu: 'a\nb\x1b]0;x\x07' } };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(text(110, hostile)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    expect(text(110, hostile)).toContain('a b,');
  });
});

describe('what shows a run', () => {
  it('are the rows, curves and claims of its experiment and profile', async () => {
    const [table6] = await loadTargets(['table6'], 'mini');
    const { spec } = networksOf(table6!).find(({ name }) => name === 'ResNet-56')!;
    const asked = { experiment: 'resnet-2015', profile: 'mini' };
    const run = { ...recordOf({ ...identityOf(), spec: spec as never }), asked };
    const showings = (await showingsOf([run])).get(run.key)!;
    expect(showings.map(({ target, places }) => [target, places])).toEqual([
      ['figure6', ['ResNet-56']],
      ['figure7', ['ResNet-56']],
      ['table6', ['ResNet-56']],
    ]);
    expect(showings.find(({ target }) => target === 'table6')!.claims).toEqual([
      'With shortcuts the degradation is gone, and the nets gain from depth from 20 layers to 110.',
    ]);
  });

  it('is nothing where nobody asked for it, or what asked is not here', async () => {
    const gone = { ...record, asked: { experiment: 'another-2020', profile: 'mini' } };
    expect((await showingsOf([gone])).get(record.key)).toEqual([]);
    expect((await showingsOf([{ ...record, asked: null }])).get(record.key)).toEqual([]);
  });
});
