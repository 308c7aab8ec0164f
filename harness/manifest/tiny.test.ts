import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { depth } from '../../ml/nets/spec.ts';
import { temporaryFolder, tiny } from './fixtures.ts';
import { loadExperiment, loadTargets, targetNames, validateExperiment } from './load.ts';
import { networksOf } from './types.ts';

temporaryFolder();
const options = { experiment: tiny };

/** Another paper is a folder and nothing else: its own profiles, networks and targets. */
describe('a second experiment', () => {
  it('is valid', async () => {
    expect(await validateExperiment(options)).toEqual({
      experiment: 'tiny',
      targets: ['errors', 'training'],
      protocols: ['small'],
      profiles: ['full', 'quick'],
    });
  });

  it('has its own head', async () => {
    expect(await loadExperiment(tiny)).toEqual({
      id: 'tiny',
      folder: tiny,
      title: 'Small Networks for Small Images',
      citation: 'Nobody (made up)',
      faithful: 'full',
      released: {},
    });
  });

  it('is found relative to the working folder', async () => {
    expect(await targetNames({ experiment: join('.', 'tests', 'experiments', 'tiny') })).toEqual(
      await targetNames(options),
    );
  });

  it('has a table with published and measured rows, and a claim', async () => {
    const [table] = await loadTargets(['errors'], 'full', options);
    expect(table).toMatchObject({
      kind: 'table',
      name: 'errors',
      heading: 'Table 1',
      faithful: true,
      columns: [
        { key: 'layers', label: 'layers', measures: 'layers' },
        { key: 'mistakes', label: 'mistakes (%)', unit: '%', measures: 'testError' },
      ],
      rows: [
        {
          label: 'earlier work',
          published: { layers: { kind: 'none' }, mistakes: { value: 24.5, decimals: 1 } },
        },
        { label: 'small', network: 'small-net', published: { layers: { kind: 'fact', printed: '6' } } },
        {
          label: 'deep',
          network: 'deep-net',
          published: { mistakes: { kind: 'value', mean: 21.1, sd: 0.2 } },
        },
      ],
      claims: ['K1'],
      argument: { claims: [{ id: 'K1', where: 'sec. 2, Table 1', kind: 'order' }] },
    });
    expect(networksOf(table!).map(({ name, seeds, spec }) => [name, seeds, depth(spec.network)])).toEqual([
      ['small-net', 3, 6],
      ['deep-net', 3, 10],
    ]);
  });

  it('has a figure with published curves, under its own default profile', async () => {
    const [figure] = await loadTargets(['training'], undefined, options);
    expect(figure).toMatchObject({ kind: 'figure', profile: 'quick', faithful: false, heading: 'Figure 1' });
    const { panels, networks } = figure as Extract<typeof figure, { kind: 'figure' }>;
    expect(panels[0]!.x).toEqual({ label: 'iter. (1e3)', domain: [0, 2], per: 1000 });
    expect(panels[0]!.curves.map(({ published }) => published.test!.points.at(-1))).toEqual([
      [2, 22.1],
      [2, 21.1],
    ]);
    for (const { spec, seeds } of networks) {
      expect(seeds).toBe(1);
      expect(spec.schedule.iterations).toBe(8);
      expect(spec.data).toMatchObject({ downsample: 2, trainImages: 256, testImages: 100 });
      expect(spec.evaluation).toMatchObject({ responses: false, statisticsBatches: 0, tests: [] });
    }
  });
});
