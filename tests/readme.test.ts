import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const script = join(import.meta.dirname, '../scripts/readme.mjs');

describe('README.md and docs/', () => {
  it('show what results/ holds', async () => {
    const { stderr, exitCode } = await execa(process.execPath, [script, '--check'], { reject: false });
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });
});
