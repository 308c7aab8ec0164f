import { describe, expect, test } from 'vitest';
import type { TableView } from '../../harness/aggregate/types.ts';
import { compareWithGolden } from '../golden.fixture.ts';
import { kinds } from '../kinds.ts';
import { plainText } from '../terminal.ts';
import { tableView } from '../views.fixture.ts';

const { table } = kinds;

/** The files of a view as texts. */
async function filesOf(view: TableView): Promise<Map<string, string>> {
  return new Map([...(await table.files(view))].map(([format, content]) => [format, String(content)]));
}

/** A view with one of its cells of measured values changed. */
function withCell(view: TableView, row: number, change: Partial<TableView['rows'][number]['cells'][number]>) {
  const rows = structuredClone(view.rows);
  Object.assign(rows[row]!.cells[2]!, change);
  return { ...view, rows };
}

describe('golden files', () => {
  test.each(['mini', 'paper'] as const)('a table under %s in every format and as text', async profile => {
    const view = await tableView(profile);
    const files = await filesOf(view);
    expect([...files.keys()]).toEqual(table.formats);
    for (const [format, content] of files) compareWithGolden(`${view.name}.${format}`, content);
    compareWithGolden(`${view.name}.txt`, `${table.text(view)}\n`);
  });
});

describe('a table under mini', () => {
  test('is not called reproduced, in any format, and is not subtracted from published values', async () => {
    const view = await tableView('mini');
    for (const [format, content] of await filesOf(view))
      expect(content, format).not.toMatch(/\breproduced\b/);
    expect(table.text(view)).toMatch(/ResNet-20 .* 8\.75 +37\.83 ± 0\.31 \(3\) +◇ scaled down/);
    expect((await filesOf(view)).get('md')).not.toContain('residual');
  });

  test('says whose rows nobody ran', async () => {
    const view = await tableView('mini');
    expect(table.text(view)).toMatch(/Maxout .* 9\.38 +– +quoted$/m);
    const md = (await filesOf(view)).get('md')!;
    expect(md).toMatch(
      /\| \*Methods the paper quotes\* [| ]+\n\| Maxout .*\n\| \*The paper’s own networks\* /,
    );
  });

  test('shows that a token trains, and no number of it', async () => {
    const view = await tableView('mini');
    const absence = { kind: 'token', network: 'ResNet-56', reason: 'a few iterations' } as const;
    const token = withCell(view, 2, { ours: null, verdict: 'token', absence });
    expect(table.text(token)).toMatch(/ResNet-56 .* 6\.97 +trains +◇ token run \[1\]$/m);
    expect(table.text(token)).toContain('[1] ResNet-56 is a token run: a few iterations');
    for (const [format, content] of await filesOf(token)) expect(content, format).not.toContain('36.2');
  });
});

describe('notes', () => {
  const note = (view: TableView, row: number) => table.json(view).rows[row]!.cells.error!.note ?? '';

  test('say what a verdict rests on, and when the next one is read', async () => {
    const view = await tableView('paper');
    expect(note(view, 2)).toBe('1 seed of the three that a verdict needs; next look at 3');
    expect(note(view, 1)).toMatch(
      /^(within ±1|not shown to be within ±1) of the published run.*: [+−]0\.\d\d, 95\.8% interval/,
    );
    const { evidence } = view.rows[1]!.cells[2]!;
    const open = withCell(view, 1, {
      verdict: 'inconclusive',
      evidence: {
        ...evidence!,
        nextLook: 5,
        chances: [
          { seeds: 5, chance: 0.384 },
          { seeds: 8, chance: 0.62 },
        ],
      },
    });
    expect(note(open, 1)).toMatch(/; chance of a verdict 38% with 5 seeds, 62% with 8$/);
    const hopeless = withCell(view, 1, {
      verdict: 'inconclusive',
      evidence: { ...evidence!, nextLook: 5, chances: [{ seeds: 8, chance: 0.04 }] },
    });
    expect(note(hopeless, 1)).toMatch(
      /; 8 seeds will hardly settle it: the difference lies at the margin, or the spread is too large/,
    );
    const diverged = withCell(view, 1, {
      verdict: 'inconclusive',
      evidence: { ...evidence!, diverged: [{ seed: 3, value: 90 }] },
    });
    expect(note(diverged, 1)).toBe(
      'seed 3 (90.00) diverged: a finding of its own, and no spread to be judged by',
    );
    const unjudged = withCell(view, 1, { verdict: null, evidence: null, unjudged: 'other images' });
    expect(note(unjudged, 1)).toBe('not judged: the published value is of other images');
  });

  test('set a best of five beside ours once there are five', async () => {
    expect(note(await tableView('paper'), 3)).toBe(
      'within ±0.3 of the published mean: −0.04, 95.8% interval −0.27 to +0.20, p = 0.034; 5 seeds; residual against the mean of the 5 published runs, 6.61; best of our first 5 runs: 6.41, of theirs: 6.43',
    );
  });

  test('say where a mean rests on several versions of the code, or on uncommitted code', async () => {
    const view = await tableView('mini');
    const { ours } = view.rows[1]!.cells[2]!;
    const doubtful = withCell(view, 1, { ours: { ...ours!, code: { states: 2, uncommitted: 1 } } });
    expect(note(doubtful, 1)).toBe(
      'computed by 2 different versions of the code; 1 of 3 runs computed by uncommitted code',
    );
    expect(note(view, 1)).toBe('');
  });

  test('tell whose weights were evaluated, on what, and what is published of them', async () => {
    const view = await tableView('paper');
    const evaluated = {
      ...withCell(view, 1, {
        ours: null,
        verdict: null,
        evidence: null,
        evaluated: { value: 80, network: 'ResNet-20' },
      }),
      evaluations: [
        {
          network: 'ResNet-20',
          key: 'e'.repeat(64),
          images: 10,
          of: 50000,
          origin: 'an example',
          package: 'weights@1.0.0',
          integrity: 'sha512-4K9HBQ0Vexample',
          published: [
            { name: 'top-1 error, centre crop', unit: '%', decimals: 2, published: 24.7, ours: 70 },
          ],
          where: 'https://example.org',
        },
      ],
    };
    expect(table.text(evaluated)).toMatch(/ResNet-20 .* 8\.75 +80\.00 ‡ .* – \[1\]/);
    const text = note(evaluated, 1);
    expect(text).toContain(
      'npm package weights@1.0.0 (sha512-4K9HBQ0Vexample…), evaluated on 10 of 50,000 images',
    );
    expect(text).toContain(
      'top-1 error, centre crop 70.00% (release: 24.7%), published at https://example.org',
    );
  });
});

describe('on a narrow terminal', () => {
  const at = async (width: number) => {
    const lines = table.text(await tableView('paper'), { ...plainText, width }).split('\n');
    const rules = lines.flatMap((line, i) => (line.startsWith('─') ? [i] : []));
    return rules.flatMap(rule => [lines[rule - 1], lines[rule + 4]]);
  };

  test('verdicts become marks, then residuals go, then metrics stand below each other', async () => {
    expect(await at(110)).toEqual([
      '             # layers  # params  error (%), paper      ours, paper  residual  verdict',
      'ResNet-110        110      1.7M  6.43 (6.61±0.16)  6.57 ± 0.12 (5)     −0.04  ✓ reproduced [3]',
    ]);
    expect(await at(88)).toEqual([
      '             # layers  # params  error (%), paper      ours, paper  residual',
      'ResNet-110        110      1.7M  6.43 (6.61±0.16)  6.57 ± 0.12 (5)     −0.04  ✓ [3]',
    ]);
    expect(await at(74)).toEqual([
      '             # layers  # params  error (%), paper      ours, paper',
      'ResNet-110        110      1.7M  6.43 (6.61±0.16)  6.57 ± 0.12 (5)  ✓ [3]',
    ]);
    expect(await at(60)).toEqual([
      '             # layers  # params',
      'ResNet-110        110      1.7M',
      '             error (%), paper      ours, paper',
      'ResNet-110   6.43 (6.61±0.16)  6.57 ± 0.12 (5)  ✓ [3]',
    ]);
  });

  test('spreads go last', async () => {
    expect((await at(50)).slice(-1)).toEqual(['ResNet-110               6.43     6.57 (5)  ✓ [3]']);
  });

  test('counts of what was run go first', async () => {
    const view = await tableView('mini');
    expect(table.text(view)).toContain('0.27M (ran 0.07M)');
    const narrow = table.text(view, { ...plainText, width: 80 });
    expect(narrow).not.toContain('ran 0.07M');
    expect(narrow).toMatch(/ResNet-20 +20 +0\.27M +8\.75 +37\.83 ± 0\.31 \(3\) +◇ scaled down/);
  });
});

test('a page says which code its runs are of, and that they are of several programs where they are', async () => {
  const view = await tableView('mini');
  const [state] = view.code;
  const later = {
    ...state!,
    commit: 'd'.repeat(40),
    sources: '6'.repeat(64),
    dirty: true,
    diffSha256: '7'.repeat(64),
  };
  const several = { ...view, code: [state!, later] };
  const md = (await filesOf(several)).get('md')!;
  expect(md).toContain('- Runs of 2 different versions of the code are shown together:');
  expect(md).toMatch(
    /- commit c0ffee000000 \(4 runs\)\n- commit d{12} with uncommitted changes \(diff 7{12}\), sources 6{12}/,
  );
  // Another commit of the same sources is the same program.
  const same = { ...view, code: [state!, { ...state!, commit: 'd'.repeat(40) }] };
  expect((await filesOf(same)).get('md')).not.toContain('different versions');
  expect((await filesOf(same)).get('md')).toMatch(/- commit d{12} \(4 runs\)/);
});

test('a record that was left out is named with what is wrong and how to mend it', async () => {
  const unusable = [{ key: 'a'.repeat(64), network: 'ResNet-20', problem: 'no identity.', fix: 'rm it' }];
  const view = { ...(await tableView('mini')), unusable };
  const expected = 'ResNet-20, record aaaaaaaaaaaa: no identity. Fix: rm it';
  expect(table.text(view)).toContain(`Records left out\n- ${expected}`);
  expect((await filesOf(view)).get('md')).toContain(`## Records left out\n\n- ${expected}`);
});

describe('what a manifest or a record brings along', () => {
  async function hostile(text: string): Promise<Map<string, string>> {
    const view = await tableView('mini');
    const [machine] = view.machines;
    return filesOf({
      ...view,
      heading: text,
      title: text,
      citation: text,
      profile: text,
      profileSummary: text,
      command: text,
      machines: [{ ...machine!, cpu: text }],
      rows: view.rows.map(row => ({ ...row, label: text })),
    });
  }

  test('is no LaTeX: neither a command nor the end of a comment', async () => {
    const files = await hostile('a\n\\input{/etc/hostname}\u2028% $x$');
    for (const format of ['tex', 'page.tex']) {
      expect(files.get(format)).not.toContain('\\input{/etc');
      expect(files.get(format)).toMatch(/^% a \\textbackslash\{\}input\\\{\/etc\/hostname\\\}/);
    }
  });

  test('does not steer a terminal', async () => {
    const files = await hostile('\x1b[31mred\x1b[0m\u202e \x07');
    const view = await tableView('mini');
    const texts = [...files.values(), table.text({ ...view, heading: '\x1b[2J', title: 'a\nb' })];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    for (const text of texts) expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]/);
  });
});
