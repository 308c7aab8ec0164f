import { unknownName } from '../../nearest.ts';
import { own } from '../../own.ts';
import type { Path } from '../files/problems.ts';
import { unknownMeasure } from '../resolve.ts';
import type { Claim } from '../types.ts';
import { checkRecorded, checkTwice, type Parts } from './parts.ts';

/** The claims that a manifest names; the networks of each are shown by it and record what is compared. */
export function claimsOf(ids: readonly string[], shown: ReadonlySet<string>, parts: Parts): Claim[] {
  checkTwice(ids, 'the claim', i => ['claims', i], parts);
  return ids.flatMap((id, i) => claimOf(id, ['claims', i], shown, parts) ?? []);
}

function claimOf(id: string, path: Path, shown: ReadonlySet<string>, parts: Parts): Claim | null {
  const { manifest, protocol, paper, networks, task, problems } = parts;
  const { claims } = protocol.data;
  const file = own(claims, id);
  if (!file) {
    problems.add(manifest, path, unknownName('claim', id, Object.keys(claims), ` in ${protocol.file}`));
    return null;
  }
  const { claim, statement, measure, better, worse, thresholds } = file;
  const known = own(task.measures, measure);
  if (!known) problems.add(protocol, ['claims', id, 'measure'], unknownMeasure(measure, task));
  for (const name of [better, worse]) {
    const network = networks.get(name);
    if (!shown.has(name))
      problems.add(manifest, path, `claim "${id}" needs ${name}, which is not shown here`);
    else if (network && known) checkRecorded(measure, network.config, path, parts);
  }
  const where = own(paper.data.claims, claim)?.where ?? '';
  return { id, statement, where, measure, better, worse, thresholds };
}
