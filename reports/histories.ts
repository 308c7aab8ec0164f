import { join } from 'node:path';
import { listIfThere } from '../harness/record/files.ts';
import { readNights } from '../harness/regress/night.ts';
import { type Alarm, alarmsOf, type Night } from '../harness/regress/nights.ts';

/** The nights of one class of machine under a profile. */
export interface History {
  profile: string;
  backend: string;
  /** As the file is named: `cpu-blocked-avx512`. */
  machine: string;
  nights: Night[];
  /** All that have been raised, in the order of nights. */
  alarms: Alarm[];
}

/** What the nightly files of a store say of an experiment; none where there are none. */
export function historiesOf(store: string, experiment: string): History[] {
  const top = join(store, 'nights', experiment);
  return listIfThere(top).flatMap(profile =>
    listIfThere(join(top, profile)).flatMap(backend =>
      listIfThere(join(top, profile, backend)).flatMap(name => {
        if (!name.endsWith('.jsonl')) return [];
        const nights = readNights(join(top, profile, backend, name));
        return nights.length > 0
          ? [{ profile, backend, machine: name.replace(/\.jsonl$/, ''), nights, alarms: alarmsOf(nights) }]
          : [];
      }),
    ),
  );
}
