import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backends } from '../backends/registry.ts';
import { root } from '../harness/checkout.ts';
import { runJob } from '../harness/execute/job.ts';
import { inFolder, orderFor } from '../harness/execute/jobs.fixture.ts';
import { loadTargets, targetNames } from '../harness/manifest/load.ts';
import { networksOf } from '../harness/manifest/types.ts';
import { jobKey } from '../harness/record/keys.ts';
import { openStore } from '../harness/record/store.ts';
import { type TrainIdentity, version } from '../harness/record/types.ts';
import { keyIn1 } from '../harness/record/version1.ts';
import { cifar10Digest } from '../ml/data/cifar10/files.ts';
import { ensureCifar10 } from '../ml/data/cifar10/sources.ts';

/**
 * The committed evidence still comes out of this code: trainings of results/ and of the code before the present form of
 * records are made again and must end in the same bytes, on the hardware that they were made on. By default all networks
 * under the profile smoke, and ResNet-20 under mini; RESIDUALS_EVIDENCE=all adds those that take minutes.
 */
const everything = process.env.RESIDUALS_EVIDENCE === 'all';

/** What a training must come to. */
interface End {
  testError: number;
  state: string;
  scores?: string;
}

/** By hardware, and by the key that a training had in version 1. */
const { ends } = JSON.parse(readFileSync(join(import.meta.dirname, 'evidence-digests.json'), 'utf8')) as {
  ends: Record<string, Record<string, End & { network: string; iterations: number }>>;
};

const onnxruntime = await backends.onnxruntime();
const probe = await onnxruntime.probe();
const data = await ensureCifar10().then(
  ({ folder }) => ({ folder }),
  (error: Error) => ({ why: error.message }),
);

interface Training {
  name: string;
  network: string;
  profile: string;
  identity: TrainIdentity;
}

/** Seed 1 of every network that a profile trains, by the key that it had in version 1. */
async function trainingsOf(profile: string): Promise<[string, Training][]> {
  const targets = await loadTargets(await targetNames({ profile }), profile);
  return targets.flatMap(networksOf).map(({ name: network, task, spec }) => {
    const identity: TrainIdentity = {
      version,
      kind: 'train',
      task,
      spec,
      seed: 1,
      inputs: { data: cifar10Digest },
      backend: onnxruntime.id,
      numerics: onnxruntime.numerics,
    };
    return [keyIn1(identity), { name: `${network} under ${profile}`, network, profile, identity }];
  });
}

const trainings = new Map([...(await trainingsOf('smoke')), ...(await trainingsOf('mini'))]);
const evidence = openStore(join(root, 'results'));

/** What a training has come to on this hardware, in results/ or under the code of version 1; null when that is not known. */
function endOf({ identity }: Training): End | null {
  if (!probe.available || probe.variant !== 'blocked') return null;
  const record = evidence.record(jobKey(identity));
  if (record?.provenance.session.hardware === probe.hardware) {
    const { measures, digests, artefacts } = record.result;
    const scores = artefacts['scores.bin'];
    return { testError: measures.testError!, state: digests.state!, ...(scores !== undefined && { scores }) };
  }
  return ends[probe.hardware]?.[keyIn1(identity)] ?? null;
}

const wanted = [...trainings.values()].filter(
  ({ profile, network }) =>
    profile === 'smoke' ||
    network === 'ResNet-20' ||
    (everything && ['plain-20', 'ResNet-18'].includes(network)),
);
const known = wanted.filter(training => endOf(training) !== null);
const why =
  'why' in data
    ? `CIFAR-10 is needed. ${data.why}`
    : known.length === 0
      ? `nothing is known of this hardware; known: avx512, ${Object.keys(ends).join(', ')}.`
      : null;
if (why !== null) console.warn(`skipped: the evidence is trained again. ${why}`);

describe('the evidence', () => {
  it('is of trainings that the manifests ask for', () => {
    for (const each of Object.values(ends)) {
      for (const [key, { network, iterations }] of Object.entries(each)) {
        const training = trainings.get(key);
        expect(training?.network, `${network}, ${key}`).toBe(network);
        expect(training!.identity.spec.schedule.iterations).toBe(iterations);
      }
    }
    expect(wanted.length).toBeGreaterThan(18);
  });

  it('in results/ has the runs of Table 6 and Figure 6 that are trained here again', () => {
    for (const network of ['ResNet-20', 'plain-20']) {
      const { identity } = [...trainings.values()].find(
        each => each.network === network && each.profile === 'mini',
      )!;
      expect(evidence.record(jobKey(identity))).toMatchObject({ network, identity });
    }
  });
});

describe.skipIf(why !== null)('comes out of this code to the byte:', { timeout: 600_000 }, () => {
  it.each(known)('$name', training =>
    inFolder(async store => {
      const order = orderFor(store, training.identity, {
        dataFolder: (data as { folder: string }).folder,
        variant: 'blocked',
        checkpointSeconds: 600,
      });
      const { signal } = new AbortController();
      const { measures, digests, artefacts, determinism } = (await runJob(order, {
        onMessage: () => {},
        signal,
      }))!.record.result;
      const scores = artefacts['scores.bin'];
      const { testError, state, scores: expected } = endOf(training)!;
      expect({ testError: measures.testError, state: digests.state, scores }).toEqual({
        testError,
        state,
        scores: expected,
      });
      expect(determinism.tier).toBe('D1');
    }),
  );
});
