import { expect, test } from 'vitest';
import type { ArchitectureView } from '../../harness/aggregate/types.ts';
import { architectureViewOf } from '../architecture.fixture.ts';
import { compareWithGolden } from '../golden.fixture.ts';
import { kinds } from '../kinds.ts';
import { plainText } from '../terminal.ts';

const { architecture } = kinds;
const view = (await architectureViewOf('table1')) as ArchitectureView;

test('Table 1 in every format and as text', async () => {
  const files = await architecture.files(view);
  expect([...files.keys()]).toEqual(architecture.formats);
  for (const [format, content] of files) compareWithGolden(`table1.${format}`, String(content));
  compareWithGolden('table1.txt', `${architecture.text(view)}\n`);
});

test('on a narrow terminal networks stand below each other, each with the sizes', () => {
  const text = architecture.text(view, { ...plainText, width: 80 });
  expect(text).toMatch(/^ +size +18-layer +34-layer +50-layer$/m);
  expect(text).toMatch(/^ +size +101-layer +152-layer$/m);
  expect(text.match(/^conv2_x +56×56 /gm)).toHaveLength(2);
  expect(text).toMatch(/^VGG-19 +19\.6 +19\.632 +\+0\.032 +✓ reproduced \(rounded\)$/m);
});

test('its pages know no profile and no machine', async () => {
  for (const [format, content] of await architecture.files(view)) {
    expect(String(content), format).not.toMatch(/profile/i);
  }
  expect(architecture.text(view, { ...plainText, verbose: true })).toContain(
    'No runs: derived from the network definitions.',
  );
});

test('every text and every cost has a verdict for the exit code', () => {
  const verdicts = architecture.verdicts(view);
  expect(verdicts.filter(verdict => verdict === 'reproduced')).toHaveLength(7 * 6 + 5 + 3);
  expect(verdicts).not.toContain('differs');
});

test('a text that is another is shown beside the printed one', () => {
  const rows = structuredClone(view.rows);
  Object.assign(rows[0]!.cells[0]!, { computed: '3×3, 64 filters', verdict: 'differs' });
  const differing = { ...view, rows };
  expect(architecture.verdicts(differing)).toContain('differs');
  expect(architecture.text(differing).replaceAll(/\s+/g, ' ')).toMatch(/ours 3×3, .*filters, .*differs/);
});
