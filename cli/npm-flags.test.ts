import { describe, expect, it, vi } from 'vitest';
import type { UserError } from '../harness/errors.ts';
import { besideNpm, flagsFromNpm } from './npm-flags.ts';
import type { OptionName } from './options.ts';

const options: OptionName[] = ['seeds', 'rows', 'jobs', 'store', 'force', 'keep-going', 'dry-run', 'json'];

function flags(typed: Record<string, string>, argv: string[] = ['table6']): Promise<string[]> {
  return flagsFromNpm('reproduce', options, argv, new Map(Object.entries(typed)), {});
}

async function refusal(...call: Parameters<typeof flags>): Promise<UserError> {
  return flags(...call).then(
    given => expect.fail(`not refused: ${given}`),
    error => error,
  );
}

describe('flags that npm took', () => {
  it('are given back', async () => {
    expect(await flags({ seeds: '3', keep_going: 'true', json: 'true' })).toEqual([
      '--seeds=3',
      '--keep-going',
      '--json',
    ]);
    expect(await flags({ rows: 'ResNet-20\n\nResNet-32' })).toEqual(['--rows=ResNet-20\n\nResNet-32']);
    expect(await flags({ json: '', force: 'false' })).toEqual([]);
  });

  it('yield to those after --', async () => {
    expect(await flags({ seeds: '3' }, ['table6', '--seeds', '4'])).toEqual([]);
    expect(await flags({ jobs: '3' }, ['table6', '-j4'])).toEqual([]);
    expect(await flags({ jobs: '3' }, ['table6', '--json'])).toEqual(['--jobs=3']);
  });

  it('are left to npm when they may be its own', async () => {
    expect(await flags({ nodedir: '/usr', loglevel: 'silent', cache: '/tmp/cache' })).toEqual([]);
  });
});

describe('what npm took apart is refused with the command that works', () => {
  it.each([
    [
      'a value that was cut off',
      { seeds: 'true' },
      ['table6', '3'],
      '--seeds needs a value',
      'table6 -- --seeds 3',
    ],
    [
      'one before the target',
      { seeds: 'true' },
      ['3', 'table6'],
      '--seeds needs a value',
      'table6 -- --seeds 3',
    ],
    [
      'a label',
      { rows: 'true' },
      ['table6', 'ResNet-20'],
      '--rows needs a value',
      'table6 -- --rows ResNet-20',
    ],
    ['one before it', { rows: 'true' }, ['a b', 'table6'], '--rows needs a value', "table6 -- --rows 'a b'"],
    ['no value', { seeds: '' }, ['table6'], '--seeds needs a value', 'table6 -- --seeds <seeds>'],
    ['a value for a switch', { force: 'table6' }, [], '--force takes no value', 'table6 -- --force'],
    ['a misspelling', { sedes: '3' }, ['table6'], 'Did you mean --seeds?', 'table6 -- --seeds 3'],
    [
      'one with a value cut off',
      { row: 'true' },
      ['table6', 'x'],
      'Did you mean --rows?',
      'table6 -- --rows x',
    ],
    [
      'a misspelt switch',
      { keepgoing: 'true' },
      ['table6'],
      'Did you mean --keep-going?',
      'table6 -- --keep-going',
    ],
    ['a short option', { json: 'true' }, ['table6', '4'], 'short options such as -j ', 'table6 -- -j 4'],
    ['one with its value', { j4: 'true' }, ['table6'], 'short options such as -j4 ', 'table6 -- -j4'],
    ['several', { fk: 'true' }, ['table6'], 'short options such as -fk ', 'table6 -- -fk'],
    ['npm’s own reading of -n', { yes: '' }, ['table6'], 'short options such as -n ', 'table6 -- -n'],
  ])('%s', async (_, typed, argv, message, fix) => {
    const error = await refusal(typed as Record<string, string>, argv);
    expect(error.message).toContain(message);
    expect(error.fix).toBe(`npm run reproduce ${fix}`);
    expect(error.exitCode).toBe(2);
  });

  it('which keeps all else that was typed', async () => {
    const typed = { seeds: 'true', rows: 'ResNet-20,plain 20', force: 'true', json: '' };
    expect((await refusal(typed, ['table6', '3', '--store', 'a b'])).fix).toBe(
      "npm run reproduce table6 -- --rows 'ResNet-20,plain 20' --force --seeds 3 --store 'a b'",
    );
  });
});

describe('npm’s own object under --json', () => {
  const npm = { npm_config_json: 'true', npm_lifecycle_event: 'plan' };
  const printing = (exitCode: number) => async () => {
    console.log('{}');
    return exitCode;
  };

  it.each([
    ['takes the place of ours when the exit code is not 0', npm, 1, 0],
    ['is not there when it is 0', npm, 0, 1],
    ['is not there when --json stands after --', { npm_lifecycle_event: 'plan' }, 1, 1],
    ['is not there without npm', {}, 4, 1],
  ])('%s', async (_, env, exitCode, printed) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(await besideNpm(printing(exitCode), env)).toBe(exitCode);
    expect(log).toHaveBeenCalledTimes(printed);
    expect(error).toHaveBeenCalledTimes(1 - printed);
    vi.restoreAllMocks();
  });
});
