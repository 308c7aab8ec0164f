import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { architectureViewOf } from './architecture.fixture.ts';
import { publish } from './publish.ts';
import { tableView } from './views.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'residuals-latex-'));
afterAll(() => rmSync(folder, { recursive: true }));

const latex = await installed('pdflatex');

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

/** Compiles a file in the folder; returns what LaTeX said, the files it read among it. */
async function compiles(file: string, overfull = /Overfull \\hbox \((?:\d{2,})/): Promise<string> {
  const options = ['-interaction=nonstopmode', '-halt-on-error', file];
  const { stdout, exitCode } = await execa('pdflatex', options, { cwd: folder, reject: false });
  expect(exitCode, stdout).toBe(0);
  expect(stdout).not.toMatch(overfull);
  return stdout;
}

async function installed(command: string): Promise<boolean> {
  const { failed } = await execa(command, ['--version'], { reject: false });
  return !failed;
}
