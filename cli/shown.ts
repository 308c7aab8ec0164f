import { UserError } from '../harness/errors.ts';
import { networksOfClaim } from '../harness/manifest/claims.ts';
import { loadTargets, targetNames } from '../harness/manifest/load.ts';
import { type NetworkConfig, networksOf, networksOfRow, type Target } from '../harness/manifest/types.ts';
import { digestOf } from '../harness/record/keys.ts';
import type { JobIdentity, JobRecord } from '../harness/record/types.ts';
import { taskOf } from '../harness/tasks/registry.ts';
import { withoutDefaults } from '../harness/tasks/schema.ts';

/** A table or figure that shows a run. */
export interface Showing {
  target: string;
  /** Its rows or curves. */
  places: string[];
  /** Statements of the claims that rest on the run. */
  claims: string[];
}

/** What shows each of these runs, by key: tables and figures of the experiment and profile that asked for it. */
export async function showingsOf(records: readonly JobRecord[]): Promise<Map<string, Showing[]>> {
  const loaded = new Map<string, Target[]>();
  const showings = new Map<string, Showing[]>();
  for (const record of records) {
    const { asked } = record;
    const id = JSON.stringify(asked);
    const targets = loaded.get(id) ?? (asked === null ? [] : await targetsOf(asked));
    loaded.set(id, targets);
    showings.set(
      record.key,
      targets.flatMap(target => showingOf(record, target)),
    );
  }
  return showings;
}

/** The targets of an experiment under a profile; none when it is not here, or no longer has the profile. */
async function targetsOf({ experiment, profile }: NonNullable<JobRecord['asked']>): Promise<Target[]> {
  try {
    return await loadTargets(await targetNames({ experiment, profile }), profile, { experiment });
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

function showingOf({ network, identity }: JobRecord, target: Target): Showing[] {
  const networks = networksOf(target).filter(each => isOf(identity, network, each));
  if (target.kind === 'architecture' || networks.length === 0) return [];
  const names = new Set(networks.map(({ name }) => name));
  const { claims: all, profile } = target.argument;
  const claims = all.filter(
    claim =>
      target.claims.includes(claim.id) && networksOfClaim(claim, profile).some(name => names.has(name)),
  );
  const places =
    target.kind === 'table'
      ? target.rows.filter(row => networksOfRow(row).some(name => names.has(name)))
      : target.panels.flatMap(({ curves }) => curves.filter(curve => names.has(curve.network)));
  return [
    {
      target: target.name,
      places: [...new Set(places.map(({ label }) => label))],
      claims: claims.map(({ statement }) => statement),
    },
  ];
}

/** Whether a run is one of a network: a training has its spec, an evaluation takes the place of one. */
function isOf(identity: JobIdentity, network: string, { name, task, spec }: NetworkConfig): boolean {
  if (identity.kind === 'evaluate') return name === network;
  return task === identity.task && specDigest(task, spec) === specDigest(task, identity.spec);
}

const digests = new WeakMap<object, string>();

function specDigest(task: JobIdentity['task'], spec: object): string {
  const known = digests.get(spec) ?? digestOf(withoutDefaults(taskOf(task).schemas.train, spec));
  digests.set(spec, known);
  return known;
}
