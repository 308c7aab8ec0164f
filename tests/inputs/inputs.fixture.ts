import { chmodSync, type Dirent, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { reportError } from '../../cli/errors.ts';
import { runCommandLine, verbs } from '../../cli/main.ts';
import { exitCodes } from '../../harness/errors.ts';

/** A bad input, and the one error that a command ends in. In words and variables `@` stands for the folder of the input. */
export interface BadInput {
  what: string;
  /** Makes the input in its folder, which is empty. */
  make?: (folder: string) => unknown;
  /** The words of a command line, between spaces where none of them holds one; or what reads the input without a command. */
  run: string | readonly string[] | ((folder: string) => Promise<unknown>);
  env?: Readonly<Record<string, string | undefined>>;
  /** Whether it is run as a user who may read only what all may. */
  asNobody?: boolean;
  /** 2 when absent. */
  exit?: number;
  says: RegExp;
  /** What helps; null where nothing does. */
  fix?: RegExp | null;
  /** What is shown of the rest; nothing when absent. */
  shows?: RegExp;
  /** What may be written or changed; nothing when absent. */
  writes?: RegExp;
}

/** An input among others that have much in common. */
export type Row = Pick<BadInput, 'what' | 'says'> & Partial<BadInput>;

/** One test for each input. `common`: what all have that does not say otherwise. */
export function badInputs(rows: readonly Row[], common: Partial<BadInput> = {}): void {
  const inputs = rows.map(row => ({ run: '', ...common, ...row }));
  it.each(inputs)('$what', async row => {
    const { verb, takesJson } = await tried(row, false);
    if (takesJson) await tried(row, true);
    if (verb) expect(await documentedExits(verb)).toContain(row.exit ?? exitCodes.usage);
    expect(readdirSync(cache).filter(name => name !== 'manifests')).toEqual([]);
  });
}

async function tried(row: BadInput, json: boolean): Promise<Input> {
  const input = new Input(row);
  try {
    await row.make?.(input.folder);
    const before = input.contents();
    expectOneError(row, await input.run(json), json);
    expect(changesOf(before, input.contents(), row.writes)).toEqual([]);
  } finally {
    input.remove();
  }
  return input;
}

/** One test for each input that is passed over: nothing is said about it, and nothing happens to it. */
export function harmlessInputs(rows: readonly Omit<Row, 'says'>[], common: Partial<BadInput> = {}): void {
  const inputs = rows.map((row): BadInput => ({ run: '', says: /^$/, ...common, ...row }));
  it.each(inputs)('$what', async row => {
    const input = new Input(row);
    try {
      await row.make?.(input.folder);
      const before = input.contents();
      const { exitCode, stdout, stderr } = await input.run(false);
      expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
      expect(stdout).toMatch(row.shows ?? /./);
      expect(changesOf(before, input.contents(), row.writes)).toEqual([]);
    } finally {
      input.remove();
    }
  });
}

/** What a command line said in this process, and its exit code. */
interface Said {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** The cache folder of all inputs that name no other: manifests are parsed once. */
const cache = mkdtempSync(join(tmpdir(), 'residuals-inputs-cache-'));
chmodSync(cache, 0o755);
afterAll(() => rmSync(cache, { recursive: true }));

/** Variables that decide what a command does, but for those of a row. */
const decisive = /^(npm_|RESIDUALS_|XDG_|INIT_CWD$|CI$|COLUMNS$|NO_COLOR$|FORCE_COLOR$|NODE_OPTIONS$)/i;

class Input {
  readonly folder = mkdtempSync(join(tmpdir(), 'residuals-input-'));
  readonly #row: BadInput;

  constructor(row: BadInput) {
    this.#row = row;
    chmodSync(this.folder, row.asNobody ? 0o777 : 0o755);
  }

  get #words(): readonly string[] | null {
    const { run } = this.#row;
    if (typeof run === 'function') return null;
    const words = typeof run === 'string' ? run.split(' ') : run;
    return words.map(word => word.replaceAll('@', this.folder));
  }

  /** The verb of the command; none where it is not known, or there is no command. */
  get verb(): string | null {
    const [verb = ''] = this.#words ?? [];
    return Object.hasOwn(verbs, verb) ? verb : null;
  }

  /** Whether the command prints JSON where it is asked to. */
  get takesJson(): boolean {
    return this.verb !== null && this.verb !== 'setup' && !this.#words!.includes('--');
  }

  async run(json: boolean): Promise<Said> {
    const { run, env = {}, asNobody } = this.#row;
    const words = this.#words;
    const restore = [withVariables(this.#variables(env)), asNobody ? becomeNobody() : () => {}];
    try {
      if (words) return await captured(() => runCommandLine([...words, ...(json ? ['--json'] : [])]));
      const failing = (run as (folder: string) => Promise<unknown>)(this.folder).then(() => 0);
      return await captured(() => failing.catch((error: unknown) => reportError(error, false)));
    } finally {
      for (const each of restore.reverse()) each();
    }
  }

  /** What is in the folder, and what of each tells that it was changed. */
  contents(): Map<string, string> {
    return new Map(entriesOf(this.folder, ''));
  }

  remove(): void {
    for (const [name, what] of this.contents())
      if (what === 'folder') chmodSync(join(this.folder, name), 0o700);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #variables(own: NonNullable<BadInput['env']>): Record<string, string | undefined> {
    const without = Object.keys(process.env).filter(name => decisive.test(name));
    const given = Object.entries(own).map(([name, value]) => [name, value?.replaceAll('@', this.folder)]);
    return {
      ...Object.fromEntries(without.map(name => [name, undefined])),
      HOME: join(this.folder, 'home'),
      TMPDIR: this.folder,
      RESIDUALS_CACHE: cache,
      ...Object.fromEntries(given),
    };
  }
}

/** What a reader of messages must never see. */
const forbidden: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a stack trace', /^\s+at .*(\(|:\d+)/m],
  ['a fault of ours', /This is a bug in Residuals/],
  ["the system's own words", /\bE[A-Z]{3,}: |\berrno\b|no such file or directory, /],
  ["JavaScript's own words", /\[object |\bundefined\b|Cannot read propert|is not (a function|iterable)/],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  ['a control character', /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/],
];

/** What a command says on standard error of how far it is, before the error. */
const remarks =
  /^((Backend|Plan|Data|unpacking|fetching|decoding|CIFAR-10 is not in the cache)\b.*\n( {2}.*\n)*)+/;

function expectOneError(row: BadInput, { exitCode, stdout, stderr }: Said, json: boolean): void {
  const [message = '', ...fixes] = stderr.replace(remarks, '').trim().split('\n\n');
  expect(message).toMatch(row.says);
  expect(exitCode, stderr).toBe(row.exit ?? exitCodes.usage);
  for (const [what, pattern] of forbidden) expect(`${stdout}${stderr}`, what).not.toMatch(pattern);
  expect(fixes.length, stderr).toBe(row.fix === null ? 0 : 1);
  if (row.fix !== null) {
    expect(fixes[0]).toMatch(/^ {2}fix: \S.*$/);
    expect(fixes[0]).toMatch(row.fix ?? /./);
    expect(fixes[0]).not.toMatch(/\brm\b(?!.*lock\.)/); // nothing is deleted for being bad
  }
  const fix = fixes[0]?.slice('  fix: '.length) ?? null;
  if (!json) expect(stdout).toMatch(row.shows ?? /^$/);
  else if (row.shows) JSON.parse(stdout);
  else expect(JSON.parse(stdout)).toEqual({ error: { message, fix, exitCode } });
}

/** The exit codes that the manual page of a verb has. */
async function documentedExits(verb: string): Promise<number[]> {
  const { exits } = await verbs[verb]!.load();
  return Object.keys({ pass: 0, usage: 0, ...exits }).map(name => exitCodes[name as keyof typeof exitCodes]);
}

async function captured(run: () => Promise<number>): Promise<Said> {
  const said = { stdout: '', stderr: '' };
  const writer = (to: keyof typeof said) => (chunk: unknown) => {
    said[to] += String(chunk);
    return true;
  };
  const kept = { log: console.log, error: console.error };
  const streams = { stdout: process.stdout.write, stderr: process.stderr.write };
  console.log = (...values) => void (said.stdout += `${format(...values)}\n`);
  console.error = (...values) => void (said.stderr += `${format(...values)}\n`);
  process.stdout.write = writer('stdout');
  process.stderr.write = writer('stderr');
  try {
    return { exitCode: await run(), ...said };
  } finally {
    Object.assign(console, kept);
    process.stdout.write = streams.stdout;
    process.stderr.write = streams.stderr;
  }
}

function withVariables(variables: Readonly<Record<string, string | undefined>>): () => void {
  const set = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  const before = Object.keys(variables).map(name => [name, process.env[name]] as const);
  for (const [name, value] of Object.entries(variables)) set(name, value);
  return () => {
    for (const [name, value] of before) set(name, value);
  };
}

/** Root may read and write everything: whoever runs as root takes the rights of another user for a while. */
function becomeNobody(): () => void {
  if (process.getuid?.() !== 0) return () => {};
  process.setegid!(65534);
  process.seteuid!(65534);
  return () => {
    process.seteuid!(0);
    process.setegid!(0);
  };
}

function entriesOf(folder: string, under: string): [string, string][] {
  return listed(folder).flatMap((entry): [string, string][] => {
    const [path, name] = [join(folder, entry.name), join(under, entry.name)];
    if (entry.isDirectory()) return [[name, 'folder'], ...entriesOf(path, name)];
    const { size, mtimeMs, ino } = lstatSync(path);
    return [[name, `${size} ${mtimeMs} ${ino}`]];
  });
}

/** What is in a folder; nothing of one that cannot be read. */
function listed(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function changesOf(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  allowed: RegExp | undefined,
): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.filter(name => before.get(name) !== after.get(name) && !allowed?.test(name));
}

/** Creates a folder and those above it; its path. */
export function folderAt(...parts: readonly string[]): string {
  const folder = join(...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}
