import { viewTarget } from '../harness/aggregate/aggregate.ts';
import { type Errors, runsFor } from '../harness/aggregate/records.fixture.ts';
import { smallFigure, smallTable } from '../harness/aggregate/targets.fixture.ts';
import type { FigureView, TableView, View } from '../harness/aggregate/types.ts';
import type { FigureTarget, TableTarget } from '../harness/manifest/types.ts';

/** Views of made-up runs for tests: no number here is a result. */

const mini: Errors = {
  'ResNet-20': [
    [38.1, 35.2],
    [37.5, 36.1],
    [37.9, 35.8],
  ],
  'ResNet-56': [[36.2, 33.3]],
  'plain-20': [
    [40.2, 38.4],
    [41, 39],
  ],
  'plain-56': [[56.3, 55.1]],
};

const paper: Errors = {
  'ResNet-20': [
    [8.6, 1],
    [8.81, 1],
    [8.72, 1],
  ],
  'ResNet-56': [[6.9, 0.5]],
  'ResNet-110': [
    [6.41, 0.1],
    [6.7, 0.1],
    [6.52, 0.1],
    [6.66, 0.1],
    [6.58, 0.1],
  ],
  'plain-20': [
    [9.1, 3],
    [9.3, 3.2],
  ],
  'plain-56': [[13.8, 7]],
};

type Profile = 'mini' | 'paper';

/** Table 6 in small. */
export async function tableView(profile: Profile): Promise<TableView> {
  const name = profile === 'mini' ? 'table6' : 'table6-paper';
  return { ...(await viewOf<TableView>(smallTable(profile))), name };
}

/** Figure 6 or 7 in small. */
export async function figureView(
  kind: 'errors' | 'responses',
  profile: Profile = 'mini',
): Promise<FigureView> {
  const view = await viewOf<FigureView>(smallFigure(profile, kind));
  return { ...view, name: profile === 'mini' ? view.name : `${view.name}-paper` };
}

async function viewOf<V extends View>(target: TableTarget | FigureTarget): Promise<V> {
  const names = target.networks.map(({ name }) => name);
  const errors = Object.entries(target.profile === 'mini' ? mini : paper);
  const runs = runsFor(
    target.profile,
    Object.fromEntries(errors.filter(([network]) => names.includes(network))),
  );
  return (await viewTarget(target, runs, [], { command: `npm run reproduce ${target.name}` })) as V;
}
