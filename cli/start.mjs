#!/usr/bin/env node
// Entry of every npm script, in plain JavaScript: checks Node, installs what is missing, then runs main.ts.
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { installMissing } from './install.mjs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(
    `Residuals needs Node 20.19 or newer; this is ${process.versions.node}.`,
    'https://nodejs.org/en/download',
  );
}
const looks =
  !['reproduce', 'data', 'bench'].includes(process.argv[2]) ||
  /^(--dry-run|-n|--help|-h)$/m.test(process.argv.slice(3).join('\n'));
const problem = installMissing(fileURLToPath(new URL('..', import.meta.url)), { looks });
if (problem) fail(...problem);

nodeModule.enableCompileCache?.();
const { importBundled } = await import('../loader/bundle.mjs');
// A backend in a file of the user's own imports our modules, and must get those that run: it is no part of a bundle.
const ownBackend =
  process.argv[2] === 'conformance' && process.argv.slice(3).some(word => /\.(ts|m?js)$/.test(word));
const { main } = await importBundled('cli/main.ts', { bundled: !ownBackend });
process.exitCode = await main(process.argv.slice(2));

function fail(message, fix) {
  console.error(`${message}\n\n  fix: ${fix}`);
  process.exit(2);
}
