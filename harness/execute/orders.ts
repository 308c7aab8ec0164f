import { appendFileSync, closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { EngineLost } from '../../backends/contract.ts';
import { holderName, isLiveHolder, ownHolder } from '../../ml/data/holder.ts';
import { isAbsent } from '../../ml/data/system.ts';
import { Explained, exitCodes, explained, UserError } from '../errors.ts';
import {
  listIfThere,
  makeFolder,
  readError,
  readIfThere,
  remove,
  writeAtomic,
  writeError,
} from '../record/files.ts';
import type { Order, WorkerMessage } from './types.ts';

/**
 * An order that was given, and where its worker speaks. Both files are numbered and named after the process that gave the
 * order: several may have been given for one job.
 */
export interface OrderFiles {
  order: string;
  messages: string;
}

/** Orders that this process has given. */
let given = 0;

/** Writes an order into the job's folder, beside others for the same job. */
export function writeOrder(folder: string, order: Order): OrderFiles {
  makeFolder(folder);
  const name = `${++given}.${holderName(ownHolder())}`;
  const files = {
    order: join(folder, `order.${name}.json`),
    messages: join(folder, `messages.${name}.jsonl`),
  };
  writeAtomic(files.messages, []);
  writeAtomic(files.order, [`${JSON.stringify(order, null, 1)}\n`]);
  return files;
}

/** Reads an order. Fails with a `UserError` when the file is not there. */
export function readOrder(file: string): Order {
  const text = readIfThere(file);
  if (!text) throw new UserError(`${file}: there is no such order.`);
  return JSON.parse(text.toString()) as Order;
}

/** The file that the worker of an order speaks in. */
export function messagesOf(orderFile: string): string {
  return orderFile.replace(/order\.([^/\\]*)\.json$/, 'messages.$1.jsonl');
}

/** Appends a message for whoever gave the order; where the file is gone, nobody listens any more, and it is not made anew. */
export function say(messages: string, message: WorkerMessage): void {
  try {
    const flag = constants.O_WRONLY | constants.O_APPEND;
    appendFileSync(messages, `${JSON.stringify(message)}\n`, { flag: flag as unknown as string });
  } catch (error) {
    if (!isAbsent(error, messages)) throw writeError(error, messages);
  }
}

/**
 * The message of a job that failed: errors that are explained in their words, those of the system with what they mean. Any
 * other is a fault of ours and keeps its stack. An engine that is gone is no failure of the job.
 */
export function failure(error: unknown): Extract<WorkerMessage, { type: 'failed' | 'lost' }> {
  if (error instanceof EngineLost) return { type: 'lost', message: error.message };
  const known = explained(error);
  if (known) {
    const { message, fix, exitCode } = known;
    return { type: 'failed', message, ...(fix !== undefined && { fix }), exitCode };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { type: 'failed', message: stack, exitCode: exitCodes.failed };
}

/** The failure that a worker has printed, for want of a file to write it into; none in any other line. */
export function failureIn(line: string): WorkerMessage[] {
  if (!line.startsWith('{"type":')) return [];
  return messageIn(line).filter(({ type }) => type === 'failed' || type === 'lost');
}

/**
 * Reads what a worker has said since the last call; a line that is not whole yet is left for the next one. A call that fails
 * has taken nothing.
 */
export class MessageReader {
  readonly #file: string;
  #offset = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    this.#file = file;
  }

  read(): WorkerMessage[] {
    const said = Buffer.concat([this.#rest, this.#more()]);
    const whole = said.lastIndexOf('\n') + 1;
    this.#rest = said.subarray(whole);
    const lines = said.toString('utf8', 0, whole).split('\n');
    return lines.flatMap(messageIn);
  }

  #more(): Buffer {
    try {
      const more = readFrom(this.#file, this.#offset);
      this.#offset += more.length;
      return more;
    } catch (error) {
      if (isAbsent(error, this.#file)) return Buffer.alloc(0); // removed with the rest of the folder
      throw readError(error, this.#file);
    }
  }
}

function readFrom(file: string, offset: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const chunks: Buffer[] = [];
    const buffer = Buffer.alloc(65536);
    let at = offset;
    for (let read = 1; read > 0; at += read) {
      read = readSync(descriptor, buffer, 0, buffer.length, at);
      chunks.push(Buffer.from(buffer.subarray(0, read)));
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(descriptor);
  }
}

/** The message in a line; none in one that a full disk has torn. */
function messageIn(line: string): WorkerMessage[] {
  try {
    return [JSON.parse(line) as WorkerMessage];
  } catch {
    return [];
  }
}

/** Removes an order and what was said about it. What cannot be removed does no harm, and goes once its giver is gone. */
export function removeOrder({ order, messages }: OrderFiles): void {
  for (const file of [order, messages]) {
    try {
      remove(file);
    } catch (error) {
      if (!(error instanceof Explained)) throw error;
    }
  }
}

/** Removes the orders of processes that are gone; only for who holds the job's lock. */
export function sweepOrders(folder: string): void {
  for (const file of listIfThere(folder)) {
    const [, name] = /^(?:order|messages)\.\d+\.(.+)\.jsonl?$/.exec(file) ?? [];
    if (name !== undefined && !isLiveHolder(name, join(folder, file))) remove(join(folder, file));
  }
}
