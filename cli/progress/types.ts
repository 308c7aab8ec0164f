import type { ExecutionEvent } from '../../harness/execute/types.ts';

/** Shows an execution while it goes on. */
export interface Display {
  show(event: ExecutionEvent): void;
  /** A remark that belongs to no run. */
  say(text: string): void;
  /** Ends the display; what is shown stays. */
  close(): Promise<void>;
}
