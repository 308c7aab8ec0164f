// What becomes of the operations of a process on files below some folders: each is counted, and one of them, or all from
// one on, is disturbed as RESIDUALS_FAULT says (`Injection` of faults.ts).
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { basename, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getSystemErrorMap } from 'node:util';
import { isMainThread } from 'node:worker_threads';

const injection = JSON.parse(process.env.RESIDUALS_FAULT ?? 'null');
const script = basename(process.argv[1] ?? '');

/** node:fs as it was before anything was wrapped. */
const fs = { ...createRequire(import.meta.url)('node:fs') };

/** Whether operations of this process are counted. */
export const isCounted = injection !== null && isMainThread && injection.processes.includes(script);

// Its children know by that which process was started as the command, dead or not.
if (isCounted && injection.command === script) {
  injection.commandId = process.pid;
  process.env.RESIDUALS_FAULT = JSON.stringify(injection);
}

let count = 0;

/** Counts an operation; the fault if it is one to be disturbed, else null. */
export function next(operation) {
  const { fault, trace } = injection;
  count++;
  if (trace) fs.appendFileSync(trace, `${line(operation)}\n`);
  if (!fault || script !== fault.script || count < fault.at) return null;
  if (!fault.operations.includes(operation.is)) return null;
  return fires(fault, operation) ? fault : null;
}

/** What precedes the operation: death, half of a write, or the error that it fails with. */
export function before(fault, operation) {
  const { does, when, lasts } = fault;
  const isHalf = when === 'within' || (does === 'ENOSPC' && !lasts);
  if (isHalf && operation.is === 'write') writeHalf(operation.args);
  if (does !== 'kill') return refusal(does, operation);
  if (when !== 'after') die(fault);
  return null;
}

/** What follows it: death. */
export function after(fault) {
  if (fault.when === 'after') die(fault);
}

/** Whether a path lies in the folders of the trial; scripts are loaded by Node itself and are none of its files. */
export function isWatched(path) {
  const name = named(path);
  if (name === undefined || name.endsWith('.mjs')) return false;
  return injection.folders.some(folder => `${name}${sep}`.startsWith(`${folder}${sep}`));
}

/** A path as text; undefined for what is none. */
export function named(path) {
  if (path instanceof URL) return path.protocol === 'file:' ? fileURLToPath(path) : undefined;
  return typeof path === 'string' ? resolve(path) : undefined;
}

/** A fault that does not last befalls one operation of one process. */
function fires({ lasts }, operation) {
  try {
    fs.writeFileSync(injection.fired, `${line(operation)}\n`, { flag: lasts ? 'a' : 'wx' });
    return true;
  } catch {
    return false;
  }
}

function line({ is, path }) {
  const within = injection.folders.reduce((name, folder) => name.replace(folder, ''), path);
  return JSON.stringify({ script, at: count, is, path: within });
}

function writeHalf([descriptor, data, offset, length]) {
  const [first] = Array.isArray(data) ? data : [data];
  const bytes = typeof first === 'string' ? Buffer.from(first) : first;
  const [from, all] = typeof length === 'number' ? [offset, length] : [0, bytes.byteLength];
  fs.writeSync(descriptor, bytes, from, Math.floor(all / 2));
}

/** Ends a process, or the whole group of the command, as the system does: at once and without a word. */
function die({ victim }) {
  const { commandId } = injection;
  const id = { self: process.pid, command: commandId, group: -commandId }[victim];
  if (!(Math.abs(id) > 1)) throw new Error(`no process to kill: ${victim}`);
  process.kill(id, 'SIGKILL');
  if (victim === 'command' && commandId !== process.pid) return;
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}

function refusal(code, { syscall, path, to, args }) {
  const errno = -constants.errno[code];
  const [, text] = getSystemErrorMap().get(errno) ?? [code, code];
  const byName = typeof args[0] !== 'number';
  const where = byName ? ` '${path}'${to === undefined ? '' : ` -> '${to}'`}` : '';
  const error = new Error(`${code}: ${text}, ${syscall}${where}`);
  return Object.assign(error, { errno, code, syscall, ...(byName && { path }), ...(to && { dest: to }) });
}
