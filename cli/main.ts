import { UserError } from '../harness/errors.ts';
import { didYouMean } from '../harness/nearest.ts';
import { quoted } from '../harness/text.ts';
import { reportError, reportUncaught, surviveClosedPipes } from './errors.ts';
import { manualWidth, overview } from './manual.ts';
import { typedBeforeDashes } from './npm-config.ts';
import { besideNpm, flagsFromNpm } from './npm-flags.ts';
import { parseArguments } from './parse.ts';
import { terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** The verbs, each imported when it is used. */
export const verbs: Readonly<Record<string, { says: string; load: () => Promise<Verb> }>> = {
  reproduce: {
    says: 'run what a table or figure needs and show it beside the paper',
    load: async () => (await import('./reproduce.ts')).reproduce,
  },
  claims: {
    says: "the paper's claims, section by section, and what the runs say about them",
    load: async () => (await import('./claims.ts')).claimsVerb,
  },
  plan: {
    says: 'what reproduce would run, what is finished already, and what it costs',
    load: async () => (await import('./plan.ts')).plan,
  },
  status: {
    says: 'state of the runs of a table or figure',
    load: async () => (await import('./status.ts')).status,
  },
  ls: {
    says: 'the finished runs of a store',
    load: async () => (await import('./ls.ts')).ls,
  },
  show: {
    says: 'one finished run: results, digests, provenance',
    load: async () => (await import('./show.ts')).show,
  },
  migrate: {
    says: 'migrate a store of an earlier version',
    load: async () => (await import('./migrate.ts')).migrate,
  },
  validate: {
    says: 'check all manifests, protocols and published values',
    load: async () => (await import('./validate.ts')).validate,
  },
  conformance: {
    says: 'compare a backend with the reference, operator by operator and step by step',
    load: async () => (await import('./conformance.ts')).conformance,
  },
  compare: {
    says: 'train on several backends step by step, and say where one departs',
    load: async () => (await import('./compare.ts')).compareVerb,
  },
  bisect: {
    says: 'the first step and tensor at which two runs differ',
    load: async () => (await import('./bisect.ts')).bisectVerb,
  },
  report: {
    says: 'a folder of pages from the records of a store, to publish or to open from a disk',
    load: async () => (await import('./report.ts')).reportVerb,
  },
  export: {
    says: 'tables and figures with all that they rest on, as an RO-Crate',
    load: async () => (await import('./export.ts')).exportVerb,
  },
  verify: {
    says: 'whether every page of such a folder follows from its records',
    load: async () => (await import('./verify.ts')).verifyVerb,
  },
  regress: {
    says: 'whether a result has moved since the baseline, and what moved it',
    load: async () => (await import('./regress.ts')).regressVerb,
  },
  data: { says: 'fetch and verify CIFAR-10', load: async () => (await import('./data.ts')).data },
  setup: {
    says: 'install what a backend needs beyond npm, e.g. PyTorch',
    load: async () => (await import('./setup.ts')).setup,
  },
  calibrate: {
    says: 'how often verdicts are wrong, simulated with the functions that make them',
    load: async () => (await import('./calibrate.ts')).calibrateVerb,
  },
  bench: {
    says: 'time a training step against PyTorch',
    load: async () => (await import('./bench.ts')).benchVerb,
  },
};

/** Runs a command line (without node and script) as a process of its own and returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  surviveClosedPipes();
  reportUncaught(argv.includes('--json'));
  return runCommandLine(argv);
}

/** Runs a command line and returns the exit code: whatever goes wrong is told and has one. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  // npm takes a bare -- away; other package managers hand it on.
  const [name = '--help', ...rest] = argv.filter(word => word !== '--');
  const typed = process.env.npm_lifecycle_event === name ? typedBeforeDashes(process.env) : new Map();
  const json = rest.includes('--json') || typed.get('json') === 'true';
  const run = () => runCommand(name, rest, typed).catch(error => reportError(error, json));
  return json ? besideNpm(run) : run();
}

async function runCommand(
  name: string,
  rest: readonly string[],
  typed: ReadonlyMap<string, string>,
): Promise<number> {
  if (['--help', '-h', 'help'].includes(name)) {
    const says = Object.entries(verbs).map(([verb, { says }]) => [verb, says] as const);
    console.log(overview(says, manualWidth(terminalOf())));
    return 0;
  }
  if (['--version', '-V', 'version'].includes(name)) {
    console.log(await (await import('./version.ts')).versionText());
    return 0;
  }
  const entry = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (!entry) {
    const names = Object.keys(verbs);
    const near = didYouMean(name, names) || `There are ${names.join(', ')}.`;
    throw new UserError(`Unknown command ${quoted(name)}. ${near}`, { fix: 'node cli/start.mjs --help' });
  }
  const verb = await entry.load();
  const fromNpm = await flagsFromNpm(name, verb.options, rest, typed);
  const parsed = await parseArguments(name, verb, [...fromNpm, ...rest]);
  return parsed === 'help' ? 0 : verb.run(parsed.args, parsed.options);
}
