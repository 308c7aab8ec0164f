import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { flagsFromNpm } from './npm-flags.ts';
import type { OptionName } from './options.ts';

const options: OptionName[] = ['seeds', 'rows', 'jobs', 'store', 'force', 'keep-going', 'dry-run', 'json'];
const folder = mkdtempSync(join(tmpdir(), 'residuals-npmrc-'));
afterAll(() => rmSync(folder, { recursive: true }));

function flags(
  config: Record<string, string>,
  argv: string[] = ['table6'],
  more: NodeJS.ProcessEnv = {},
): string[] {
  const env = Object.fromEntries(
    Object.entries(config).map(([name, value]) => [`npm_config_${name}`, value]),
  );
  return flagsFromNpm('reproduce', options, argv, { npm_lifecycle_event: 'reproduce', ...env, ...more });
}

describe('flagsFromNpm', () => {
  it('gives flags back that npm took', () => {
    expect(flags({ seeds: '3', keep_going: 'true', json: 'true' })).toEqual([
      '--seeds=3',
      '--keep-going',
      '--json',
    ]);
    expect(flags({ rows: 'ResNet-20\n\nResNet-32' })).toEqual(['--rows=ResNet-20\n\nResNet-32']);
    expect(flags({ json: '', force: 'false' })).toEqual([]);
  });

  it('reads nothing when npm runs another script', () => {
    expect(flags({ seeds: '3' }, ['table6'], { npm_lifecycle_event: 'test' })).toEqual([]);
  });

  it('lets a flag after -- win', () => {
    expect(flags({ seeds: '3' }, ['table6', '--seeds', '4'])).toEqual([]);
    expect(flags({ jobs: '3' }, ['table6', '-j4'])).toEqual([]);
    expect(flags({ jobs: '3' }, ['table6', '--json'])).toEqual(['--jobs=3']);
  });

  it('refuses a value that was cut off, and says how to write it', () => {
    expect(() => flags({ rows: 'true' }, ['table6', 'ResNet-20'])).toThrow(
      '--rows needs a value, and npm cut it off',
    );
    expect(() => flags({ seeds: '' })).toThrow('--seeds needs a value');
    expect(() => flags({ seeds: 'true' }, ['table6', '3'])).toThrow(
      '"3" is no table or figure: npm cut it off',
    );
    expect(() => flags({ force: 'table6' }, [])).toThrow('--force takes no value, but it came with "table6"');
  });

  it('refuses misspelled flags with what was meant', () => {
    expect(() => flags({ sedes: '3' })).toThrow(
      '--sedes is not an option of reproduce. Did you mean --seeds?',
    );
    expect(() => flags({ keepgoing: 'true' })).toThrow('Did you mean --keep-going?');
    expect(() => flags({ row: 'ResNet-20' })).toThrow('Did you mean --rows?');
  });

  it('refuses short options, which npm keeps', () => {
    expect(() => flags({ j4: 'true' })).toThrow('npm keeps short options such as -j4');
    expect(() => flags({ fk: 'true' })).toThrow('such as -fk');
    expect(() => flags({ yes: '' })).toThrow('such as -n');
  });

  it('leaves alone what has nothing to do with us', () => {
    expect(flags({ nodedir: '/usr', loglevel: 'silent', user_agent: 'npm', cache: '/tmp/cache' })).toEqual(
      [],
    );
  });

  it('ignores what stands in a .npmrc, unless the command line says otherwise', () => {
    const userconfig = join(folder, '.npmrc');
    writeFileSync(userconfig, 'jobs=8\nforce = true\nyes=false\n');
    expect(flags({ jobs: '8', force: 'true', yes: '', userconfig })).toEqual([]);
    expect(flags({ jobs: '2', userconfig })).toEqual(['--jobs=2']);
  });
});
