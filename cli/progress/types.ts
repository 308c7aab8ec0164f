import type { ExecutionEvent } from '../../harness/execute/types.ts';

/** Shows an execution while it lasts. */
export interface Display {
  show(event: ExecutionEvent): void;
  /** Says that every run is being stopped at a checkpoint. */
  stopping(): void;
  /** Ends the display with what has come of the runs; `interrupted`: by the user. */
  close(interrupted: boolean): void;
}
