import { spawnSync } from 'node:child_process';

/** The Chromium of this machine; undefined where there is none, and then it is said how to have one. */
export const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find(
  name => spawnSync(name, ['--version']).status === 0,
);
if (!chromium)
  console.warn(
    'skipped: the site in a browser. To enable it, on Debian: apt-get install --no-install-recommends chromium',
  );
