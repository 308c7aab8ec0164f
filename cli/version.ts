import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../harness/checkout.ts';
import { gitState } from '../harness/record/provenance.ts';

/** `residuals 0.1.0, commit 7f1852f0cb1e, Node 20.19.0`. */
export async function versionText(): Promise<string> {
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  const { commit, unknown, dirty } = await gitState();
  const changes = dirty ? ' with uncommitted changes' : '';
  const at = commit === null ? `commit unknown (${unknown})` : `commit ${commit.slice(0, 12)}${changes}`;
  return `${name} ${version}, ${at}, Node ${process.versions.node}`;
}
