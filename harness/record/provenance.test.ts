import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { root } from '../checkout.ts';
import { inFolder } from '../execute/jobs.fixture.ts';
import { codeState, hostFacts, sameCode } from './provenance.ts';

const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
const gitIn = (cwd: string, ...args: string[]) =>
  execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8' }).trim();

afterEach(() => vi.unstubAllEnvs());

/** A checkout with one commit, which a test may change, in a folder that is removed. */
function inCheckout(use: (folder: string, commit: string) => Promise<void>): Promise<void> {
  return inFolder(async outside => {
    const folder = join(outside, 'checkout');
    mkdirSync(folder);
    writeFileSync(join(folder, 'package-lock.json'), 'lock');
    writeFileSync(join(folder, 'code.ts'), 'one\ntwo\nthree\n');
    writeFileSync(join(folder, '.gitignore'), 'node_modules\n');
    gitIn(folder, 'init', '-q');
    gitIn(folder, 'add', '.');
    gitIn(folder, 'commit', '-qm', 'one');
    await use(folder, gitIn(folder, 'rev-parse', 'HEAD'));
  });
}

/** Commit, changes and why there are none: all that git says. */
async function stateOf(folder: string) {
  const { commit, dirty, diffSha256, unknown } = await codeState('reference', folder);
  return { commit, dirty, diffSha256, ...(unknown !== undefined && { unknown }) };
}

it('states what machine this is', () => {
  expect(hostFacts()).toMatchObject({
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: expect.stringMatching(/./),
  });
});

describe('the state of the code', () => {
  it('is that of the checkout that runs', async () => {
    const { commit, sources, lockfileSha256 } = await codeState('reference');
    if (existsSync(join(root, '.git'))) expect(commit).toBe(gitIn(root, 'rev-parse', 'HEAD'));
    expect(sources).toMatch(/^[0-9a-f]{64}$/);
    const lockfile = readFileSync(join(root, 'package-lock.json'));
    expect(lockfileSha256).toBe(createHash('sha256').update(lockfile).digest('hex'));
  });

  it('states commit and uncommitted changes, and the lockfile', () =>
    inCheckout(async (folder, commit) => {
      const clean = { commit, dirty: false, diffSha256: null };
      expect(await stateOf(folder)).toEqual(clean);
      mkdirSync(join(folder, 'results'));
      writeFileSync(join(folder, 'results', 'record.json'), '');
      expect(await stateOf(folder)).toEqual(clean);
      const { lockfileSha256 } = await codeState('reference', folder);
      expect(lockfileSha256).toBe(createHash('sha256').update('lock').digest('hex'));

      writeFileSync(join(folder, 'package-lock.json'), 'changed');
      const changed = await stateOf(folder);
      expect(changed).toEqual({ commit, dirty: true, diffSha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
      expect(await stateOf(folder)).toEqual(changed);
      writeFileSync(join(folder, 'package-lock.json'), 'changed again');
      expect((await stateOf(folder)).diffSha256).not.toBe(changed.diffSha256);
      writeFileSync(join(folder, 'package-lock.json'), 'lock');
      expect(await stateOf(folder)).toEqual(clean);
    }));

  it('tells every kind of change from every other', () =>
    inCheckout(async folder => {
      const code = join(folder, 'code.ts');
      const changes = [
        () => writeFileSync(code, 'one\ntwo\nTHREE\n'),
        () => writeFileSync(code, Uint8Array.of(0, 1, 2, 255)),
        () => rmSync(code),
        () => chmodSync(code, 0o755),
        () => writeFileSync(join(folder, 'new.ts'), 'one'),
        () => writeFileSync(join(folder, 'new.ts'), 'two'), // an untracked file's content counts
        () => writeFileSync(join(folder, 'näw "x".ts'), 'one'),
        () => symlinkSync('nowhere', join(folder, 'new.ts')),
        () => gitIn(folder, 'mv', 'code.ts', 'moved.ts'),
      ];
      const digests: (string | null)[] = [];
      for (const change of changes) {
        change();
        const { dirty, diffSha256 } = await stateOf(folder);
        expect(dirty).toBe(true);
        digests.push(diffSha256);
        gitIn(folder, 'reset', '-q', '--hard');
        gitIn(folder, 'clean', '-fdq');
        expect((await stateOf(folder)).dirty).toBe(false);
      }
      expect(new Set(digests).size).toBe(changes.length);
    }));

  it('does not count what is ignored, node_modules as a link among it', () =>
    inCheckout(async folder => {
      symlinkSync('/tmp', join(folder, 'node_modules'));
      expect((await stateOf(folder)).dirty).toBe(false);
    }));

  it('of no checkout has no commit, and says so', () =>
    inFolder(async folder => {
      writeFileSync(join(folder, 'package-lock.json'), 'lock');
      const unknown = { commit: null, dirty: false, diffSha256: null, unknown: 'not a git checkout' };
      expect(await stateOf(folder)).toEqual(unknown);
    }));

  it('of a copy inside another repository does not have the commit of that one', () =>
    inCheckout(async (folder, commit) => {
      const copy = join(folder, 'third_party', 'residuals');
      mkdirSync(copy, { recursive: true });
      writeFileSync(join(copy, 'package-lock.json'), 'lock');
      writeFileSync(join(folder, '.gitignore'), 'third_party/\n');
      const state = await stateOf(copy);
      expect(state).toEqual({
        commit: null,
        dirty: false,
        diffSha256: null,
        unknown: 'not a git checkout of its own: it lies inside another repository',
      });
      expect(state.commit).not.toBe(commit);
    }));

  it('is found through a link', () =>
    inCheckout(async (folder, commit) => {
      symlinkSync(folder, `${folder}-link`);
      expect(await stateOf(`${folder}-link`)).toEqual({ commit, dirty: false, diffSha256: null });
    }));

  it('is not that of a repository which the environment names', () =>
    inCheckout(async (folder, commit) => {
      const other = `${folder}-other`;
      cpSync(folder, other, { recursive: true });
      writeFileSync(join(other, 'code.ts'), 'other');
      gitIn(other, 'commit', '-qam', 'other');
      vi.stubEnv('GIT_DIR', join(other, '.git'));
      vi.stubEnv('GIT_WORK_TREE', other);
      vi.stubEnv('GIT_INDEX_FILE', join(other, '.git', 'index'));
      vi.stubEnv('GIT_EXTERNAL_DIFF', 'false');
      vi.stubEnv('GIT_CEILING_DIRECTORIES', folder);
      vi.stubEnv('GIT_LITERAL_PATHSPECS', '1');
      expect(await stateOf(folder)).toEqual({ commit, dirty: false, diffSha256: null });
    }));

  it('does not depend on how its user likes differences to be shown', () =>
    inCheckout(async folder => {
      gitIn(folder, 'mv', 'code.ts', 'möved.ts');
      writeFileSync(join(folder, 'package-lock.json'), 'changed');
      writeFileSync(join(folder, 'new.ts'), 'untracked');
      const plain = await stateOf(folder);
      const home = `${folder}-home`;
      mkdirSync(home);
      writeFileSync(join(home, 'attributes'), '* diff=mine\n');
      const settings = [
        '[color]\nui = always\ndiff = always',
        '[core]\nquotePath = false\nabbrev = 4\npager = false\nfsmonitor = false\nattributesFile = ~/attributes',
        '[diff]\nexternal = false\nrenames = copies\nnoprefix = true\nmnemonicPrefix = true\nalgorithm = patience',
        'context = 0\ninterHunkContext = 5\nsuppressBlankEmpty = true\nrelative = true\norderFile = /dev/null',
        '[diff "mine"]\ntextconv = false\ncommand = false\nbinary = true',
        '[status]\nshowUntrackedFiles = no\nrelativePaths = false\n[advice]\nstatusHints = true',
      ];
      writeFileSync(join(home, '.gitconfig'), `${settings.join('\n')}\n`);
      vi.stubEnv('HOME', home);
      vi.stubEnv('XDG_CONFIG_HOME', home);
      vi.stubEnv('LC_ALL', 'de_DE.UTF-8');
      vi.stubEnv('LANGUAGE', 'de');
      expect(gitIn(folder, 'config', 'color.ui')).toBe('always');
      expect(await stateOf(folder)).toEqual(plain);
    }));

  it('says that git is not installed', () =>
    inCheckout(async folder => {
      vi.stubEnv('PATH', folder);
      expect(await stateOf(folder)).toMatchObject({ commit: null, unknown: 'git is not installed' });
    }));

  it('says what git cannot tell', () =>
    inFolder(async folder => {
      writeFileSync(join(folder, 'package-lock.json'), 'lock');
      gitIn(folder, 'init', '-q');
      expect((await stateOf(folder)).unknown).toMatch(/^git cannot tell: /); // there is no commit yet
      writeFileSync(join(folder, '.git', 'config'), 'no configuration');
      expect((await stateOf(folder)).unknown).toMatch(/^git cannot tell: bad config line 1/);
    }));

  it.skipIf(process.getuid?.() !== 0)('says that git refuses the checkout of another user', () =>
    inCheckout(async folder => {
      vi.stubEnv('HOME', folder);
      for (const path of [folder, join(folder, '.git')]) chownSync(path, 1234, 1234);
      expect((await stateOf(folder)).unknown).toMatch(/^git cannot tell: detected dubious ownership/);
    }),
  );

  it('is the same as another one when all of it is', async () => {
    const state = await codeState('reference');
    expect(sameCode(state, { ...state })).toBe(true);
    expect(sameCode(state, { ...state, sources: 'other' })).toBe(false);
    expect(sameCode(state, { ...state, dirty: !state.dirty })).toBe(false);
  });
});
