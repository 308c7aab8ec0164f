import { describe, expect, test } from 'vitest';
import type { JobRecord } from '../record/types.ts';
import { type EvidenceJob, type EvidenceStore, evidenceOf } from './evidence.ts';
import { codeState, jobsFor, provenance } from './records.fixture.ts';
import { smallTable } from './targets.fixture.ts';
import type { TableView } from './types.ts';

const options = { command: 'npm run reproduce table6' };
const finished = jobsFor('mini', {
  'ResNet-20': [
    [38, 35],
    [39, 36],
    [40, 37],
  ],
  'ResNet-56': [[36, 33]],
});
const jobs = finished.map(({ network, record }): EvidenceJob => {
  return { key: record.key, network, kind: 'train', seed: record.identity.seed };
});

/** A store of the finished jobs, with what a test replaces. */
function storeOf(replaced: Record<string, ReturnType<EvidenceStore['read']>> = {}): EvidenceStore {
  return {
    read: key => {
      if (Object.hasOwn(replaced, key)) return replaced[key]!;
      const found = finished.find(({ record }) => record.key === key);
      return found ? { record: found.record } : null;
    },
    artefact: () => null,
  };
}

async function view(store: EvidenceStore, order: readonly EvidenceJob[] = jobs): Promise<TableView> {
  return (await evidenceOf(smallTable('mini'), order, store, options)) as TableView;
}

function computedBy(job: number, change: Parameters<typeof codeState>[0]): JobRecord {
  return { ...finished[job]!.record, provenance: provenance([codeState(change)]) };
}

describe('evidenceOf', () => {
  test('shows what the store has of the jobs, whatever their order', async () => {
    const shown = await view(storeOf());
    expect(shown.rows[1]!.cells[2]!.ours!.values).toEqual([38, 39, 40]);
    expect(shown.rows[2]!.cells[2]!.ours!.values).toEqual([36]);
    expect(shown.unusable).toEqual([]);
    expect(await view(storeOf(), jobs.toReversed())).toEqual(shown);
    expect(await view(storeOf(), [...jobs, ...jobs])).toEqual(shown);
  });

  test('jobs go by the target’s name of the network, not by their record’s', async () => {
    const record = { ...finished[3]!.record, network: 'as another paper calls it' };
    const shown = await view(storeOf({ [jobs[3]!.key]: { record } }));
    expect(shown.rows[2]!.cells[2]!.ours!.values).toEqual([36]);
  });

  test('a record that cannot be used is named and left out', async () => {
    const { key } = jobs[1]!;
    const shown = await view(storeOf({ [key]: { problem: 'no identity', fix: 'rm record.json' } }));
    expect(shown.unusable).toEqual([
      { key, network: 'ResNet-20', problem: 'no identity', fix: 'rm record.json' },
    ]);
    expect(shown.rows[1]!.cells[2]!.ours!.values).toEqual([38, 40]);
  });

  test('a job without a record is not finished', async () => {
    const shown = await view(storeOf({ [jobs[3]!.key]: null }));
    expect(shown.rows[2]!.cells[2]!.absence).toEqual({ kind: 'not finished' });
    expect(shown.unusable).toEqual([]);
  });
});

describe('machines', () => {
  test('each distinct machine and engine once, with its number of jobs', async () => {
    const { provenance } = finished[3]!.record;
    const record = { ...finished[3]!.record, provenance: { ...provenance, cpu: 'Another CPU' } };
    const { machines } = await view(storeOf({ [jobs[3]!.key]: { record } }));
    const common = {
      cores: 2,
      memoryGiB: 8,
      platform: 'linux x64',
      node: '20.19.0',
      engine: 'onnxruntime-node 1.30.0',
      device: 'cpu',
      variant: 'blocked',
      hardware: 'avx512',
      kind: 'train',
    };
    expect(machines).toEqual([
      { cpu: 'Another CPU', ...common, jobs: 1 },
      { cpu: 'Example CPU', ...common, jobs: 3 },
    ]);
  });

  test('how many threads an interrupted run went on with changes nothing', async () => {
    const { record } = finished[0]!;
    const session = { ...record.provenance.session, threads: 2 };
    const resumed = { ...record, provenance: { ...record.provenance, session, resumed: 1, seconds: 999 } };
    expect(await view(storeOf({ [record.key]: { record: resumed } }))).toEqual(await view(storeOf()));
  });
});

describe('code', () => {
  test('one state of clean code is named with its commit', async () => {
    const { code, rows } = await view(storeOf());
    expect(code).toEqual([
      {
        commit: 'c0ffee'.padEnd(40, '0'),
        unknown: null,
        dirty: false,
        diffSha256: null,
        sources: '5'.repeat(64),
        jobs: 4,
      },
    ]);
    expect(rows[1]!.cells[2]!.ours!.code).toEqual({ states: 1, uncommitted: 0 });
  });

  test('a mean over records of several sources says so', async () => {
    const record = computedBy(1, { sources: '6'.repeat(64), commit: 'dead'.padEnd(40, '0') });
    const { code, rows } = await view(storeOf({ [record.key]: { record } }));
    expect(code.map(({ commit, jobs }) => [commit!.slice(0, 4), jobs])).toEqual([
      ['c0ff', 3],
      ['dead', 1],
    ]);
    expect(rows[1]!.cells[2]!.ours!.code).toEqual({ states: 2, uncommitted: 0 });
    expect(rows[2]!.cells[2]!.ours!.code).toEqual({ states: 1, uncommitted: 0 });
  });

  test('the same sources under another commit are one state', async () => {
    const record = computedBy(1, { commit: 'dead'.padEnd(40, '0') });
    const { code, rows } = await view(storeOf({ [record.key]: { record } }));
    expect(code).toHaveLength(2);
    expect(rows[1]!.cells[2]!.ours!.code.states).toBe(1);
  });

  test('uncommitted code is counted, and so is a run that went on under other code', async () => {
    const dirty = computedBy(0, { dirty: true, diffSha256: 'd'.repeat(64), sources: '7'.repeat(64) });
    const both = [codeState(), codeState({ sources: '6'.repeat(64) })];
    const resumed = { ...finished[3]!.record, provenance: provenance(both) };
    const { rows, code } = await view(
      storeOf({ [dirty.key]: { record: dirty }, [resumed.key]: { record: resumed } }),
    );
    expect(rows[1]!.cells[2]!.ours!.code).toEqual({ states: 2, uncommitted: 1 });
    expect(rows[2]!.cells[2]!.ours!.code).toEqual({ states: 2, uncommitted: 0 });
    expect(code.map(({ dirty, jobs }) => [dirty, jobs])).toEqual([
      [false, 3],
      [false, 1],
      [true, 1],
    ]);
  });

  test('older records without a digest of sources go by commit and changes', async () => {
    const older = { sources: null, commit: null, unknown: 'not under git' };
    const record = computedBy(3, older);
    const { code } = await view(storeOf({ [record.key]: { record } }));
    expect(code.find(({ commit }) => commit === null)).toMatchObject({ unknown: 'not under git', jobs: 1 });
  });
});
