import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inFolder } from '../execute/fixtures.ts';
import { hostFacts } from './provenance.ts';

const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];

it('states commit and uncommitted changes of the code, and its lockfile', () =>
  inFolder(async folder => {
    const git = (...args: string[]) =>
      execFileSync('git', [...who, ...args], { cwd: folder, encoding: 'utf8' });
    writeFileSync(join(folder, 'package-lock.json'), 'lock');
    const outside = await hostFacts(folder);
    expect(outside.git).toBeNull();
    expect(outside.lockfileSha256).toBe(createHash('sha256').update('lock').digest('hex'));
    expect(outside).toMatchObject({
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
    });

    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'one');
    const commit = git('rev-parse', 'HEAD').trim();
    const clean = { commit, dirty: false, diffSha256: null };
    expect((await hostFacts(folder)).git).toEqual(clean);

    mkdirSync(join(folder, 'results'));
    writeFileSync(join(folder, 'results', 'record.json'), '');
    expect((await hostFacts(folder)).git).toEqual(clean);

    writeFileSync(join(folder, 'package-lock.json'), 'changed');
    const diff = git('diff', 'HEAD', '--binary');
    const diffSha256 = createHash('sha256').update(diff).digest('hex');
    expect((await hostFacts(folder)).git).toEqual({ commit, dirty: true, diffSha256 });
  }));
