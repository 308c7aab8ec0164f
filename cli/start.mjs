#!/usr/bin/env node
// Entry of every npm script, in plain JavaScript: checks Node, installs what is missing, then runs main.ts.
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { explainMissing, installMissing } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [verb, ...args] = process.argv.slice(2);
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(
    `Residuals needs Node 20.19 or newer; this is ${process.versions.node}.`,
    'https://nodejs.org/en/download',
  );
}
const looks =
  !['reproduce', 'data', 'setup', 'conformance', 'compare', 'bisect', 'regress', 'bench'].includes(verb) ||
  args.some(word => ['--dry-run', '-n', '--help', '-h'].includes(word));
const problem = await installMissing(root, { looks });
if (problem) fail(...problem, 4);

const { main } = await load().catch(error => {
  const missing = whatIsMissing();
  if (missing) fail(...missing, 4);
  const bug = `This is a bug in Residuals (Node ${process.versions.node}, ${process.platform} ${process.arch}).`;
  fail(`${bug}\n\n${error.stack}`, undefined, 4);
});
process.exitCode = await main(process.argv.slice(2));

async function load() {
  nodeModule.enableCompileCache?.();
  const { importBundled } = await import('../loader/bundle.mjs');
  // A backend in a file of the user's own imports our modules, and must get those that run: it is no part of a bundle.
  const ownBackend = args.some(word => /\.(ts|m?js)([,:]|$)/.test(word));
  return importBundled('cli/main.ts', { bundled: !ownBackend });
}

function whatIsMissing() {
  try {
    return explainMissing(root);
  } catch (error) {
    return [`The packages cannot be looked at: ${error.message}.`, `ls -ld '${root}' '${root}package.json'`];
  }
}

function fail(message, fix = null, exitCode = 2) {
  const said = process.stderr.isTTY ? inLines(message, Math.max(40, process.stderr.columns || 80)) : message;
  console.error(fix ? `${said}\n\n  fix: ${fix}` : said);
  if (args.includes('--json')) console.log(JSON.stringify({ error: { message, fix, exitCode } }, null, 2));
  process.exit(exitCode);
}

/** Breaks a text between words; what the command line itself uses for that may not be installed yet. */
function inLines(text, width) {
  return text.replace(new RegExp(`(.{1,${width}})(?: +|$)`, 'gm'), '$1\n').trimEnd();
}
