import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsv } from './csv.fixture.ts';
import { csv, escapeCsv } from './csv.ts';
import { kinds } from './kinds.ts';
import { figureView, tableView } from './views.fixture.ts';

describe('a field', () => {
  test('comes back as it was, but for what a spreadsheet would compute', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), fields => {
        const [, record] = readCsv(
          csv(
            fields.map((_, i) => `${i}`),
            [fields],
          ),
        );
        expect(record).toEqual(
          fields.map(field => (/^[=+\-@\t\r\n＝＋－＠]/.test(field) ? `'${field}` : field)),
        );
      }),
    );
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1+1'])(
    'that is a formula is a text: %j',
    text => {
      expect(escapeCsv(text).replace(/^"/, '')).toMatch(/^'/);
    },
  );

  test('that is a number stays one, with the digits that were recorded', () => {
    const fields = [51.440000000000005, -0.97333333, 231_211_008, 11_282_415_616, 0, -4, 1e-7];
    expect(fields.map(escapeCsv)).toEqual([
      '51.44',
      '-0.973333',
      '231211008',
      '11282415616',
      '0',
      '-4',
      '1e-7',
    ]);
  });

  test('that is absent is empty', () => {
    expect([null, undefined].map(escapeCsv)).toEqual(['', '']);
  });
});

test('a file says that it is UTF-8, and has as many fields in every record', () => {
  expect(
    csv(
      ['a', 'b', 'c'],
      [
        [1, null],
        ['x,y', 2, '±'],
      ],
    ),
  ).toBe('\ufeffa,b,c\n1,,\n"x,y",2,±\n');
});

describe('the files of a page', () => {
  test.each(['mini', 'paper'] as const)(
    'under %s hold one value a record, numbers alone in its column',
    async profile => {
      for (const view of [await tableView(profile), await figureView('errors', profile)]) {
        const files = view.kind === 'table' ? await kinds.table.files(view) : await kinds.figure.files(view);
        for (const [format, content] of files) {
          if (!format.endsWith('csv')) continue;
          const [header, ...records] = readCsv(String(content));
          for (const record of records) {
            expect(record).toHaveLength(header!.length);
            for (const name of ['value', 'iteration', 'x', 'images', 'seeds', 'seed']) {
              const field = record[header!.indexOf(name)];
              if (field) expect(field, `${format} ${name}`).toMatch(/^-?\d+(\.\d+)?$/);
            }
          }
        }
      }
    },
  );

  test('a table has every seed with its run, and what they come to', async () => {
    const [header, ...records] = readCsv(
      String((await kinds.table.files(await tableView('mini'))).get('csv')),
    );
    const of = (row: string, source: string) =>
      records.filter(record => record[0] === row && record[1] === 'error' && record[2] === source);
    const at = (record: string[], ...names: string[]) => names.map(name => record[header!.indexOf(name)]);
    const ours = of('ResNet-20', 'ours').map(record => at(record, 'statistic', 'value', 'unit', 'seed'));
    expect(ours).toEqual([
      ['run', '38.1', '%', '1'],
      ['run', '37.5', '%', '2'],
      ['run', '37.9', '%', '3'],
      ['mean', '37.8333', '%', ''],
      ['sd', '0.305505', '%', ''],
      ['seeds', '3', 'seeds', ''],
    ]);
    expect(of('ResNet-20', 'ours').map(record => at(record, 'run')[0]!.slice(0, 9))).toEqual([
      ...['resnet201', 'resnet202', 'resnet203', '', '', ''],
    ]);
    expect(of('ResNet-110', 'paper').map(record => at(record, 'statistic', 'value', 'text'))).toEqual([
      ['value', '6.43', '6.43 (6.61±0.16)'],
      ['estimator', '', 'best of several'],
      ['mean', '6.61', ''],
      ['sd', '0.16', ''],
      ['runs', '5', ''],
    ]);
    expect(of('ResNet-20', 'comparison').map(record => at(record, 'statistic', 'text'))).toEqual([
      ['verdict', 'scaled down'],
    ]);
  });

  test('a figure has true iterations beside x, and the images behind each point', async () => {
    const [header, ...records] = readCsv(
      String((await kinds.figure.files(await figureView('errors'))).get('csv')),
    );
    const last = records.findLast(record => record[2] === 'test' && record[4] === 'mean')!;
    const value = (name: string) => last[header!.indexOf(name)];
    expect(['iteration', 'x', 'images', 'seeds', 'unit'].map(value)).toEqual([
      '800',
      '6.4',
      '10000',
      '3',
      '%',
    ]);
    const [before] = records.filter(record => record[2] === 'test' && record[3] === 'ours');
    expect(before![header!.indexOf('images')]).toBe('2000');
  });

  test('claims and runs have files of their own', async () => {
    const files = await kinds.table.files(await tableView('mini'));
    const claims = readCsv(String(files.get('claims.csv')));
    expect(claims[0]).toEqual(['claim', 'statistic', 'value', 'unit', 'text', 'run']);
    const facts = Object.fromEntries(
      claims.slice(1).map(([, statistic, value, unit, text]) => [statistic, [value, unit, text]]),
    );
    expect(facts).toMatchObject({
      verdict: ['', '', 'inconclusive'],
      bound: ['0.3', 'points', 'an earlier study on other seeds'],
      difference: ['1.63333', 'points', 'ResNet-20 − ResNet-56'],
      'p adjusted': ['1', '', 'among 1 claim'],
      test: ['', '', 'depth: test error'],
    });
    const runs = readCsv(String(files.get('runs.csv'))).slice(1);
    expect(
      runs.map(([experiment, profile, network, kind, seed]) => [experiment, profile, network, kind, seed]),
    ).toEqual([
      ['resnet-2015', 'mini', 'ResNet-20', 'train', '1'],
      ['resnet-2015', 'mini', 'ResNet-20', 'train', '2'],
      ['resnet-2015', 'mini', 'ResNet-20', 'train', '3'],
      ['resnet-2015', 'mini', 'ResNet-56', 'train', '1'],
    ]);
  });
});
