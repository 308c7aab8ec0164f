import { own } from '../../own.ts';
import { taskOf } from '../../tasks/registry.ts';
import type { Path, Problems } from '../files/problems.ts';
import { unknownMeasure } from '../resolve.ts';
import type { ProtocolFile } from '../schemas/protocol.ts';
import type { Source } from '../source.ts';
import type { Experiment } from '../types.ts';

/** What holds for a protocol whoever uses it: its default profile, its faithful one, its tolerances. */
export function checkProtocol(
  protocol: Source<ProtocolFile>,
  { faithful }: Experiment,
  problems: Problems,
): void {
  const { profiles } = protocol.data;
  const fail = (path: Path, message: string) => problems.add(protocol, path, message);
  const defaults = Object.values(profiles).filter(profile => profile.default).length;
  if (defaults !== 1) fail(['profiles'], `expected one profile with \`default: true\`, received ${defaults}`);
  own(profiles, faithful)?.deviations.forEach(({ set }, i) => {
    if (Object.keys(set).length === 0) return;
    fail(
      ['profiles', faithful, 'deviations', i, 'set'],
      `the profile ${faithful} follows the paper to the letter (paper.yaml), expected {}`,
    );
  });
  if (own(profiles, faithful)?.tokens)
    fail(
      ['profiles', faithful, 'tokens'],
      `the profile ${faithful} follows the paper to the letter (paper.yaml): none of its runs is a token`,
    );
  checkTolerances(protocol, problems);
}

function checkTolerances(protocol: Source<ProtocolFile>, problems: Problems): void {
  const task = taskOf(protocol.data.task);
  for (const [measure, { margin, resolution }] of Object.entries(protocol.data.tolerances)) {
    const path = ['tolerances', measure];
    if (!own(task.measures, measure)) problems.add(protocol, path, unknownMeasure(measure, task));
    if (resolution.value <= margin.value)
      problems.add(
        protocol,
        [...path, 'resolution', 'value'],
        `expected more than the margin, ${margin.value}: between the two neither word is wrong`,
      );
  }
}
