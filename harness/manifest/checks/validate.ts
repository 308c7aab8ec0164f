import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fromCheckout } from '../../checkout.ts';
import { fileNames, isFileName } from '../../text.ts';
import type { ExperimentFiles } from '../experiment.ts';
import { Problems } from '../files/problems.ts';
import type { ProtocolFile } from '../schemas/protocol.ts';
import type { Source } from '../source.ts';
import { Targets } from '../targets.ts';
import { checkExperiment } from './experiment.ts';
import { checkCurves, checkPaper } from './paper.ts';
import { checkProtocol } from './protocol.ts';

/** What was found valid. */
export interface Validated {
  experiment: string;
  targets: string[];
  protocols: string[];
  profiles: string[];
}

/** Checks every file of an experiment, and every target under every profile. All that is wrong is one `UserError`. */
export async function validate(files: ExperimentFiles): Promise<Validated> {
  const problems = new Problems(files.check);
  const experiment = await files.experiment();
  const paper = await problems.gather(files.paper());
  const curves = files.hasCurves ? await problems.gather(files.curves()) : null;
  if (paper) checkPaper(paper, problems);
  if (paper && curves) checkCurves(curves, paper, problems);

  const targets = new Targets(files, experiment, problems);
  const protocols = new Map<string, Source<ProtocolFile>>();
  for (const name of files.protocols) {
    const protocol = await problems.gather(files.protocol(name));
    if (!protocol) continue;
    protocols.set(name, protocol);
    checkProtocol(protocol, experiment, problems);
    for (const profile of Object.keys(protocol.data.profiles)) targets.resolved(protocol, profile);
  }
  checkExperiment(await files.head(), protocols, problems);

  for (const name of files.targets) {
    const manifest = await problems.gather(files.manifest(name));
    const profiles = Object.keys(protocols.get(manifest?.data.protocol ?? '')?.data.profiles ?? {});
    // Without its protocol a target cannot be loaded, which is told once.
    for (const profile of profiles.length > 0 ? profiles : [undefined]) await targets.load(name, profile);
  }
  for (const folder of [files.folder, join(files.folder, 'protocols')])
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) checkNames(folder, problems);
  await problems.throwIfAny();
  const profiles = [...protocols.values()].flatMap(({ data }) => Object.keys(data.profiles));
  return {
    experiment: experiment.id,
    targets: files.targets,
    protocols: [...protocols.keys()],
    profiles: [...new Set(profiles)],
  };
}

/** Files that look like manifests but are passed over because of their names. */
function checkNames(folder: string, problems: Problems): void {
  for (const entry of readdirSync(folder)) {
    if (entry.startsWith('.') || !/\.ya?ml$/i.test(entry)) continue;
    const file = { file: fromCheckout(join(folder, entry)), locate: async () => ({ line: 1, column: 1 }) };
    if (!entry.endsWith('.yaml'))
      problems.add(file, [], 'the file is passed over, expected the ending .yaml');
    else if (!isFileName(entry.slice(0, -'.yaml'.length)))
      problems.add(file, [], `the file is passed over because of its name: ${fileNames}`);
  }
}
