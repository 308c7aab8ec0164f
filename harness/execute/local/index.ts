import { EventEmitter, on } from 'node:events';
import { explained } from '../../errors.ts';
import { openStore } from '../../record/store.ts';
import type { Executor, ExecutorEvent } from '../executor.ts';
import { failure, failureIn, MessageReader, type OrderFiles, removeOrder, writeOrder } from '../orders.ts';
import type { Order } from '../types.ts';
import { startWorker, type WorkerProcess } from './process.ts';

/** Milliseconds between two looks at what a worker has said, where nothing wakes us. */
const interval = 250;

/** Processes of this machine. */
export class LocalExecutor implements Executor {
  readonly #emitter = new EventEmitter();
  readonly #events = on(this.#emitter, 'event', { close: ['close'] });
  readonly #running = new Map<string, WorkerProcess>();
  readonly #stopping = new Set<string>();

  start(order: Order): void {
    void this.#run(order).catch((error: unknown) => {
      const { key } = order;
      this.#emitter.emit('event', { key, message: failure(error) });
      this.#emitter.emit('event', { key, exit: { exitCode: null, killedBy: null, lastLines: [] } });
    });
  }

  stop(key: string): void {
    this.#stopping.add(key); // for a worker that is only being started
    this.#running.get(key)?.stop();
  }

  async *events(): AsyncIterable<ExecutorEvent> {
    for await (const [event] of this.#events) yield event as ExecutorEvent;
  }

  close(): void {
    this.#emitter.emit('close');
  }

  async #run(order: Order): Promise<void> {
    const { key } = order;
    this.#stopping.delete(key);
    const files: OrderFiles = writeOrder(openStore(order.store).jobFolder(key), order);
    const reader = new MessageReader(files.messages);
    const tell = () => {
      for (const message of reader.read()) this.#emitter.emit('event', { key, message });
    };
    const look = () => {
      try {
        tell();
      } catch (error) {
        if (explained(error) === null) throw error; // what cannot be read now may be the next time
      }
    };
    const worker = await startWorker(files.order, look);
    this.#running.set(key, worker);
    if (this.#stopping.has(key)) worker.stop();
    const timer = setInterval(look, interval);
    const exit = await worker.end;
    clearInterval(timer);
    this.#running.delete(key);
    try {
      tell();
    } finally {
      removeOrder(files);
    }
    for (const message of exit.lastLines.flatMap(failureIn)) this.#emitter.emit('event', { key, message });
    this.#emitter.emit('event', { key, exit });
  }
}
