#!/usr/bin/env zx
// Writes into README.md what is derived from results/: tables and claims of the committed evidence, measured speed.
// `npx zx scripts/readme.mjs` rewrites the blocks; with --check it only says whether they are current.
import { argv, fs, glob, path } from 'zx';

const root = path.join(import.meta.dirname, '..');
const file = path.join(root, 'README.md');

/** Pages of the committed evidence: <experiment>/<profile>/<backend>. */
const pages = path.join(root, 'results/rendered/resnet-2015/mini/onnxruntime');

const blocks = {
  table6: tableOf(await page('table6')),
  claims: await claimsOf(['figure6']),
  table2: tableOf(await page('table2')),
  claims2: await claimsOf(['figure4', 'table2', 'table3', 'table4']),
  speed: (await Promise.all((await glob('results/bench/*.json', { cwd: root })).sort().map(speedOf))).join(
    '\n\n',
  ),
};

const before = await fs.readFile(file, 'utf8');
const after = Object.entries(blocks).reduce((text, [name, block]) => {
  const [begin, end] = [`<!-- ${name}: derived from results/ by scripts/readme.mjs -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`README.md: no block ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n${block}\n${text.slice(to)}`;
}, before);

if (argv.check) {
  if (after !== before)
    console.error('README.md is not what results/ says.\n\n  fix: npx zx scripts/readme.mjs');
  process.exitCode = after === before ? 0 : 1;
} else {
  await fs.writeFile(file, after);
}

function page(name) {
  return fs.readFile(path.join(pages, `${name}.md`), 'utf8');
}

/** The claims of several pages as one table, each once. */
async function claimsOf(names) {
  const tables = await Promise.all(names.map(async name => tableOf(await page(name), '| claim |')));
  const [head, rule, ...rows] = tables.flatMap(table => table.split('\n'));
  return [...new Set([head, rule, ...rows])].join('\n');
}

/** The first table of a rendered page that begins so. */
function tableOf(page, begin = '|') {
  const lines = page.split('\n');
  const first = lines.findIndex(line => line.startsWith(begin));
  const length = lines.slice(first).findIndex(line => !line.startsWith('|'));
  return lines.slice(first, length < 0 ? undefined : first + length).join('\n');
}

/** A report of `npm run bench -- --json` as a table: median of the rounds, ratio to the best form of PyTorch. */
async function speedOf(name) {
  const report = await fs.readJson(path.join(root, name));
  const contenders = Object.keys(report.versions);
  const rows = report.comparisons.map(({ what, unit, rounds, ratios }) => {
    const values = contenders.map(c => `${median(rounds[c]).toFixed(unit === 'MiB' ? 0 : 1)} ${unit}`);
    return `| ${[what, ...values, ratios.map(r => `**${r.ratio.toFixed(2)}**`).join(', ')].join(' | ')} |`;
  });
  const versions = [...new Set(Object.values(report.versions))].join(', ');
  return [
    `${report.workload}, batch ${report.batch}, float32, ${report.threads} threads, ${report.processor}; ${versions.replace(/(^|, )(\d)/g, '$1PyTorch $2')}:`,
    '',
    `| | ${[...contenders, 'ratio to the best PyTorch'].join(' | ')} |`,
    `| :--- |${' ---: |'.repeat(contenders.length + 1)}`,
    ...rows,
    '',
    `An iteration inside the harness (batches, metrics, records) takes ${report.overhead.ratio.toFixed(2)} of one in the bare session loop, ResNet-20 under mini (median of pairs).`,
  ].join('\n');
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
