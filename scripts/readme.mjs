#!/usr/bin/env node
// Writes into README.md and docs/ what is derived from results/: claims and a table of the committed evidence, measured
// speed. `node scripts/readme.mjs` rewrites the blocks; with --check it only says whether they are current.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import '../loader/register.mjs';

const { judgeClaims } = await import('../harness/aggregate/claims/judge.ts');
const { runsIn } = await import('../harness/aggregate/evidence.ts');
const { median } = await import('../harness/median.ts');
const { prepare } = await import('../harness/plan/prepare.ts');
const { openStore } = await import('../harness/record/store.ts');
const { calibrationRows } = await import('../paper-tables/calibration.ts');
const { decimalsBeside, seedsOf, signed } = await import('../paper-tables/numbers.ts');
const { markedWord } = await import('../paper-tables/verdicts.ts');

const root = join(import.meta.dirname, '..');
const evidence = {
  store: join(root, 'results'),
  profile: 'mini',
  backend: 'onnxruntime',
  pages: 'results/rendered/resnet-2015/mini/onnxruntime',
};

/** Claims in the README, in this order, and what is shown of each: a test, and the pair of networks. */
const shownClaims = {
  C03: ['C03', 'plain-56', 'plain-20'],
  C01: ['C01-test', 'plain-56', 'plain-20'],
  C04: ['C04-test', 'plain-34', 'plain-18'],
  C10: ['C10-order', 'plain-34', 'ResNet-34 A'],
  C27: ['C27-test', 'ResNet-20', 'ResNet-110'],
  C08: ['C08-order', 'ResNet-18', 'ResNet-34 A'],
  C12: ['C12-order', 'ResNet-34 A', 'ResNet-34 C'],
  C21: ['C21-ten-top1', 'ResNet-34 B', 'ResNet-152'],
  C11: ['C11-same', 'plain-18', 'ResNet-18'],
};

/** Rows of Table 6 in the README. */
const shownRows = ['Highway-32', 'ResNet-20', 'ResNet-110'];

const benches = readdirSync(join(root, 'results/bench'))
  .sort()
  .map(name => JSON.parse(read(`results/bench/${name}`)));
const reports = benches.filter(({ operators }) => !operators);
/** Of the default backend alone. */
const ofDefault = reports.filter(({ command }) => !command.includes('--backend'));
const profiles = benches.filter(({ operators }) => operators);

const blocks = {
  claims: await claimsBlock(),
  table6: excerpt(`${evidence.pages}/table6.md`, shownRows),
  faithful: faithfulBlock(),
  overnight: overnightBlock(),
  speed: speedBlock(),
  bench: reports.map(benchBlock).join('\n\n'),
  overhead: overheadBlock(),
  nodes: profiles.map(nodesBlock).join('\n\n'),
  calibration: calibrationBlock(),
};

const files = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
];
const stale = files.filter(file => {
  const before = read(file);
  const after = withBlocks(file, before);
  if (after !== before && !process.argv.includes('--check')) writeFileSync(join(root, file), after);
  return after !== before;
});
if (process.argv.includes('--check') && stale.length > 0) {
  console.error(`${stale.join(', ')}: not what results/ says.\n\n  fix: node scripts/readme.mjs`);
  process.exitCode = 1;
}

function read(file) {
  return readFileSync(join(root, file), 'utf8');
}

/** A text with every block between its marks replaced. */
function withBlocks(file, text) {
  const marks = /<!-- (\w+): derived from results\/ by scripts\/readme\.mjs -->\n[\s\S]*?<!-- \/\1 -->/g;
  return text.replace(marks, (whole, name) => {
    if (!Object.hasOwn(blocks, name)) throw new Error(`${file}: no block is called ${name}`);
    const [begin] = whole.split('\n', 1);
    return `${begin}\n${blocks[name]}\n<!-- /${name} -->`;
  });
}

/** What the committed runs say about the claims: some of them one by one, then how many came to what. */
async function claimsBlock() {
  const store = openStore(evidence.store);
  const claims = await evidenceOfClaims(store);
  const rows = Object.entries(shownClaims).map(([id, shown]) => {
    const { statement, verdict, tests } = claims.find(claim => claim.id === id);
    return `| ${[statement.replace(/\.$/, ''), measured(tests, shown), markedWord(verdict)].join(' | ')} |`;
  });
  const counts = new Map();
  for (const { verdict } of claims) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const sums = [...counts].sort(([, a], [, b]) => b - a).map(([verdict, n]) => `${n} ${verdict}`);
  return [
    '| Claim | For example, Δ in points [95% CI] | Verdict |',
    '| :--- | :--- | :--- |',
    ...rows,
    '',
    `Of the paper’s ${claims.length} claims: ${sums.join(', ')}. Profile \`${evidence.profile}\`, ${machinesOf(store)}. \`npm run claims -- --store results\` prints all of them.`,
  ].join('\n');
}

/** All claims of the paper, judged by what is committed. */
async function evidenceOfClaims(store) {
  const { targets, shown, beside } = await prepare([], { ...evidence, all: true, force: false });
  const jobs = [...shown.jobs, ...beside].map(({ key, network, identity: { kind, seed } }) => {
    return { key, network, kind, seed };
  });
  const { argument } = targets.find(target => target.kind !== 'architecture');
  return judgeClaims(argument, runsIn(jobs, store));
}

function machinesOf(store) {
  const { profile, backend } = evidence;
  const records = store
    .list()
    .records.filter(({ asked, identity }) => asked?.profile === profile && identity.backend === backend);
  const machines = records.map(({ provenance: { cpu, cores } }) => `${cores} cores of an ${cpu}`);
  return `${records.length} runs on ${[...new Set(machines)].join(' and ')}`;
}

/** `plain-56 − plain-20: +12.8 [+9.7, +16.0], 3 seeds each`: positive in the paper's direction. */
function measured(tests, [id, worse, better]) {
  const { bound, measured } = tests.find(test => test.id === id);
  const found = measured.find(each => each.worse === worse && each.better === better);
  if (!found) throw new Error(`${id} has not measured ${worse} − ${better}`);
  const { value, interval, level, n } = found;
  if (level !== 0.95) throw new Error(`an interval of ${level}, where the table says 95%`);
  const shown = number => signed(number, decimalsBeside(number, [0, bound.value], 1));
  const bounds = interval ? ` [${interval.map(shown).join(', ')}]` : '';
  return `${worse} − ${better}: ${shown(value)}${bounds}, ${seedsOf(n)}`;
}

/** Heading and some rows of the first table of a page. */
function excerpt(page, labels) {
  const table = read(page)
    .split('\n')
    .filter(line => line.startsWith('|'));
  const rows = labels.map(label => table.find(line => line.startsWith(`| ${label} |`)));
  if (rows.includes(undefined)) throw new Error(`${page}: expected the rows ${labels.join(', ')}`);
  return [...table.slice(0, 2), ...rows].join('\n').replace(/\[\^\d+\]/g, ''); // notes stay on the page
}

/** What is recorded of Table 6 under the paper's own protocol, and what computed it. */
function faithfulBlock() {
  const runs = openStore(evidence.store)
    .list()
    .records.filter(({ asked, identity }) => asked?.profile === 'paper' && identity.backend === 'torch')
    .map(({ network, identity, provenance: { seconds, unitMilliseconds, session } }) => {
      const time = `${Math.round(seconds / 60)} minutes, ${unitMilliseconds.toFixed(1)} ms a step`;
      return `${network}, seed ${identity.seed}: ${time}, ${session.version} on ${session.hardware}.`;
    });
  const table = excerpt('results/rendered/resnet-2015/paper/torch/table6.md', ['ResNet-20']);
  return [table, '', ...runs].join('\n');
}

/** Where the nets of section 4.2 have ended under overnight; those of section 4.1 are not at the paper's sizes there. */
function overnightBlock() {
  const isShown = ({ asked, identity: { backend, spec } }) =>
    asked?.profile === 'overnight' && backend === evidence.backend && spec.network?.stem === 'small';
  const inOrder = (a, b) => a.network.localeCompare(b.network, 'en', { numeric: true }) || a.seed - b.seed;
  const runs = openStore(evidence.store)
    .list()
    .records.filter(isShown)
    .map(({ network, identity: { seed }, result: { measures } }) => ({ network, seed, ...measures }))
    .sort(inOrder);
  const rows = runs.map(({ network, seed, trainError, testError }) => {
    return `| ${network} | ${seed} | ${trainError.toFixed(2)} | ${testError.toFixed(2)} |`;
  });
  const head = '| | seed | training error (%) | test error (%) |';
  return [head, '| :--- | ---: | ---: | ---: |', ...rows].join('\n');
}

/** How often verdicts are wrong, as `npm run calibrate` has found. */
function calibrationBlock() {
  const { repetitions, rates } = JSON.parse(read('results/calibration.json'));
  const [head, ...rows] = calibrationRows(rates);
  const line = cells => `| ${cells.join(' | ')} |`;
  const rule = `| :--- ${'| ---: '.repeat(head.length - 1)}|`;
  return [line(head), rule, ...rows.map(line), '', `${repetitions} repetitions each.`].join('\n');
}

/** One table of the default backend's reports: ours beside the best form of PyTorch. */
function speedBlock() {
  const heads = ofDefault.flatMap(({ workload, batch }) => [
    `${workload.split(', ')[0]}, batch ${batch}`,
    'ratio',
  ]);
  const rows = ['training step', 'peak memory', 'evaluation'].map(row => {
    const cells = ofDefault.flatMap(({ comparisons }) => {
      const { what, unit, rounds, ratios } = comparisons.find(each => each.what.startsWith(row));
      const [{ ours, best, ratio }] = ratios;
      const values = [ours, best].map(name => median(rounds[name]).toFixed(0)).join(' / ');
      const [, of = ''] = what.split('evaluation of ');
      return [`${values} ${unit}${of && `, ${of}`}`, `**${ratio.toFixed(2)}**`];
    });
    return `| ${[row, ...cells].join(' | ')} |`;
  });
  return [
    `| onnxruntime / best PyTorch | ${heads.join(' | ')} |`,
    `| :--- |${' ---: |'.repeat(heads.length)}`,
    ...rows,
    '',
    `float32, ${ofDefault[0].threads} threads, ${ofDefault[0].processor}; ${versionsOf(ofDefault[0])}.`,
  ].join('\n');
}

/** A report of `npm run bench -- --json` in full: median of the rounds, ratio to the best form of PyTorch. */
function benchBlock(report) {
  const contenders = Object.keys(report.versions);
  const rows = report.comparisons.map(({ what, unit, rounds, ratios }) => {
    const values = contenders.map(c => `${median(rounds[c]).toFixed(unit === 'MiB' ? 0 : 1)} ${unit}`);
    return `| ${[what, ...values, ratios.map(r => `**${r.ratio.toFixed(2)}**`).join(', ')].join(' | ')} |`;
  });
  const rounds = Math.max(...report.comparisons.map(each => Object.values(each.rounds)[0].length));
  const { workload, batch, threads, processor, command } = report;
  return [
    `**${workload}, batch ${batch}**: ${threads} threads, ${processor}; ${versionsOf(report)}; ${rounds} rounds.`,
    '',
    `| | ${[...contenders, 'ratio to the best PyTorch'].join(' | ')} |`,
    `| :--- |${' ---: |'.repeat(contenders.length + 1)}`,
    ...rows,
    '',
    `Command: \`${command}\``,
  ].join('\n');
}

/** Where the time of a step goes, of `npm run bench -- --nodes --json`: what is more than a hundredth of it. */
function nodesBlock({ workload, batch, threads, processor, version, steps, operators, command }) {
  const total = operators.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const rows = operators
    .filter(({ milliseconds }) => milliseconds > total / 100)
    .map(({ operator, nodes, milliseconds }) => {
      const share = ((100 * milliseconds) / total).toFixed(1);
      return `| ${operator} | ${nodes} | ${milliseconds.toFixed(1)} ms | ${share}% |`;
    });
  return [
    `**${workload}, batch ${batch}**: ${total.toFixed(0)} ms in the nodes of a step (mean of ${steps}); ${threads} threads, ${processor}; ${version}.`,
    '',
    '| operator | nodes | time | share |',
    '| :--- | ---: | ---: | ---: |',
    ...rows,
    '',
    `Command: \`${command}\``,
  ].join('\n');
}

/** What the harness adds to the bare loop: one comparison, made again in each session. */
function overheadBlock() {
  const ratios = reports.map(({ comparisons: [{ rounds }], overhead }) => {
    return `${overhead.ratio.toFixed(2)} (median of ${Object.values(rounds)[0].length} pairs)`;
  });
  return `An iteration inside the harness took ${new Intl.ListFormat('en').format(ratios)} times one in the bare session loop, ResNet-20 under \`mini\`.`;
}

function versionsOf({ versions }) {
  return [...new Set(Object.values(versions))].map(each => each.replace(/^\d/, 'PyTorch $&')).join(', ');
}
