// Preloaded into the processes of a trial (node --import): lets faults befall their calls of node:fs and
// node:fs/promises, and the methods of open files.
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { after, before, isCounted, isWatched, named, next } from './disturb.mjs';

const fs = createRequire(import.meta.url)('node:fs');
const raw = { ...fs, promises: { ...fs.promises } };

/** What each call does to a file, and what the system's call is named in an error. */
const calls = {
  open: ['open', 'open'],
  readFile: ['read file', 'open'],
  read: ['read', 'read'],
  readv: ['read', 'read'],
  write: ['write', 'write'],
  writev: ['write', 'write'],
  fsync: ['fsync', 'fsync'],
  ftruncate: ['truncate', 'ftruncate'],
  close: ['close', 'close'],
  fstat: ['stat', 'fstat'],
  rename: ['rename', 'rename'],
  unlink: ['unlink', 'unlink'],
  rm: ['unlink', 'rm'],
  mkdir: ['mkdir', 'mkdir'],
  readdir: ['list', 'scandir'],
  stat: ['stat', 'stat'],
  lstat: ['stat', 'lstat'],
  access: ['access', 'access'],
  utimes: ['utimes', 'utime'],
  copyFile: ['copy', 'copyfile'],
  readlink: ['stat', 'readlink'],
  realpath: ['stat', 'realpath'],
};

/** Methods of an open file, by the call that they stand for. */
const methods = {
  read: 'read',
  readFile: 'read',
  write: 'write',
  writeFile: 'write',
  sync: 'fsync',
  truncate: 'ftruncate',
  stat: 'fstat',
  close: 'close',
};

/** Paths of open files, by descriptor. */
const open = new Map();

/** Whether a synchronous call is going on: Node makes some of them out of others. */
let within = false;

if (isCounted) await install();

async function install() {
  // What Node loads at their first use must be made of its own functions.
  const nothing = { force: true, recursive: true };
  fs.rmSync('/nonexistent/residuals', nothing);
  await fs.promises.rm('/nonexistent/residuals', nothing);
  for (const name of Object.keys(calls)) {
    fs[`${name}Sync`] = like(fs[`${name}Sync`], synchronous(name, fs[`${name}Sync`]));
    fs[name] = like(fs[name], called(name, fs[name]));
    if (fs.promises[name]) fs.promises[name] = promised(name, fs.promises[name]);
  }
  wholeFiles();
  // Who asks whether something is there is told that it is not, whatever the error.
  fs.existsSync = file => {
    try {
      fs.accessSync(file);
      return true;
    } catch {
      return false;
    }
  };
  syncBuiltinESMExports();
}

function synchronous(name, original) {
  return function (...args) {
    const operation = within ? undefined : operationOf(name, args);
    const made = perform(operation, () => original.apply(this, args));
    note(name, operation, made, args);
    return made;
  };
}

function called(name, original) {
  return function (...args) {
    const done = args.at(-1);
    const operation = operationOf(name, args.slice(0, -1));
    if (!operation || typeof done !== 'function') return original.apply(this, args);
    const fault = next(operation);
    const refusal = fault && before(fault, operation);
    if (refusal && name !== 'close') return void process.nextTick(done, refusal);
    const answer = (error, ...made) => {
      if (fault) after(fault);
      if (!error) note(name, operation, made[0], args);
      done(refusal ?? error, ...made);
    };
    original.apply(this, [...args.slice(0, -1), answer]);
  };
}

function promised(name, original) {
  return async function (...args) {
    const operation = operationOf(name, args);
    const made = await performLater(operation, () => original.apply(this, args));
    if (name === 'open' && operation) wrapHandle(made, operation.path);
    return made;
  };
}

/** A function with what is attached to another. */
function like(original, made) {
  for (const key of Reflect.ownKeys(original).filter(name => !Object.hasOwn(made, name)))
    Object.defineProperty(made, key, Object.getOwnPropertyDescriptor(original, key));
  return made;
}

/** Files that are written by name are opened, written and closed, each of which may fail. */
function wholeFiles() {
  const sync = (original, preset) =>
    function (file, data, options) {
      if (typeof file === 'number') {
        const operation = within ? undefined : operationOf('write', [file, data]);
        return perform(operation, () => original.call(this, file, data, options));
      }
      if (within || !isWatched(file)) return original.call(this, file, data, options);
      const descriptor = fs.openSync(file, options?.flag ?? preset, options?.mode);
      try {
        fs.writeFileSync(descriptor, data, options);
      } finally {
        fs.closeSync(descriptor);
      }
    };
  fs.writeFileSync = sync(raw.writeFileSync, 'w');
  fs.appendFileSync = sync(raw.appendFileSync, 'a');
  const later = (original, preset) =>
    async function (file, data, options) {
      if (!isWatched(file)) return original.call(this, file, data, options);
      const handle = await fs.promises.open(file, options?.flag ?? preset, options?.mode);
      try {
        await handle.writeFile(data, options);
      } finally {
        await handle.close();
      }
    };
  fs.promises.writeFile = later(raw.promises.writeFile, 'w');
  fs.promises.appendFile = later(raw.promises.appendFile, 'a');
}

function wrapHandle(handle, path) {
  for (const [method, call] of Object.entries(methods)) {
    const original = handle[method];
    handle[method] = async (...args) => {
      const [is, syscall] = calls[call];
      const operation = { is, syscall, path, args: [handle.fd, ...args] };
      return performLater(operation, () => original.apply(handle, args));
    };
  }
}

/** What a call does to a watched file; undefined for any other call. */
function operationOf(call, args) {
  const [first, second] = args;
  const path = typeof first === 'number' ? open.get(first) : named(first);
  const to = ['rename', 'copyFile'].includes(call) ? named(second) : undefined;
  if (path === undefined || !(isWatched(path) || isWatched(to))) return undefined;
  const [is, syscall] = calls[call];
  return { is: call === 'open' && isToWrite(second) ? 'open to write' : is, syscall, path, to, args };
}

function isToWrite(flags) {
  if (typeof flags === 'number') return (flags & 3) !== 0;
  return typeof flags === 'string' && /[wa+]/.test(flags);
}

/** Keeps which file a descriptor is of. */
function note(name, operation, made, [first]) {
  if (name === 'close') open.delete(first);
  if (name === 'open' && operation) open.set(made, operation.path);
}

function perform(operation, run) {
  const fault = operation && next(operation);
  const refusal = fault && before(fault, operation);
  if (refusal && operation.is !== 'close') throw refusal;
  const made = alone(run);
  if (refusal) throw refusal;
  if (fault) after(fault);
  return made;
}

function alone(run) {
  const outer = within;
  within = true;
  try {
    return run();
  } finally {
    within = outer;
  }
}

async function performLater(operation, run) {
  const fault = operation && next(operation);
  const refusal = fault && before(fault, operation);
  if (refusal && operation.is !== 'close') throw refusal;
  const made = await run();
  if (refusal) throw refusal;
  if (fault) after(fault);
  return made;
}
