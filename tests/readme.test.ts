import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

describe('README.md', () => {
  it('shows what results/ holds', async () => {
    const { stderr, exitCode } = await execa('zx', [join(root, 'scripts/readme.mjs'), '--check'], {
      preferLocal: true,
      localDir: root,
      reject: false,
    });
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });
});
