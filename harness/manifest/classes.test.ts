import { expect, it } from 'vitest';
import { vocClasses } from '../tasks/detection/classes.ts';
import { copyOf, edit, resnet, temporaryFolder, userError } from './fixtures.ts';
import { loadTargets } from './load.ts';
import { measureOf, type TableTarget } from './types.ts';

const folder = temporaryFolder();
const tables = { table10: 'elevenPoint', table11: 'area' } as const;

async function loaded(name: string, profile: string): Promise<TableTarget> {
  return (await loadTargets([name], profile))[0] as TableTarget;
}

it.each(Object.entries(tables))('columns of classes of %s are measured on PASCAL VOC', async (name, rule) => {
  for (const profile of ['paper', 'released']) {
    const { columns, rows } = await loaded(name, profile);
    const [, , ...classes] = columns;
    const measured = (row: number, way: string) =>
      expect(classes.map(column => measureOf(rows[row]!, column))).toEqual(
        vocClasses.map(own => `${way}${rule}.${own}`),
      );
    measured(0, '');
    measured(1, '');
    measured(2, 'multiScale.');
  }
});

it.each(Object.keys(tables))(
  'those of %s are the paper’s alone where what is found are digits',
  async name => {
    for (const profile of ['mini', 'smoke']) {
      const { columns, rows } = await loaded(name, profile);
      const measured = columns.filter(column => rows.some(row => measureOf(row, column) !== undefined));
      expect(measured.map(({ key }) => key)).toEqual(['mAP']);
      for (const { measures = { mAP: '' } } of rows) expect(Object.keys(measures)).toEqual(['mAP']);
    }
  },
);

it('a column whose rows are of several data sets, some without the class, is a mistake', async () => {
  const copy = copyOf(resnet, folder);
  edit(copy, {
    file: 'table10.yaml',
    from: 'label: baseline VGG-16, network: VGG-16 07+12',
    to: 'label: baseline VGG-16, network: VGG-16 COCO',
  });
  const { message } = await userError(loadTargets(['table10'], 'paper', { experiment: copy }));
  expect(message).toMatch(/elevenPoint\.aeroplane is asked for, but a training of VGG-16 COCO records only/);
});
