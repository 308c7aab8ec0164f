import { appendFileSync, closeSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { makeFolder, readIfThere, writeAtomic, writeError } from '../record/files.ts';
import { holderName, isLiveHolder, ownHolder } from '../record/lock.ts';
import type { Order, WorkerMessage } from './types.ts';

/** An order that was given, and where its worker speaks. Both files are named after the process that gave the order. */
export interface OrderFiles {
  order: string;
  messages: string;
}

/** Writes an order into the job's folder, beside those that other processes may have given for the same job. */
export function writeOrder(folder: string, order: Order): OrderFiles {
  makeFolder(folder);
  const name = holderName(ownHolder());
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

/** Appends a message for whoever gave the order. */
export function say(messages: string, message: WorkerMessage): void {
  try {
    appendFileSync(messages, `${JSON.stringify(message)}\n`);
  } catch (error) {
    throw writeError(error, messages);
  }
}

/** Reads what a worker has said since the last call; a line that is not whole yet is left for the next one. */
export class MessageReader {
  readonly #file: string;
  #offset = 0;
  #rest = '';

  constructor(file: string) {
    this.#file = file;
  }

  read(): WorkerMessage[] {
    const lines = `${this.#rest}${this.#more()}`.split('\n');
    this.#rest = lines.pop()!;
    return lines.filter(Boolean).map(line => JSON.parse(line) as WorkerMessage);
  }

  #more(): string {
    let descriptor: number;
    try {
      descriptor = openSync(this.#file, 'r');
    } catch {
      return ''; // removed with the rest of the folder
    }
    try {
      const chunks: Buffer[] = [];
      const buffer = Buffer.alloc(65536);
      for (let read = 1; read > 0; ) {
        read = readSync(descriptor, buffer, 0, buffer.length, this.#offset);
        chunks.push(Buffer.from(buffer.subarray(0, read)));
        this.#offset += read;
      }
      return Buffer.concat(chunks).toString('utf8');
    } finally {
      closeSync(descriptor);
    }
  }
}

/** Removes an order and what was said about it. */
export function removeOrder({ order, messages }: OrderFiles): void {
  for (const file of [order, messages]) rmSync(file, { force: true });
}

/** Removes the orders of processes that are gone; only for who holds the job's lock. */
export function sweepOrders(folder: string): void {
  for (const file of readdirSync(folder)) {
    const [, name] = /^(?:order|messages)\.(.+)\.jsonl?$/.exec(file) ?? [];
    if (name !== undefined && !isLiveHolder(name, join(folder, file)))
      rmSync(join(folder, file), { force: true });
  }
}
