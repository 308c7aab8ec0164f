import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { holderName, ownHolder } from '../../ml/data/holder.ts';
import { findKit, isComplete, kitFolder, markOf } from './packages.ts';
import { setupTfjs } from './setup.ts';

/** Fetching takes hundreds of megabytes; what comes before and what goes wrong does not. */
describe.skipIf(process.platform === 'win32')('npm run setup -- tfjs', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'residuals-setup-'));
    vi.stubEnv('RESIDUALS_CACHE', join(folder, 'cache'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A program that does what a shell script says. */
  function program(name: string, script: string): string {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return file;
  }

  function complete(kit: 'tfjs' | 'tfjs-node'): string {
    const made = kitFolder(kit);
    mkdirSync(made, { recursive: true });
    writeFileSync(join(made, 'tfjs.cjs'), 'module');
    writeFileSync(markOf(made), JSON.stringify({ bytes: { 'tfjs.cjs': 6 } }));
    return made;
  }

  it('keeps what is there, and nothing that is not whole', async () => {
    expect(findKit(['tfjs-node', 'tfjs'])).toBeUndefined();
    const made = complete('tfjs');
    expect(findKit(['tfjs-node', 'tfjs'])).toEqual({ name: 'tfjs', folder: made });
    expect(await setupTfjs(() => {})).toBe(`tfjs is set up in ${made} already`);
    expect(findKit(['tfjs-node', 'tfjs'])?.name).toBe('tfjs');
    complete('tfjs-node');
    expect(findKit(['tfjs-node', 'tfjs'])?.name).toBe('tfjs-node');
    writeFileSync(join(made, 'tfjs.cjs'), 'mod');
    expect(isComplete(made)).toBe(false);
    rmSync(join(made, 'tfjs.cjs'));
    expect(isComplete(made)).toBe(false);
  });

  it('takes no device: the name says it', async () => {
    await expect(setupTfjs(() => {}, 'cuda')).rejects.toMatchObject({
      message: 'tfjs is set up for all devices that it has; there is no choice of one.',
      fix: 'npm run setup -- tfjs-node-gpu',
    });
  });

  it.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'names everything that is missing for tfjs-node before it begins',
    async () => {
      vi.stubEnv('CXX', join(folder, 'none'));
      vi.stubEnv('RESIDUALS_PYTHON', program('python', 'echo "No module named pip" >&2; exit 1'));
      await expect(setupTfjs(() => {}, undefined, 'tfjs-node')).rejects.toMatchObject({
        name: 'BackendError',
        message: `tfjs-node cannot be made here: there is no C++ compiler (${join(folder, 'none')}) and no pip (${join(folder, 'python')} -m pip).`,
        fix: 'apt-get install g++ python3-pip   # Debian and Ubuntu; then run this command again',
      });
      expect(existsSync(join(folder, 'cache'))).toBe(false);
    },
  );

  it('says what npm says, and leaves nothing that looks complete', async () => {
    program('npm', 'echo "npm error code ENOTFOUND" >&2; exit 1');
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
    await expect(setupTfjs(() => {})).rejects.toMatchObject({
      message: 'npm ci --ignore-scripts --no-audit failed: npm error code ENOTFOUND',
      fix: 'run this command again: it continues where this one ended',
    });
    expect(findKit(['tfjs'])).toBeUndefined();
  });

  it('is done by one process at a time; what a dead one has left is taken over', async () => {
    program('npm', 'exit 1');
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
    const partial = `${kitFolder('tfjs')}.partial`;
    mkdirSync(partial, { recursive: true });
    const dead = join(partial, `held-${holderName({ ...ownHolder(), started: '1' })}`);
    writeFileSync(dead, '');
    await expect(setupTfjs(() => {})).rejects.toThrow('npm ci');
    expect(existsSync(dead)).toBe(process.platform !== 'linux');
    const live = { ...ownHolder(), where: '00000000' }; // on another machine, and lately
    writeFileSync(join(partial, `held-${holderName(live)}`), '');
    await expect(setupTfjs(() => {})).rejects.toThrow('tfjs is being set up by another process');
  });
});
