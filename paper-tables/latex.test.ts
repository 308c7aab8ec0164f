import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { architectureViewOf } from './architecture.fixture.ts';
import { texCode } from './escape.ts';
import { hostile } from './hostile.fixture.ts';
import { printable } from './printable.ts';
import { publish } from './publish.ts';
import { tableView } from './views.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'residuals-latex-'));
afterAll(() => rmSync(folder, { recursive: true }));

const latex = await installed('pdflatex', '--version');
const poppler = latex && (await installed('pdftotext', '-v')) && (await installed('pdffonts', '-v'));

describe.skipIf(!latex)(
  `LaTeX${latex ? '' : ' (skipped: pdflatex is not installed)'}`,
  { timeout: 60_000 },
  () => {
    test.each(['mini', 'paper'] as const)('a table under %s compiles as it is', async profile => {
      const view = await tableView(profile);
      await publish(view, folder);
      await compiles(`${view.name}.page.tex`);
    });

    test('a table of architectures compiles as it is', async () => {
      await publish(await architectureViewOf('table1'), folder);
      await compiles('table1.page.tex');
    });

    test('what a manifest says is typeset, not executed', async () => {
      const view = await tableView('mini');
      const hostile = 'a\n\\input{/etc/hostname} ^^5cinput{x} $x$ & # % ~ 网络 “q”';
      await publish(
        { ...view, name: 'hostile', heading: hostile, title: hostile, citation: hostile },
        folder,
      );
      expect(await compiles('hostile.page.tex')).not.toContain('(/etc/hostname');
    });

    test('the tabular can be put into a document', async () => {
      await publish(await tableView('paper'), folder);
      const document = ['\\documentclass{article}', '\\usepackage{booktabs}', '\\begin{document}'];
      writeFileSync(
        join(folder, 'own.tex'),
        [...document, '\\input{table6-paper.tex}', '\\end{document}'].join('\n'),
      );
      await compiles('own.tex', /$^/);
    });
  },
);

describe.skipIf(!poppler)(
  `what LaTeX makes of a page${poppler ? '' : ' (skipped: needs pdflatex, pdftotext and pdffonts)'}`,
  { timeout: 60_000 },
  () => {
    test('can be searched and copied: signs and ligatures are whole, and fonts are outlines', async () => {
      const view = await tableView('paper');
      await publish({ ...view, profileSummary: 'the difficult profile, confirmed: 16×16, n ≥ 3' }, folder);
      await compiles(`${view.name}.page.tex`);
      const pdf = join(folder, `${view.name}.page.pdf`);
      const text = (await execa('pdftotext', ['-layout', pdf, '-'])).stdout.replaceAll(/\s+/g, ' ');
      for (const words of [
        '−0.04',
        '−0.27 to +0.20',
        '(6.61±0.16)',
        'n − 1',
        '16×16',
        'Deviations from',
        'difference',
      ])
        expect(text).toContain(words);
      expect(text).toContain('the difficult profile, confirmed: 16×16, n ≥ 3');
      // Without Latin Modern there is nothing to make outlines of.
      if (!(await installed('kpsewhich', 'lmodern.sty'))) return;
      const [, , ...fonts] = (await execa('pdffonts', [pdf])).stdout.split('\n');
      expect(fonts.length).toBeGreaterThan(2);
      for (const font of fonts) expect(font).toMatch(/Type 1(C| )/);
    });

    test('has every text as it was', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(hostile, { minLength: 80, maxLength: 80 }), async texts => {
          // Signs that LaTeX makes of its own have other characters in a PDF.
          const plain = texts.map(text => text.replace(/[≈≤≥→Δµ×−—’‘“”…†‡·°⁹✓✕◇]/g, ''));
          const shown = plain.map(text => printable(text).replace(/\s+/g, ' ').trim()).filter(Boolean);
          await typeset('texts', shown.map(texCode));
          const found = (await execa('pdftotext', ['-layout', join(folder, 'texts.pdf'), '-'])).stdout;
          const lines = found.split(/[\n\f]/).map(line => line.replace(/\s+/g, ' ').trim());
          for (const text of shown) expect(lines).toContain(inPdf(text));
        }),
        { numRuns: 2, endOnFailure: true },
      );
    });
  },
);

/** A document with each text in a line of its own. */
async function typeset(name: string, texts: readonly string[]): Promise<void> {
  const head = ['\\documentclass{article}', '\\usepackage{cmap}', '\\usepackage[T1]{fontenc}'];
  const page = ['\\usepackage[paperwidth=200cm,paperheight=100cm,margin=1cm]{geometry}', '\\begin{document}'];
  const lines = texts.map(text => `\\noindent\\mbox{${text}}\\par`);
  writeFileSync(join(folder, `${name}.tex`), [...head, ...page, ...lines, '\\end{document}'].join('\n'));
  await compiles(`${name}.tex`);
}

/** A text as it stands in a PDF: what LaTeX does not know is named. */
function inPdf(text: string): string {
  const named = (character: string) =>
    `[U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`;
  return text.replace(/[^\x20-\x7eÀ-ÖØ-öø-ÿ±–]/gu, named);
}

/** Compiles a file in the folder; returns what LaTeX said, the files it read among it. */
async function compiles(file: string, overfull = /Overfull \\hbox \((?:\d{2,})/): Promise<string> {
  const options = ['-interaction=nonstopmode', '-halt-on-error', file];
  const { stdout, exitCode } = await execa('pdflatex', options, { cwd: folder, reject: false });
  expect(exitCode, stdout).toBe(0);
  expect(stdout).not.toMatch(overfull);
  return stdout;
}

async function installed(command: string, ask: string): Promise<boolean> {
  const { failed } = await execa(command, [ask], { reject: false });
  return !failed;
}
