import { judgeClaims } from '../harness/aggregate/claims/judge.ts';
import type { ClaimView } from '../harness/aggregate/claims/types.ts';
import { runsIn } from '../harness/aggregate/evidence.ts';
import { evidenceIn, evidenceJob } from '../harness/aggregate/evidence-store.ts';
import { exitCodes, UserError } from '../harness/errors.ts';
import type { Target } from '../harness/manifest/types.ts';
import { didYouMean } from '../harness/nearest.ts';
import { commandOf } from '../harness/plan/command.ts';
import { prepare } from '../harness/plan/prepare.ts';
import { openStore } from '../harness/record/store.ts';
import { jsonText, quoted } from '../harness/text.ts';
import { claimRow } from '../paper-tables/claims.ts';
import { printable } from '../paper-tables/printable.ts';
import { paintedWord, tallyInWords } from '../paper-tables/tally.ts';
import { paint, type Terminal } from '../paper-tables/terminal.ts';
import { wrapped } from '../paper-tables/text.ts';
import { claimsCode } from './claims-code.ts';
import type { Options } from './options.ts';
import { placesOf } from './places.ts';
import { terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run claims [claims...]`: the paper's argument, and what the runs of a store say about it. */
export const claimsVerb: Verb = {
  arguments: '[claims...]',
  description:
    'Prints the claims of the paper section by section, each with what the runs of the store say about it, the command that trains what is missing, or why it is not tested. Names claims by their ids, e.g. C27; all when none is named. Trains nothing.',
  options: ['experiment', 'profile', 'backend', 'store', 'data', 'section', 'json'],
  exits: {
    differs: "a claim is contradicted (only under the paper's own protocol)",
    inconclusive: "a claim is inconclusive (only under the paper's own protocol)",
  },
  environment: [
    'RESIDUALS_CIFAR10',
    'RESIDUALS_IMAGENET',
    'RESIDUALS_VOC',
    'RESIDUALS_COCO',
    'RESIDUALS_IMAGENET_DET',
    'RESIDUALS_CACHE',
    'COLUMNS',
    'NO_COLOR',
  ],
  files: ['<store>/runs/<key>/record.json', 'experiments/<experiment>/'],
  examples: [
    ['npm run claims', 'all claims, under the default profile'],
    ['npm run claims C27 -- --store results', 'one claim, by the evidence that comes with the repository'],
    ['npm run claims -- --section 4.2', 'those of a section'],
    ['npm run --silent claims -- --json > claims.json', 'for a program'],
  ],
  async run(ids, options) {
    const prepared = await prepare([], { ...options, all: true });
    const argument = prepared.targets.flatMap(target =>
      target.kind === 'architecture' ? [] : target.argument,
    )[0];
    const store = openStore(options.store);
    const jobs = [...prepared.shown.jobs, ...prepared.beside].map(evidenceJob);
    const all = argument ? judgeClaims(argument, runsIn(jobs, evidenceIn(store))) : [];
    const claims = chosen(all, ids, options);
    if (options.json) {
      const { profile } = prepared.shown;
      console.log(jsonText({ profile, backend: prepared.backend.id, store: options.store, claims }));
    } else {
      console.log(asText(printable(claims), prepared.targets, options, terminalOf()));
    }
    return argument?.faithful ? claimsCode(claims.map(({ verdict }) => verdict)) : exitCodes.pass;
  },
};

function chosen(all: readonly ClaimView[], ids: readonly string[], { section }: Options): ClaimView[] {
  const known = all.map(({ id }) => id);
  const unknown = ids.find(id => !known.includes(id));
  if (unknown !== undefined)
    throw new UserError(`There is no claim ${quoted(unknown)}. ${didYouMean(unknown, known)}`.trim(), {
      fix:
        known.length > 0
          ? `name some of ${known[0]} to ${known.at(-1)}`
          : 'write experiments/<name>/claims.yaml',
    });
  const named = all.filter(({ id }) => ids.length === 0 || ids.includes(id));
  if (section === undefined) return named;
  const sections = [...new Set(all.map(claim => sectionOf(claim)))];
  if (!sections.includes(section))
    throw new UserError(`--section is ${quoted(section)}; expected ${sections.join(', ')}.`, {
      fix: `--section ${sections[0]}`,
    });
  return named.filter(claim => sectionOf(claim) === section);
}

/** `4.2`, `app. A`, `abstract`: the first section that makes the claim. */
function sectionOf({ where }: ClaimView): string {
  const [section] = /(?<=\bsec\. )\d+(\.\d+)?|\bapp\. [A-Z]|\babstract\b/.exec(where) ?? [];
  return section ?? where;
}

function asText(
  claims: readonly ClaimView[],
  targets: readonly Target[],
  options: Options,
  terminal: Terminal,
): string {
  const limit = terminal.width;
  const order = [...new Set(claims.map(sectionOf))].sort(
    (a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1),
  );
  const lines = order.flatMap(section => [
    '',
    paint(titleOf(section), 'bold', terminal),
    ...claims
      .filter(claim => sectionOf(claim) === section)
      .flatMap(claim => claimLines(claim, targets, options, terminal)),
  ]);
  const total = tallyInWords(
    claims.map(({ verdict }) => verdict),
    terminal,
  );
  const profile = targets[0]?.profile;
  const summary = `${claims.length} claims${profile === undefined ? '' : `, profile ${profile}`}: ${total || 'none'}`;
  return [...lines.slice(1), '', ...wrapped(summary, { limit })].join('\n');
}

function claimLines(
  claim: ClaimView,
  targets: readonly Target[],
  options: Options,
  terminal: Terminal,
): string[] {
  const { id, verdict } = claim;
  const limit = terminal.width;
  const profile = targets[0]?.profile ?? '';
  const { statement, where, measured } = claimRow(claim, profile);
  const command = commandFor(claim, targets, options);
  return [
    ...wrapped(`${paintedWord(verdict, terminal)}: ${id} ${statement} (${where})`, { limit, indent: '  ' }),
    ...(measured === '' ? [] : wrapped(measured, { limit: limit - 4 })).map(line =>
      paint(`    ${line}`, 'dim', terminal),
    ),
    ...(command === null ? [] : [`    $ ${command}`]),
  ];
}

/** What trains the seeds that the next verdict needs; null where there is nothing to be trained. */
function commandFor(
  { id, verdict, evidence }: ClaimView,
  targets: readonly Target[],
  options: Options,
): string | null {
  const target = targets.find(each => each.kind !== 'architecture' && each.claims.includes(id));
  if (!target || (verdict !== 'not-run' && verdict !== 'inconclusive')) return null;
  const next = evidence === null ? 3 : evidence.nextLook;
  if (next === null) return null;
  const { experiment, backend } = options;
  const seeds = Array.from({ length: next }, (_, i) => i + 1);
  const same = { ...(experiment !== undefined && { experiment }), profile: target.profile, backend };
  return commandOf([target.name], { ...same, seeds }, placesOf(options));
}

function titleOf(section: string): string {
  if (/^\d/.test(section)) return `Section ${section}`;
  return section.startsWith('app.')
    ? section.replace('app.', 'Appendix')
    : section[0]!.toUpperCase() + section.slice(1);
}

/** The order of reading: abstract, sections, appendices. */
function placeOf(section: string): number {
  if (section === 'abstract') return 0;
  const number = Number.parseFloat(section);
  return Number.isNaN(number) ? 1000 : number;
}
