import { didYouMean } from '../../nearest.ts';
import { own } from '../../own.ts';
import { taskOf } from '../../tasks/registry.ts';
import { fileNames, isFileName } from '../../text.ts';
import type { Path, Problems } from '../files/problems.ts';
import { unknownNetwork } from '../resolve.ts';
import type { ExperimentFile } from '../schemas/experiment.ts';
import type { PaperFile } from '../schemas/paper.ts';
import type { ProtocolFile } from '../schemas/protocol.ts';
import type { Source } from '../source.ts';

/** What paper.yaml refers to is there: the faithful profile, the units of its margins, the networks of released weights. */
export function checkExperiment(
  head: Source<ExperimentFile>,
  protocols: ReadonlyMap<string, Source<ProtocolFile>>,
  paper: Source<PaperFile>,
  problems: Problems,
): void {
  const { faithful, margins, released } = head.data;
  const profiles = [...protocols.values()].flatMap(({ data }) => Object.keys(data.profiles));
  if (protocols.size > 0 && !profiles.includes(faithful))
    problems.add(head, ['faithful'], `no protocol has a profile "${faithful}". ${near(faithful, profiles)}`);
  const units = unitsOf(paper.data);
  for (const unit of Object.keys(margins).filter(unit => !units.has(unit)))
    problems.add(
      head,
      ['margins', unit],
      `nothing in ${paper.file} has the unit "${unit}". ${near(unit, [...units])}`,
    );
  for (const [name, weights] of Object.entries(released)) {
    const path = ['released', name];
    const fail = (at: Path, message: string) => problems.add(head, [...path, ...at], message);
    if (!isFileName(name)) fail([], fileNames);
    const protocol = protocols.get(weights.protocol);
    if (!protocol) {
      fail(
        ['protocol'],
        `no protocol "${weights.protocol}". ${near(weights.protocol, [...protocols.keys()])}`,
      );
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
      fail(['published', measure], `no measure "${measure}" in the task ${task}. ${near(measure, measures)}`);
  }
}

function unitsOf({ tables }: PaperFile): Set<string> {
  const cells = Object.values(tables).flatMap(({ rows }) => Object.values(rows).flatMap(Object.values));
  return new Set(
    cells.flatMap(cell => (typeof cell === 'object' && cell !== null ? [cell.unit as string] : [])),
  );
}

function near(name: string, known: readonly string[]): string {
  const names = [...new Set(known)];
  return didYouMean(name, names) || `There is ${names.join(', ') || 'none'}.`;
}
