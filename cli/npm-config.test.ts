import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isNpmOption, typedBeforeDashes } from './npm-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'residuals-npmrc-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What was typed, where npm leaves `config` behind and was itself started with `start`. */
function typed(config: Record<string, string>, start: NodeJS.ProcessEnv | null = {}, agent = 'npm/11.0.0') {
  const env = Object.fromEntries(
    Object.entries(config).map(([name, value]) => [`npm_config_${name}`, value]),
  );
  return Object.fromEntries(typedBeforeDashes({ ...env, npm_config_user_agent: agent }, start));
}

function npmrc(text: string): string {
  const file = join(folder, 'npmrc');
  writeFileSync(file, text);
  return file;
}

describe('what was typed before --', () => {
  it('is what npm left in the environment of its script', () => {
    const { user_agent: _, ...found } = typed({ seeds: '3', keep_going: 'true' });
    expect(found).toEqual({ seeds: '3', keep_going: 'true' });
  });

  it('is not what the environment of npm said before', () => {
    for (const start of [{ npm_config_jobs: 'max' }, { NPM_CONFIG_JOBS: 'max' }, { npm_config_JOBS: 'max' }])
      expect(typed({ jobs: 'max' }, start)).not.toHaveProperty('jobs');
    expect(typed({ jobs: '2' }, { npm_config_jobs: 'max' })).toHaveProperty('jobs', '2');
    expect(typed({ force: '' }, { npm_config_force: 'false' })).not.toHaveProperty('force');
  });

  it('is not what a file says that the environment of npm names', () => {
    const env = { npm_config_user_agent: 'npm/11.0.0', npm_config_jobs: 'max' };
    const own = { NPM_CONFIG_USERCONFIG: npmrc('jobs=max') };
    expect(typedBeforeDashes({ ...env, ...own }, {}).has('jobs')).toBe(false);
    expect(typedBeforeDashes(env, {}).has('jobs')).toBe(true);
  });

  it.each([
    ['jobs=8', 'jobs', '8'],
    ['  jobs = 8 ; for node-gyp', 'jobs', '8'],
    ['jobs=8 # for node-gyp', 'jobs', '8'],
    ['jobs="8"', 'jobs', '8'],
    ['force', 'force', 'true'],
    ['yes=false', 'yes', ''],
    ['dry-run = true', 'dry_run', 'true'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as npm writes variables
    ['store=${HOME}/runs', 'store', `${process.env.HOME}/runs`],
  ])('is not what stands in a file of npm: %s', (line, name, value) => {
    const userconfig = npmrc(`; a remark\n${line}\n`);
    expect(typed({ [name]: value, userconfig })).not.toHaveProperty(name);
    expect(typed({ [name]: 'other', userconfig })).toHaveProperty(name, 'other');
  });

  it('is nothing where another package manager runs the script', () => {
    expect(typed({ seeds: '3' }, {}, 'pnpm/9.0.0 npm/? node/v20.0.0')).toEqual({});
    expect(typedBeforeDashes({ npm_config_seeds: '3' }, {})).toEqual(new Map());
  });
});

it('knows the options of npm, and says when it cannot be asked', () => {
  expect(isNpmOption('depth', {})).toBeNull();
  expect(isNpmOption('depth', { npm_execpath: join(folder, 'npm-cli.js') })).toBeNull();
});
