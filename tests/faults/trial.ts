import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isAbsent, systemProblem } from '../../ml/data/system.ts';
import { type Ending, leftProcesses, type Place, runCommand } from './command.ts';
import { type Fault, type Operation, operationsIn } from './faults.ts';
import { type Scenario, scenarios } from './scenarios.ts';

/** A scenario of which it is known how it begins and ends undisturbed. */
export interface Rehearsed {
  scenario: Scenario;
  place: Place;
  /** What the processes of the command did to files. */
  operations: Operation[];
  start: Tree;
  end: Tree;
  exitCode: number;
}

/** Contents of files by path: digests, or texts where a part of them may differ. */
type Tree = ReadonlyMap<string, string>;

/** What came of a trial: whether the fault befell anything, and what went wrong after it. */
export interface TrialResult {
  fired: Operation[];
  problems: string[];
  /** What the disturbed command said, for whoever looks into a problem. */
  said: string;
}

/** Prepares a scenario in a folder of its own and runs it undisturbed. */
export async function rehearse(name: string, base: string, cifar: string): Promise<Rehearsed> {
  const scenario = scenarios[name]!;
  const place: Place = { base, store: join(base, 'store'), cache: join(base, 'cache'), cifar };
  mkdirSync(base, { recursive: true });
  await scenario.prepare?.(place);
  for (const part of parts) copy(join(base, part), join(base, 'start', part));
  const start = treeOf(place);
  const trace = join(base, 'trace');
  const endings = await runBoth(scenario, place, { trace });
  for (const { exitCode, stderr } of endings)
    if (exitCode !== 0) throw new Error(`undisturbed, ${name} ended with ${exitCode}\n${stderr}`);
  const end = treeOf(place);
  const left = [...end.keys()].filter(path => isLeft(path));
  if (left.length > 0) throw new Error(`undisturbed, ${name} left ${left.join(', ')}`);
  return { scenario, place, operations: operationsIn(trace), start, end, exitCode: 0 };
}

/** Lets a fault befall the command, then runs the same command again. */
export async function tryFault(rehearsed: Rehearsed, fault: Fault): Promise<TrialResult> {
  const { scenario, place } = rehearsed;
  const { base } = place;
  reset(place);
  const fired = join(base, 'fired');
  rmSync(fired, { force: true });
  const [disturbed, other] = await runBoth(scenario, place, { fault, fired });
  const befell = operationsIn(fired);
  const problems = [
    ...(befell.length > 0 ? disturbedProblems(rehearsed, fault, disturbed!) : []),
    ...(other ? undisturbedProblems('the other command', other) : []),
    ...keptProblems(rehearsed, disturbed!),
  ];
  const again = await runBoth(scenario, place, {});
  problems.push(...again.flatMap(ending => undisturbedProblems('the same command again', ending)));
  const left = await leftProcesses(place);
  if (left.length > 0) problems.push(`processes are left: ${left.join(', ')}`);
  for (const id of left) process.kill(id, 'SIGKILL');
  problems.push(...differences(rehearsed.end, treeOf(place)));
  const texts = [disturbed!, ...(other ? [other] : []), ...again].map(
    ({ exitCode, signal, stdout, stderr }) => `--- ${exitCode ?? signal}\n${stdout}${stderr}`,
  );
  return { fired: befell, problems, said: texts.join('\n') };
}

const parts = ['store', 'cache'] as const;

function reset({ base }: Place): void {
  for (const part of parts) {
    rmSync(join(base, part), { recursive: true, force: true });
    copy(join(base, 'start', part), join(base, part));
  }
}

function copy(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}

function runBoth(
  scenario: Scenario,
  place: Place,
  disturbance: Parameters<typeof runCommand>[2],
): Promise<Ending[]> {
  const commands = scenario.commands(place);
  return Promise.all(commands.map((args, i) => runCommand(place, args, i === 0 ? disturbance : {})));
}

/** What is wrong with how a disturbed command ended. */
function disturbedProblems({ exitCode: usual }: Rehearsed, fault: Fault, ending: Ending): string[] {
  const { exitCode, signal, hangs, stdout, stderr } = ending;
  if (hangs) return ['it does not end'];
  const problems = stackProblems('it', stdout + stderr);
  if (signal !== null) return fault.does === 'kill' ? problems : [...problems, `it died by ${signal}`];
  if (exitCode === usual) return problems;
  if (exitCode !== 4) return [...problems, `it ended with ${exitCode}`];
  if (fault.does === 'kill' && !fault.lasts) return [...problems, 'it gave up after one death'];
  const condition =
    fault.does === 'kill'
      ? 'was killed by SIGKILL'
      : systemProblem({ code: fault.does, syscall: '' }, '.')!.reason;
  // Before the packages are there, an error is told in the system's own words.
  const isTold = (lines: string) => {
    const text = lines.replace(/\s+/g, ' '); // as wide as the terminal
    return text.includes(condition) || text.includes(`${fault.does}: `);
  };
  const errors = stderr.split(/\n\n/).filter(isTold);
  if (errors.length !== 1) problems.push(`it says ${errors.length} times: ${condition}`);
  if ((stderr.match(/^ {2}fix: /gm) ?? []).length !== 1)
    problems.push('it does not say one thing that helps');
  return problems;
}

function undisturbedProblems(who: string, { exitCode, signal, stdout, stderr }: Ending): string[] {
  const wrong = exitCode === 0 ? [] : [`${who} ended with ${exitCode ?? signal}`];
  return [...wrong, ...stackProblems(who, stdout + stderr)];
}

function stackProblems(who: string, text: string): string[] {
  return /^\s+at .*:\d+:\d+|This is a bug|node:internal/m.test(text) ? [`${who} shows a stack`] : [];
}

/** What was good before and is not after a fault; all that was to be finished, when the command says that it is. */
function keptProblems({ start, end, place, exitCode: usual }: Rehearsed, { exitCode }: Ending): string[] {
  const now = treeOf(place);
  const lost = [...start].filter(
    ([path, content]) => isFinished(path) && now.get(path) !== content && now.get(path) !== end.get(path),
  );
  const problems = lost.map(([path]) => `${path} was good and is ${now.has(path) ? 'another' : 'lost'}`);
  const halfWritten = [...now].filter(
    ([path, content]) =>
      isFinished(path) && !path.includes('rendered') && ![start.get(path), end.get(path)].includes(content),
  );
  problems.push(...halfWritten.map(([path]) => `${path} is in its place and is wrong`));
  if (exitCode !== usual) return problems;
  const missing = [...end].filter(([path, content]) => isFinished(path) && now.get(path) !== content);
  return [...problems, ...missing.map(([path]) => `it ended well, and ${path} is not as it should be`)];
}

function differences(expected: Tree, found: Tree): string[] {
  const paths = [...new Set([...expected.keys(), ...found.keys()])].sort();
  return paths
    .filter(path => expected.get(path) !== found.get(path))
    .map(path => {
      if (!found.has(path)) return `${path} is missing`;
      return expected.has(path) ? `${path} is not as undisturbed` : `${path} is left behind`;
    });
}

/** Whether a file is what a user wants: a record and what it vouches for, a page, data. */
function isFinished(path: string): boolean {
  const wanted =
    /\/((record|design|store)\.json|(scores|wrong)\.bin)$|\/rendered\/.*\.\w+$|\/cifar-10\/[^./]*\.bin$/;
  return wanted.test(path) && !path.endsWith('.tmp');
}

function isLeft(path: string): boolean {
  return /\.tmp$|\.next$|\/(lock|order|messages|checkpoint)\.|\.fetching-|installing-/.test(path);
}

/** Files and folders of store and cache; a worker whose command was killed may still be at them. */
function treeOf({ base }: Place): Tree {
  const tree = new Map<string, string>();
  for (const part of parts) {
    if (!existsSync(join(base, part))) continue;
    for (const name of readdirSync(join(base, part), { recursive: true, encoding: 'utf8' })) {
      const path = join(part, name);
      const content = contentOf(join(base, path));
      if (content !== null) tree.set(path, content);
    }
  }
  return tree;
}

function contentOf(file: string): string | null {
  try {
    if (statSync(file).isDirectory()) return 'a folder';
    const content = readFileSync(file);
    if (/(record|design)\.json$/.test(file)) return comparable(content.toString());
    return createHash('sha256').update(content).digest('hex');
  } catch (error) {
    if (isAbsent(error, file)) return null; // gone meanwhile
    throw error;
  }
}

/** A record or a design without what it says of when and how long, of memory, and of interruptions. */
function comparable(text: string): string {
  const passing = ['startedAt', 'finishedAt', 'seconds', 'resumed', 'peakMemoryMiB', 'unitMilliseconds'];
  try {
    const isDate = (name: string, value: unknown) => name === 'at' && typeof value === 'string';
    return JSON.stringify(JSON.parse(text), (name, value) =>
      passing.includes(name) || isDate(name, value) ? undefined : value,
    );
  } catch {
    return text;
  }
}
