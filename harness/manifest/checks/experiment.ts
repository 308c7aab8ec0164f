import { unknownName } from '../../nearest.ts';
import { own } from '../../own.ts';
import { taskOf } from '../../tasks/registry.ts';
import { fileNames, isFileName } from '../../text.ts';
import type { Path, Problems } from '../files/problems.ts';
import { unknownNetwork } from '../resolve.ts';
import type { ExperimentFile } from '../schemas/experiment.ts';
import type { ProtocolFile } from '../schemas/protocol.ts';
import type { Source } from '../source.ts';

/** What paper.yaml refers to is there: the faithful profile, the networks of released weights. */
export function checkExperiment(
  head: Source<ExperimentFile>,
  protocols: ReadonlyMap<string, Source<ProtocolFile>>,
  problems: Problems,
): void {
  const { faithful, released } = head.data;
  const profiles = [...protocols.values()].flatMap(({ data }) => Object.keys(data.profiles));
  if (protocols.size > 0 && !profiles.includes(faithful))
    problems.add(head, ['faithful'], unknownName('profile', faithful, [...new Set(profiles)]));
  for (const [name, weights] of Object.entries(released)) {
    const path = ['released', name];
    const fail = (at: Path, message: string) => problems.add(head, [...path, ...at], message);
    if (!isFileName(name)) fail([], fileNames);
    const protocol = protocols.get(weights.protocol);
    if (!protocol) {
      fail(['protocol'], unknownName('protocol', weights.protocol, [...protocols.keys()]));
      continue;
    }
    const { task, networks } = protocol.data;
    if (!own(networks, weights.network)) fail(['network'], unknownNetwork(weights.network, networks));
    if (!own(protocol.data.profiles, faithful))
      fail(
        ['protocol'],
        `${protocol.file} has no profile "${faithful}", which the weights were trained under`,
      );
    const measures = Object.keys(taskOf(task).measures);
    for (const measure of Object.keys(weights.published).filter(name => !measures.includes(name)))
      fail(['published', measure], unknownName('measure', measure, measures, ` in the task ${task}`));
  }
}
