import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { root } from '../../harness/checkout.ts';
import { badInputs, folderAt, harmlessInputs } from './inputs.fixture.ts';

const fifo = (file: string) => execFileSync('mkfifo', [file]);
const smoke = '--profile smoke --store @/s';

// biome-ignore format: a table, one input a line
describe('a variable that names data', () => {
  badInputs([
    { what: 'RESIDUALS_CIFAR10 of nothing', env: { RESIDUALS_CIFAR10: '@/x' }, run: 'data', says: /^\S+\/x does not exist$/ },
    { what: 'RESIDUALS_CIFAR10 of nothing, for a plan', env: { RESIDUALS_CIFAR10: '@/x' }, run: `plan table6 ${smoke}`, says: /^\S+\/x does not exist\.$/ },
    { what: 'RESIDUALS_CIFAR10 of an empty folder', env: { RESIDUALS_CIFAR10: '@' }, run: 'data', says: /does not hold CIFAR-10: expected/ },
    { what: 'RESIDUALS_CIFAR10 of a pipe', env: { RESIDUALS_CIFAR10: '@/x' }, make: at => fifo(join(at, 'x')), run: 'data', says: /x is neither a folder nor an archive$/ },
    { what: 'RESIDUALS_CIFAR10 with an escape code', env: { RESIDUALS_CIFAR10: '@/\u001b[31m' }, run: 'data', says: /\/\\u001b\[31m does not exist$/ },
    { what: 'RESIDUALS_CIFAR10 of a home that nobody filled in', env: { RESIDUALS_CIFAR10: '~/cifar-10' }, run: 'data', says: /\/~\/cifar-10 does not exist$/ },
    { what: 'RESIDUALS_CIFAR10 for a comparison', env: { RESIDUALS_CIFAR10: '@/x' }, run: 'conformance reference', says: /^\S+\/x does not exist$/ },
    { what: 'RESIDUALS_IMAGENET of nothing', env: { RESIDUALS_IMAGENET: '@/x' }, run: 'plan table2 --profile paper --store @/s', says: /^\S+\/x\/train does not exist, nor does \S+\/x\. / },
    { what: 'RESIDUALS_IMAGENET of a file', env: { RESIDUALS_IMAGENET: '@/x' }, make: at => writeFileSync(join(at, 'x'), ''), run: 'status table2 --profile paper --store @/s', says: /^\S+\/x is a file, not a folder\. / },
    { what: 'RESIDUALS_IMAGENET of an address', env: { RESIDUALS_IMAGENET: 'https://image-net.org/' }, run: 'plan table2 --profile paper --store @/s', says: /train does not exist, nor does / },
  ], { exit: 4 });
});

// biome-ignore format: a table, one input a line
describe('a variable that names a cache', () => {
  const fix = /RESIDUALS_CACHE=\/path\/to\/a\/folder/;
  badInputs([
    { what: 'that is a file', env: { RESIDUALS_CACHE: '@/x' }, make: at => writeFileSync(join(at, 'x'), ''), says: /a part of its path is a file, not a folder$|something of that name is there$/ },
    { what: 'below a file', env: { RESIDUALS_CACHE: '@/x/y' }, make: at => writeFileSync(join(at, 'x'), ''), says: /a part of its path is a file, not a folder$|something of that name is there$/ },
    { what: 'that is a link to itself', env: { RESIDUALS_CACHE: '@/x' }, make: at => symlinkSync('x', join(at, 'x')), says: /its links lead in a circle$|something of that name is there$/ },
    { what: 'that is a link to nothing', env: { RESIDUALS_CACHE: '@/x' }, make: at => symlinkSync('/nowhere/at/all', join(at, 'x')), says: /is a link to \/nowhere\/at\/all|something of that name is there$/ },
    { what: 'that nobody may write', env: { RESIDUALS_CACHE: '@/x' }, make: at => mkdirSync(join(at, 'x'), { mode: 0o555 }), asNobody: true, says: /permission denied$/ },
    { what: 'below the processes of the system', env: { RESIDUALS_CACHE: '/proc/residuals' }, says: /\/proc\/residuals\S*: \S/ },
    { what: 'by a name that is too long', env: { RESIDUALS_CACHE: `@/${'x'.repeat(300)}` }, says: /its name is too long$/ },
  ], { run: 'data', exit: 4, fix });
});

// biome-ignore format: a table, one input a line
describe('a variable that names a Python', () => {
  badInputs([
    { what: 'that is not there', env: { RESIDUALS_PYTHON: '@/python', RESIDUALS_CACHE: '@/c' }, run: 'setup torch', exit: 4, says: /^There is no Python: \S+\/python was not found\.$/, fix: /install Python 3\.10/ },
    { what: 'that is a folder', env: { RESIDUALS_PYTHON: '@', RESIDUALS_CACHE: '@/c' }, run: 'setup torch', exit: 4, says: /^\S+ cannot make environments: |^There is no Python/ },
    { what: 'that is no program', env: { RESIDUALS_PYTHON: '@/python', RESIDUALS_CACHE: '@/c' }, make: at => writeFileSync(join(at, 'python'), 'text', { mode: 0o644 }), run: 'setup torch', exit: 4, says: /^\S+\/python cannot make environments: |^There is no Python/ },
    { what: 'that fails', env: { RESIDUALS_PYTHON: '@/python', RESIDUALS_CACHE: '@/c' }, make: at => writeFileSync(join(at, 'python'), '#!/bin/sh\necho broken >&2\nexit 1\n', { mode: 0o755 }), run: 'setup torch', exit: 4, says: /^\S+\/python cannot make environments: broken\.$/ },
    { what: 'that says nothing', env: { RESIDUALS_PYTHON: '@/python', RESIDUALS_CACHE: '@/c' }, make: at => writeFileSync(join(at, 'python'), '#!/bin/sh\nexit 1\n', { mode: 0o755 }), run: 'setup torch', exit: 4, says: /^\S+\/python cannot make environments: \S/ },
    { what: 'that is not there, to compare', env: { RESIDUALS_PYTHON: '@/python' }, run: 'conformance torch --quick', exit: 4, says: /^torch: \S/ },
    { what: 'that fails, to compare', env: { RESIDUALS_PYTHON: '@/python' }, make: at => writeFileSync(join(at, 'python'), '#!/bin/sh\necho broken >&2\nexit 1\n', { mode: 0o755 }), run: 'conformance torch --quick', exit: 4, says: /^torch: \S/ },
  ]);
});

const npm = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
const npmIsHere = existsSync(npm);
if (!npmIsHere) console.warn(`skipped: what npm takes for its own is tried with the npm in ${npm}.`);

// biome-ignore format: a table, one input a line
describe.skipIf(!npmIsHere)('what npm took for its own', () => {
  const taken = (config: Record<string, string>) => ({
    ...{ npm_lifecycle_event: 'plan', npm_execpath: npm, npm_config_user_agent: 'npm/11.0.0 node/v20' },
    ...Object.fromEntries(Object.entries(config).map(([name, value]) => [`npm_config_${name}`, value])),
  });
  badInputs([
    { what: 'an option that is none', env: taken({ epochs: '3' }), says: /^--epochs is not an option of plan\.$/, fix: /npm run plan -- --help$/ },
    { what: 'an option that is nearly one', env: taken({ sedes: '3' }), says: /^--sedes is not an option of plan\. Did you mean --seeds\?$/, fix: /npm run plan table6 -- --seeds 3( --json)?$/ },
    { what: 'the beginning of an option', env: taken({ prof: 'smoke' }), says: /^--prof is not an option of plan\. Did you mean --profile\?$/, fix: /-- --profile smoke( --json)?$/ },
    { what: 'an option of its own', env: taken({ depth: '20' }), says: /^--depth is not an option of plan, but one of npm\.$/ },
    { what: 'an option without its value', env: taken({ seeds: 'true' }), run: 'plan table6 3', says: /^--seeds needs a value, and npm cut it off\.$/, fix: /npm run plan table6 -- --seeds 3( --json)?$/ },
    { what: 'an option with an empty value', env: taken({ profile: '' }), says: /^--profile needs a value, and npm cut it off\.$/ },
    { what: 'a switch with a value', env: taken({ force: 'table6' }), run: 'plan', says: /^--force takes no value, but it came with "table6"\.$/, fix: /npm run plan table6 -- --force( --json)?$/ },
    { what: 'a wrong value', env: taken({ seeds: '0' }), says: /^--seeds is "0"; expected seeds from 1 on/ },
    { what: 'a value with an escape code', env: taken({ profile: '\u001b[31m' }), says: /no profile "\\u001b\[31m"/ },
    { what: 'short options', env: taken({ j4: 'true' }), says: /^npm keeps short options such as -j4 for itself\.$/, fix: /npm run plan table6 -- -j4( --json)?$/ },
  ], { run: 'plan table6' });
});

// biome-ignore format: a table, one input a line
describe('what does not matter', () => {
  const shows = /ResNet-20 .* not started/;
  const plan = `plan table6 --rows ResNet-20 ${smoke}`;
  harmlessInputs([
    { what: 'a cache that is a file', env: { RESIDUALS_CACHE: '@/x' }, make: at => writeFileSync(join(at, 'x'), '') },
    { what: 'a cache in a home that no shell has filled in', env: { RESIDUALS_CACHE: '~/cache' }, writes: /^home/ },
    { what: 'a bare -- that a package manager hands on', run: `plan table6 -- --rows ResNet-20 ${smoke}` },
    { what: 'a cache that nobody may write', env: { RESIDUALS_CACHE: '/proc/residuals' } },
    { what: 'a cache that is a link to itself', env: { RESIDUALS_CACHE: '@/x' }, make: at => symlinkSync('x', join(at, 'x')) },
    { what: 'a cache with damaged manifests', env: { RESIDUALS_CACHE: '@/x' }, make: at => folderAt(at, 'x', 'manifests') && writeFileSync(join(at, 'x', 'manifests', 'a.json'), '{'), writes: /^x\// },
    { what: 'a home that is not there', env: { HOME: '@/home', RESIDUALS_CACHE: undefined }, writes: /^home/ },
    { what: 'a home that is empty', env: { HOME: '', RESIDUALS_CACHE: undefined } },
    { what: 'a folder for temporary files that is not there', env: { TMPDIR: '/nowhere' } },
    { what: 'empty variables', env: { RESIDUALS_CIFAR10: '', RESIDUALS_IMAGENET: '', RESIDUALS_PRETRAINED: '', RESIDUALS_PYTHON: '' } },
    { what: 'NODE_ENV', env: { NODE_ENV: 'production' } },
    { what: 'a width that is no number', env: { COLUMNS: 'wide' } },
    { what: 'a width of nothing', env: { COLUMNS: '0' } },
    { what: 'a width without end', env: { COLUMNS: '99999999999999999999' } },
    { what: 'an unknown terminal', env: { TERM: 'nothing' } },
    { what: 'npm settings that nobody typed', env: { npm_config_jobs: 'max', npm_config_seeds: '5' } },
    { what: 'settings of git', env: { GIT_DIR: '/nowhere', GIT_WORK_TREE: '/nowhere' } },
  ], { run: plan, shows });
});

const isRoot = process.getuid?.() === 0 && existsSync('/usr/bin/setpriv');
if (!isRoot) console.warn('skipped: a user without a home is tried by root, with setpriv (Linux).');

describe.skipIf(!isRoot)('a user without a home', () => {
  const nobody = ['--reuid=61234', '--regid=61234', '--clear-groups', '--'];
  const run = (...args: string[]) =>
    execa('setpriv', [...nobody, process.execPath, 'cli/start.mjs', ...args], {
      ...{ cwd: root, env: { PATH: process.env.PATH }, extendEnv: false, reject: false },
    });

  it('has no folder to keep data in, and is told so', async () => {
    const { stdout, stderr, exitCode } = await run('data');
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 4 });
    expect(stderr).toMatch(
      /^there is no folder to keep data in: this user has no home folder, and RESIDUALS_CACHE is not set\n\n {2}fix: export RESIDUALS_CACHE=/,
    );
  });

  it('can plan all the same', async () => {
    const { stdout, exitCode } = await run('plan', 'table6', '--profile', 'smoke', '--store', '/nowhere');
    expect(stdout).toContain('ResNet-20');
    expect(exitCode).toBe(0);
  });
});
