import { unknownName } from '../../nearest.ts';
import { own } from '../../own.ts';
import { taskOf } from '../../tasks/registry.ts';
import type { Path, Problems } from '../files/problems.ts';
import { unknownMeasure, unknownNetwork } from '../resolve.ts';
import type { PaperFile } from '../schemas/paper.ts';
import type { ProtocolFile } from '../schemas/protocol.ts';
import type { Source } from '../source.ts';
import type { Experiment } from '../types.ts';

/** What holds for a protocol whoever uses it: its claims, its default profile, its faithful one. */
export function checkProtocol(
  protocol: Source<ProtocolFile>,
  { faithful }: Experiment,
  paper: Source<PaperFile>,
  problems: Problems,
): void {
  const { claims, profiles } = protocol.data;
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
  const compared = new Map<string, string>();
  for (const [id, claim] of Object.entries(claims)) {
    checkClaim(id, protocol, paper, problems);
    const comparison = JSON.stringify([claim.measure, claim.better, claim.worse]);
    const twin = compared.get(comparison);
    if (twin !== undefined) fail(['claims', id], `makes the same comparison as ${twin}`);
    compared.set(comparison, id);
  }
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

function checkClaim(
  id: string,
  protocol: Source<ProtocolFile>,
  paper: Source<PaperFile>,
  problems: Problems,
): void {
  const { task, claims, networks, profiles } = protocol.data;
  const { claim, measure, better, worse, thresholds } = claims[id]!;
  const fail = (at: Path, message: string) => problems.add(protocol, ['claims', id, ...at], message);
  if (!own(paper.data.claims, claim))
    fail(['claim'], unknownName('claim', claim, Object.keys(paper.data.claims), ` in ${paper.file}`));
  if (!own(taskOf(task).measures, measure)) fail(['measure'], unknownMeasure(measure, taskOf(task)));
  for (const [side, name] of Object.entries({ better, worse }))
    if (!own(networks, name)) fail([side], unknownNetwork(name, networks));
  if (better === worse) fail(['worse'], `${worse} is compared with itself`);
  for (const profile of Object.keys(thresholds))
    if (!own(profiles, profile))
      fail(['thresholds', profile], unknownName('profile', profile, Object.keys(profiles)));
}
